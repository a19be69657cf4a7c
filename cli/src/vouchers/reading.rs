//! Reading a template: its base, its checks, and the chart of accounts that it means.

use std::collections::BTreeSet;
use std::path::Path;

use inflow_ledger::Account as JournalAccount;
use inflow_ledger::voucher::{ACCOUNTS, Chart, Dimension, Rule};

use super::template::{Account, By, ITEM_PLACEHOLDERS, PLACEHOLDERS, SHIPPED, Template, Value};

/// A template that cannot be followed: one sentence, and how to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// With the place.
    pub message: String,
    /// What is accepted.
    pub hint: String,
}

impl Template {
    /// One that comes with the program, or a file.
    pub fn load(name: &str) -> Result<Self, TemplateError> {
        if let Some((_, text)) = SHIPPED.iter().find(|(known, _)| *known == name) {
            return Self::read(name, text);
        }
        let text = std::fs::read_to_string(Path::new(name)).map_err(|error| TemplateError {
            message: format!("{name}: cannot be read: {error}"),
            hint: format!("name a file, or one of {}", SHIPPED.map(|(known, _)| known).join(", ")),
        })?;
        Self::read(name, &text)
    }

    /// From text; `place` names it in messages.
    pub fn read(place: &str, text: &str) -> Result<Self, TemplateError> {
        let mut own: toml::Table = toml::from_str(text).map_err(|error| shape(place, text, &error))?;
        let template: Self = match own.get("base") {
            None => toml::from_str(text).map_err(|error| shape(place, text, &error))?,
            Some(base) => {
                let known = base.as_str().and_then(|base| SHIPPED.iter().find(|(name, _)| *name == base));
                let Some((_, base)) = known else {
                    return Err(TemplateError {
                        message: format!("{place}: base is {base}, and no template has that name"),
                        hint: format!("one of {}", SHIPPED.map(|(known, _)| known).join(", ")),
                    });
                };
                let base: toml::Table = toml::from_str(base).map_err(|error| shape(place, text, &error))?;
                merge(&mut own, base);
                own.try_into().map_err(|error: toml::de::Error| shape(place, text, &error))?
            }
        };
        template.check(place)?;
        Ok(template)
    }

    fn check(&self, place: &str) -> Result<(), TemplateError> {
        let wrong = |message: String, hint: &str| Err(TemplateError { message: format!("{place}: {message}"), hint: hint.to_owned() });
        for rule in &self.account {
            if rule.code.is_empty() {
                return wrong(
                    format!("an [[account]] of `{}` has no code", rule.journal.as_str()),
                    "write the code of your chart of accounts",
                );
            }
        }
        let all = |rule: &&Account| [&rule.kinds, &rule.channels, &rule.stores, &rule.departments].iter().all(|only| only.is_empty());
        let general: Vec<JournalAccount> = self.account.iter().filter(all).map(|rule| rule.journal).collect();
        if let Some(missing) = ACCOUNTS.iter().find(|account| !general.contains(account)) {
            let missing = missing.as_str();
            let hint = format!("add [[account]] with account = {missing:?} and no condition, after those with conditions");
            return wrong(format!("no [[account]] takes every row of `{missing}`"), &hint);
        }
        if self.column.is_empty() {
            return wrong("it has no [[column]]".to_owned(), "write one for each column, or take those of a base = \"yonyou\"");
        }
        for column in &self.column {
            if column.value.is_some() && column.text.is_some() {
                return wrong(format!("the column {:?} has both value and text", column.header), "keep one of them");
            }
        }
        if self.auxiliary.is_none() && self.column.iter().any(|column| column.value == Some(Value::Auxiliary)) {
            return wrong("a column shows `auxiliary`, and nothing says how".to_owned(), "add auxiliary = { item = .., between = .. }");
        }
        let item = self.auxiliary.as_ref().map_or("", |auxiliary| &auxiliary.item);
        for (key, text, accepted) in [("summary", &*self.summary, &PLACEHOLDERS[..]), ("auxiliary.item", item, &ITEM_PLACEHOLDERS)] {
            if let Some(unknown) = placeholders(text).find(|found| !accepted.contains(found)) {
                let accepted = accepted.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
                return wrong(format!("{key} has the placeholder {{{unknown}}}"), &format!("one of {accepted}"));
            }
        }
        let days = chrono::format::StrftimeItems::new(&self.date);
        if days.clone().any(|item| matches!(item, chrono::format::Item::Error)) {
            return wrong(format!("date = {:?} is no format of a day", self.date), "for example %Y-%m-%d or %Y/%m/%d");
        }
        if self.summary_length == 0 {
            return wrong("summary_length is 0".to_owned(), "give the number of characters that the program takes");
        }
        Ok(())
    }

    /// The chart of accounts as the ledger wants it.
    pub fn chart(&self) -> Chart {
        let dimension = |by: &By| match by {
            By::Department => Dimension::Department,
            By::Project => Dimension::Project,
            By::Supplier => Dimension::Supplier,
            By::Invoice => Dimension::Invoice,
        };
        let rule = |rule: &Account| Rule {
            account: rule.journal,
            kinds: rule.kinds.clone(),
            channels: rule.channels.clone(),
            stores: rule.stores.clone(),
            departments: rule.departments.clone(),
            code: rule.code.clone(),
            name: rule.name.clone(),
            dimensions: rule.by.iter().map(dimension).collect::<BTreeSet<_>>(),
        };
        Chart { rules: self.account.iter().map(rule).collect(), stores_are_departments: self.stores_are_departments }
    }
}

/// What is not said comes from the base; accounts of both, own first; tables of names of both.
fn merge(own: &mut toml::Table, base: toml::Table) {
    for (key, value) in base {
        match (own.get_mut(&key), value) {
            (None, value) => drop(own.insert(key, value)),
            (Some(toml::Value::Array(rules)), toml::Value::Array(more)) if key == "account" => rules.extend(more),
            (Some(toml::Value::Table(names)), toml::Value::Table(more)) => {
                for (name, value) in more {
                    names.entry(name).or_insert(value);
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// The names between braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or(rest))
}

fn shape(place: &str, text: &str, error: &toml::de::Error) -> TemplateError {
    let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
    let at = line.map_or_else(|| place.to_owned(), |line| format!("{place}:{line}"));
    TemplateError {
        message: format!("{at}: {}", error.message().trim().replace('\n', " ")),
        hint: "docs/finance.md lists what a template says".to_owned(),
    }
}
