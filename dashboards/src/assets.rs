//! The files of the page, embedded as they stand in `dashboards/web`.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::Path;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use inflow_config::Lang;

use crate::access::{Part, Principal};
use crate::failure::Failure;

const PAGE: &str = include_str!("../web/index.html");
const FINANCE: &str = include_str!("../web/finance.html");
const LOGIN: &str = include_str!("../web/login.html");

macro_rules! assets {
    ($($name:literal),+ $(,)?) => {
        /// Name and content of every file under `/assets/`.
        pub(crate) const ASSETS: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../web/", $name)))),+];
    };
}

assets![
    "ECHARTS-LICENSE.txt",
    "access.js",
    "address.js",
    "api.js",
    "app.js",
    "boot.js",
    "card.js",
    "charts.js",
    "connections.js",
    "dom.js",
    "download.js",
    "drill.js",
    "echarts.bundle.js",
    "en.json",
    "entries.js",
    "figure.js",
    "figures.js",
    "finance.js",
    "format.js",
    "i18n.js",
    "icon.svg",
    "live.js",
    "login.js",
    "metrics.js",
    "model.js",
    "nav.js",
    "notes.js",
    "pictures.js",
    "prefs.js",
    "print.js",
    "style.css",
    "subjects.js",
    "table.js",
    "tiles.js",
    "views.js",
    "words.js",
    "zh.json",
];

/// `/`: the page in the language that the browser asks for; the reader may choose another there.
pub(crate) async fn page(headers: HeaderMap) -> Response {
    in_language(PAGE, &headers)
}

/// `/finance`: spend, wallets, packages, budgets and ties, likewise. Whoever reads some requisitions alone has no ledger to look at.
pub(crate) async fn finance(principal: Principal, headers: HeaderMap) -> Response {
    if principal.may(Part::Entries) { in_language(FINANCE, &headers) } else { Redirect::to("/").into_response() }
}

/// `/login`, likewise.
pub(crate) fn login(headers: &HeaderMap) -> Response {
    in_language(LOGIN, headers)
}

fn in_language(page: &str, headers: &HeaderMap) -> Response {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Lang::En, language);
    let page = page.replacen("<html lang=\"en\"", &format!("<html lang=\"{}\"", wanted.as_str()), 1);
    let head = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache"), (VARY, "accept-language")];
    (head, page).into_response()
}

/// `/assets/{name}`. The browser asks each time and gets 304 while nothing changed, so that a new
/// program never meets an old script.
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((name, content)) = ASSETS.iter().find(|(known, _)| *known == name) else {
        return Failure::new(StatusCode::NOT_FOUND, format!("there is no file {name:?}")).into_response();
    };
    let tag = tag(content);
    let head = [(CONTENT_TYPE, content_type(name)), (CACHE_CONTROL, "no-cache"), (ETAG, tag.as_str())];
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| seen == tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, *content).into_response()
}

fn tag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The page's language out of an `Accept-Language` header: the first of ours by weight.
pub(crate) fn language(accepted: &str) -> Lang {
    let mut best: Option<(f32, Lang)> = None;
    for item in accepted.split(',') {
        let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
        let weight = weight.trim().parse::<f32>().unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let lang = match primary.to_ascii_lowercase().as_str() {
            "zh" => Lang::Zh,
            "en" => Lang::En,
            _ => continue,
        };
        if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, lang));
        }
    }
    best.map_or(Lang::En, |(_, lang)| lang)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use inflow_config::Lang;
    use serde_json::{Map, Value};

    use super::{ASSETS, FINANCE, LOGIN, PAGE, language};

    fn text(name: &str) -> &'static str {
        let (_, content) = ASSETS.iter().find(|(known, _)| *known == name).expect("an asset");
        std::str::from_utf8(content).expect("text")
    }

    fn words(name: &str) -> Map<String, Value> {
        serde_json::from_str(text(name)).expect("an object")
    }

    /// `{name}` placeholders of a text.
    fn holes(value: &Value) -> BTreeSet<&str> {
        let text = value.as_str().expect("a text");
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole).collect()
    }

    /// The first string literal after each occurrence of `before`.
    fn literals<'a>(source: &'a str, before: &str) -> Vec<&'a str> {
        source.split(before).skip(1).filter_map(|rest| rest.split_once('"')).map(|(word, _)| word).collect()
    }

    /// Our own scripts: not the bundle.
    fn scripts() -> impl Iterator<Item = &'static str> {
        ASSETS.iter().map(|(name, _)| *name).filter(|name| name.strip_suffix(".js").is_some_and(|stem| stem != "echarts.bundle"))
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_values() {
        let (zh, en) = (words("zh.json"), words("en.json"));
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, value) in &zh {
            assert_eq!(holes(value), holes(&en[key]), "{key}");
        }
    }

    #[test]
    fn every_word_that_the_page_asks_for_is_there() {
        let words = words("en.json");
        let mut asked = Vec::new();
        for page in [PAGE, FINANCE, LOGIN] {
            asked.extend(literals(page, "data-i18n=\""));
            asked.extend(literals(page, "data-i18n-label=\""));
        }
        for name in scripts() {
            asked.extend(literals(text(name), " t(\""));
            asked.extend(literals(text(name), "(t(\""));
            asked.extend(literals(text(name), "[t(\""));
            asked.extend(literals(text(name), "{t(\""));
        }
        assert!(asked.len() > 60, "found only {}", asked.len());
        let missing: Vec<_> = asked.into_iter().filter(|key| !words.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// Titles of cards and columns, and what an empty card says, are asked for by keys that are put together.
    #[test]
    fn every_card_and_column_has_its_words() {
        let words = words("en.json");
        let mut asked = BTreeSet::new();
        for name in ["subjects.js", "pictures.js", "views.js"] {
            let source = text(name);
            let cards = ["figures(\"", "figures(\n  \"", "\n  id: \"", "posting(\""];
            asked.extend(cards.iter().flat_map(|before| literals(source, before)).map(|id| format!("card_{id}")));
            asked.extend(["empty(\"", "says: \""].iter().flat_map(|before| literals(source, before)).map(|id| format!("empty_{id}")));
        }
        // `["column", "kind"]` is titled by its name; a third part would be the title.
        for rest in text("subjects.js").split("[\"").skip(1) {
            let parts: Vec<&str> = rest.split(']').next().unwrap_or_default().split("\", \"").collect();
            if let [column, kind] = parts[..]
                && kind.ends_with('"')
            {
                asked.insert(format!("col_{column}"));
            }
        }
        assert!(asked.len() > 80, "found only {}", asked.len());
        let missing: Vec<_> = asked.into_iter().filter(|key| !words.contains_key(key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_file_that_the_page_loads_is_embedded() {
        let known: BTreeSet<_> = ASSETS.iter().map(|(name, _)| *name).collect();
        let mut loaded = Vec::new();
        for page in [PAGE, FINANCE, LOGIN] {
            loaded.extend(literals(page, "src=\"/assets/"));
            loaded.extend(literals(page, "href=\"/assets/"));
        }
        for name in scripts() {
            loaded.extend(literals(text(name), "from \"./"));
        }
        assert!(loaded.len() > 15);
        for name in loaded {
            assert!(known.contains(name), "{name}");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_is_inline() {
        for (name, _) in ASSETS.iter().filter(|(name, _)| !name.starts_with("echarts") && !name.starts_with("ECHARTS")) {
            let rest = text(name).replace("http://www.w3.org/2000/svg", "");
            assert!(!rest.contains("http://") && !rest.contains("https://"), "{name}");
        }
        for page in [PAGE, FINANCE, LOGIN] {
            assert!(!page.contains("style=") && !page.contains("onclick") && !page.contains("<style"));
        }
    }

    #[test]
    fn the_heaviest_accepted_language_of_ours_wins() {
        assert_eq!(language("zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(language("en-US,en;q=0.9,zh;q=0.8"), Lang::En);
        assert_eq!(language("de, zh;q=0.3, en;q=0.2"), Lang::Zh);
        assert_eq!(language("fr"), Lang::En);
        assert_eq!(language("zh;q=0, *"), Lang::En);
    }
}
