//! HTML lists: a CSS selector for the rows, one for each cell.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Selector};
use serde_json::{Map, Value};

use super::AnswerError;
use crate::spec::HtmlCell;

/// Reads a page into `{rows: [..], page: {..}}`.
pub(super) fn read(
    text: &str,
    rows: &str,
    cells: &BTreeMap<String, HtmlCell>,
    page: &BTreeMap<String, HtmlCell>,
    holds: Option<&str>,
) -> Result<Value, AnswerError> {
    let document = Html::parse_document(text);
    let row_selector = selector(rows)?;
    let compiled = compile(cells)?;
    let found: Vec<Value> = document.select(&row_selector).map(|row| Value::Object(read_cells(row, &compiled))).collect();
    if found.is_empty() {
        let true_page = match holds {
            Some(holds) => document.select(&selector(holds)?).next().is_some(),
            None => false,
        };
        if !true_page {
            let what = holds.map_or_else(|| format!("`{rows}`"), |holds| format!("`{rows}` and `{holds}`"));
            return Err(AnswerError::Changed(format!("a page without {what}")));
        }
    }
    let once = read_cells(document.root_element(), &compile(page)?);
    let mut whole = Map::new();
    whole.insert("rows".to_owned(), Value::Array(found));
    whole.insert("page".to_owned(), Value::Object(once));
    Ok(Value::Object(whole))
}

/// What is wrong with the selectors of a spec.
pub(crate) fn check(rows: &str, holds: Option<&str>, cells: &BTreeMap<String, HtmlCell>) -> Result<(), String> {
    let all = [Some(rows), holds].into_iter().flatten().chain(cells.values().filter_map(|cell| cell.select.as_deref()));
    for text in all {
        selector(text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn selector(text: &str) -> Result<Selector, AnswerError> {
    Selector::parse(text).map_err(|error| AnswerError::Unreadable(format!("{text:?} is not a CSS selector ({error})")))
}

type Compiled<'c> = Vec<(&'c String, Option<Selector>, &'c HtmlCell)>;

fn compile(cells: &BTreeMap<String, HtmlCell>) -> Result<Compiled<'_>, AnswerError> {
    cells.iter().map(|(name, cell)| Ok((name, cell.select.as_deref().map(selector).transpose()?, cell))).collect()
}

fn read_cells(row: ElementRef<'_>, cells: &Compiled<'_>) -> Map<String, Value> {
    let mut record = Map::new();
    for (name, selector, cell) in cells {
        let mut values = match selector {
            Some(selector) => row.select(selector).filter_map(|element| value(element, cell)).collect::<Vec<_>>(),
            None => value(row, cell).into_iter().collect(),
        };
        let found = if cell.all {
            Value::Array(values.into_iter().map(Value::from).collect())
        } else if values.is_empty() {
            Value::Null
        } else {
            Value::from(values.swap_remove(0))
        };
        record.insert((*name).clone(), found);
    }
    record
}

fn value(element: ElementRef<'_>, cell: &HtmlCell) -> Option<String> {
    let whole = match &cell.attr {
        Some(attribute) => element.attr(attribute)?.trim().to_owned(),
        None if cell.html => element.inner_html(),
        None => element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "),
    };
    let behind = match &cell.after {
        Some(after) => whole.split_once(after.as_str())?.1,
        None => &whole,
    };
    let part = match &cell.before {
        Some(before) => behind.split_once(before.as_str()).map_or(behind, |(part, _)| part),
        None => behind,
    };
    let part = part.trim();
    (!part.is_empty()).then(|| part.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cells(text: &str) -> BTreeMap<String, HtmlCell> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn rows_and_cells() {
        let page = "<ul class=jobs><li><a href=\"/job/a1/cook?x=1\">Cook</a><b>苏州</b><b>上海</b></li><li><a href=\"/other\">Help</a></li></ul>\
            <a rel=next href=\"/p2\">more</a>";
        let cells = cells(
            "id = { select = \"a\", attr = \"href\", after = \"/job/\", before = \"/\" }\ntitle = { select = \"a\" }\nplace = { select = \"b\", all = true }\n",
        );
        let once = super::tests::cells("next = { select = \"a[rel=next]\", attr = \"href\" }");
        let found = read(page, "ul.jobs > li", &cells, &once, None).unwrap();
        assert_eq!(
            found,
            json!({"rows": [
                {"id": "a1", "title": "Cook", "place": ["苏州", "上海"]},
                {"id": null, "title": "Help", "place": []}
            ], "page": {"next": "/p2"}})
        );
    }

    #[test]
    fn a_challenge_page_is_not_an_empty_list() {
        let none = BTreeMap::new();
        let error = read("<h1>Are you human?</h1>", "li.job", &none, &none, Some("ul.jobs")).unwrap_err();
        assert_eq!(error, AnswerError::Changed("a page without `li.job` and `ul.jobs`".into()));
        assert_eq!(read("<ul class=jobs></ul>", "li.job", &none, &none, Some("ul.jobs")).unwrap(), json!({"rows": [], "page": {}}));
    }
}
