//! HTML lists: a CSS selector for the rows, one for each cell.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Selector};
use serde_json::{Map, Value};
use url::Url;

use super::AnswerError;
use crate::spec::{Answer, HtmlCell};

/// What is read in a page.
pub(super) struct Form<'f> {
    pub(super) rows: &'f str,
    pub(super) cells: &'f BTreeMap<String, HtmlCell>,
    pub(super) page: &'f BTreeMap<String, HtmlCell>,
    pub(super) holds: Option<&'f str>,
}

/// Reads a page into `{rows: [..], page: {..}}`. Links are relative to `address`, or to what the page says itself.
pub(super) fn read(text: &str, form: &Form<'_>, address: Option<&Url>) -> Result<Value, AnswerError> {
    let Form { rows, cells, page, holds } = *form;
    let document = Html::parse_document(text);
    let base = base(&document, address);
    let row_selector = selector(rows)?;
    let compiled = compile(cells)?;
    let found: Vec<Value> = document.select(&row_selector).map(|row| Value::Object(read_cells(row, &compiled, base.as_ref()))).collect();
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
    let once = read_cells(document.root_element(), &compile(page)?, base.as_ref());
    let mut whole = Map::new();
    whole.insert("rows".to_owned(), Value::Array(found));
    whole.insert("page".to_owned(), Value::Object(once));
    Ok(Value::Object(whole))
}

/// What links of a page are relative to.
fn base(document: &Html, address: Option<&Url>) -> Option<Url> {
    let address = address?;
    let said = Selector::parse("base[href]").ok().and_then(|selector| document.select(&selector).next()?.attr("href"));
    said.and_then(|said| address.join(said).ok()).or_else(|| Some(address.clone()))
}

/// What is wrong with the selectors of a spec.
pub(crate) fn check_selectors(answer: &Answer) -> Result<(), String> {
    let Answer::Html { rows, cells, page, holds } = answer else { return Ok(()) };
    let own = [Some(rows.as_str()), holds.as_deref()].into_iter().flatten();
    for text in own.chain(cells.values().chain(page.values()).filter_map(|cell| cell.select.as_deref())) {
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

fn read_cells(row: ElementRef<'_>, cells: &Compiled<'_>, base: Option<&Url>) -> Map<String, Value> {
    let mut record = Map::new();
    for (name, selector, cell) in cells {
        let mut values = match selector {
            Some(selector) => row.select(selector).filter_map(|element| value(element, cell, base)).collect::<Vec<_>>(),
            None => value(row, cell, base).into_iter().collect(),
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

fn value(element: ElementRef<'_>, cell: &HtmlCell, base: Option<&Url>) -> Option<String> {
    let whole = match &cell.attr {
        Some(attribute) => {
            let written = element.attr(attribute)?.trim();
            let link = matches!(attribute.as_str(), "href" | "src") && !written.is_empty();
            let followed = base.filter(|_| link).and_then(|base| base.join(written).ok());
            followed.map_or_else(|| written.to_owned(), String::from)
        }
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
        let found = read(page, &Form { rows: "ul.jobs > li", cells: &cells, page: &once, holds: None }, None).unwrap();
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
        let form = Form { rows: "li.job", cells: &none, page: &none, holds: Some("ul.jobs") };
        let error = read("<h1>Are you human?</h1>", &form, None).unwrap_err();
        assert_eq!(error, AnswerError::Changed("a page without `li.job` and `ul.jobs`".into()));
        assert_eq!(read("<ul class=jobs></ul>", &form, None).unwrap(), json!({"rows": [], "page": {}}));
    }

    #[test]
    fn links_come_out_as_a_browser_follows_them() {
        let (cells, none) = (cells("url = { attr = \"href\" }"), BTreeMap::new());
        let form = Form { rows: "a", cells: &cells, page: &none, holds: None };
        let address = Url::parse("https://tea.example/jobs/list?page=2").unwrap();
        let found = read("<a href='1.html'></a><a href='https://cup.example/2'></a>", &form, Some(&address)).unwrap();
        assert_eq!(found["rows"], json!([{"url": "https://tea.example/jobs/1.html"}, {"url": "https://cup.example/2"}]));
        let found = read("<base href='/en/'><a href='3'></a>", &form, Some(&address)).unwrap();
        assert_eq!(found["rows"], json!([{"url": "https://tea.example/en/3"}]));
    }
}
