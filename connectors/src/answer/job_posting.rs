//! schema.org lets a `JobPosting` be written in many ways: a property may be a text, an object or a list of either, a
//! number a text. Here each takes one form, so that a path finds it:
//!
//! | property | form |
//! |---|---|
//! | `title`, `description`, `url` and other texts | a text |
//! | `hiringOrganization`, `employmentUnit` | `{name}` |
//! | `jobLocation`, `applicantLocationRequirements` | a list of `{address: {..}, place}`: `place` is the address as a line, or the name |
//! | `identifier` | `{value}` |
//! | `baseSalary` | `{currency, text, value: {minValue, maxValue, unitText}}` with numbers; words about pay in `text` |
//! | `datePosted`, `validThrough` and other dates | absent when it is no date |

use serde_json::{Map, Value, json};

use crate::spec::{TimeFormat, decimal_of, scalar_text, unescape};

/// Gives the properties of a posting their one form. What is in it already stays as it is.
pub(crate) fn tidy(posting: &mut Map<String, Value>) {
    for value in posting.values_mut() {
        plain(value);
    }
    for key in ["title", "name", "description", "url", "jobLocationType", "salaryCurrency"] {
        change(posting, key, |value| first(value).filter(|value| scalar_text(value).is_some()));
    }
    // Some pages escape their markup once more.
    if let Some(Value::String(text)) = posting.get_mut("description")
        && !text.contains('<')
        && text.contains("&lt;")
    {
        *text = unescape(text);
    }
    for key in ["hiringOrganization", "employmentUnit"] {
        change(posting, key, |value| Some(named(first(value)?, "name")));
    }
    change(posting, "identifier", |value| Some(named(first(value)?, "value")));
    for key in ["jobLocation", "applicantLocationRequirements"] {
        change(posting, key, |value| Some(Value::Array(list(value).into_iter().filter_map(place).collect())));
    }
    for key in ["datePosted", "dateModified", "validThrough"] {
        change(posting, key, |value| first(value).filter(is_date));
    }
    let currency = posting.get("salaryCurrency").cloned();
    for key in ["baseSalary", "estimatedSalary"] {
        change(posting, key, |value| Some(salary(first(value)?, currency.as_ref())));
    }
}

/// `{"@value": x}` is x, inside of everything.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(inner) = map.get_mut("@value") {
                let inner = inner.take();
                *value = inner;
            } else {
                map.values_mut().for_each(plain);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Replaces a property; what gives nothing is removed.
fn change(posting: &mut Map<String, Value>, key: &str, make: impl FnOnce(Value) -> Option<Value>) {
    let made = posting.get_mut(key).map(Value::take).and_then(make);
    match made {
        Some(made) => posting.insert(key.to_owned(), made),
        None => posting.remove(key),
    };
}

fn first(value: Value) -> Option<Value> {
    list(value).into_iter().next()
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.into_iter().flat_map(self::list).collect(),
        other => vec![other],
    }
}

/// A text becomes an object with that text under `key`; of an object that key is made a text.
fn named(value: Value, key: &str) -> Value {
    match value {
        Value::Object(mut map) => {
            change(&mut map, key, |inner| first(inner).filter(|inner| scalar_text(inner).is_some()));
            Value::Object(map)
        }
        text => json!({ key: text }),
    }
}

/// A place with its address as an object and as a line.
fn place(value: Value) -> Option<Value> {
    let Value::Object(mut place) = value else {
        let text = scalar_text(&value)?;
        return Some(json!({ "name": text, "place": text }));
    };
    // An address by itself, where a place with an address is meant.
    if place.get("@type").and_then(Value::as_str) == Some("PostalAddress") {
        place = Map::from_iter([("address".to_owned(), Value::Object(place))]);
    }
    change(&mut place, "name", |name| first(name).filter(|name| scalar_text(name).is_some()));
    let mut line = None;
    change(&mut place, "address", |address| match first(address)? {
        Value::Object(mut address) => {
            for key in ["addressLocality", "addressRegion", "addressCountry", "postalCode", "streetAddress"] {
                change(&mut address, key, |part| text_of(first(part)?));
            }
            let parts = ["addressLocality", "addressRegion", "addressCountry"];
            let mut parts: Vec<String> = parts.iter().filter_map(|key| scalar_text(address.get(*key)?)).collect();
            parts.dedup();
            line = (!parts.is_empty()).then(|| parts.join(", "));
            Some(Value::Object(address))
        }
        text => {
            line = scalar_text(&text);
            None
        }
    });
    let line = line.or_else(|| scalar_text(place.get("name")?))?;
    place.insert("place".to_owned(), Value::String(line));
    Some(Value::Object(place))
}

/// The text of a scalar, or the name of an object (`{"@type": "Country", "name": "DE"}`). Some systems write
/// `UNAVAILABLE` where they have nothing.
fn text_of(value: Value) -> Option<Value> {
    let text = match value {
        Value::Object(map) => scalar_text(map.get("name")?)?,
        scalar => scalar_text(&scalar)?,
    };
    (!text.eq_ignore_ascii_case("unavailable")).then_some(Value::String(text))
}

fn is_date(value: &Value) -> bool {
    scalar_text(value).is_some_and(|text| TimeFormat::IsoLocal.read_text(&text, chrono_tz::UTC).is_some())
}

fn salary(value: Value, currency: Option<&Value>) -> Value {
    let mut salary = match value {
        Value::Object(map) => map,
        scalar => Map::from_iter([("value".to_owned(), scalar)]),
    };
    // MonetaryAmount may carry the range itself, or in a QuantitativeValue.
    let mut range = match salary.remove("value").and_then(first) {
        Some(Value::Object(map)) => map,
        Some(scalar) => Map::from_iter([("value".to_owned(), scalar)]),
        None => Map::new(),
    };
    for key in ["minValue", "maxValue", "unitText", "currency"] {
        if let Some(own) = salary.remove(key).filter(|own| !own.is_null()) {
            range.entry(key).or_insert(own);
        }
    }
    let words = range.get("value").filter(|value| number(value).is_none()).and_then(scalar_text);
    let one = range.remove("value").as_ref().and_then(number);
    for key in ["minValue", "maxValue"] {
        let bound = range.remove(key).as_ref().and_then(number).or_else(|| one.clone());
        range.extend(bound.map(|bound| (key.to_owned(), bound)));
    }
    change(&mut range, "unitText", |unit| text_of(first(unit)?));
    let currency = range.remove("currency").and_then(text_of).or_else(|| currency.cloned()).and_then(text_of);
    salary.extend(currency.map(|currency| ("currency".to_owned(), currency)));
    salary.extend(words.map(|words| ("text".to_owned(), Value::String(words))));
    salary.insert("value".to_owned(), Value::Object(range));
    Value::Object(salary)
}

/// A number that says something: many pages write 0 where they mean nothing.
fn number(value: &Value) -> Option<Value> {
    let text = scalar_text(value)?;
    let number = decimal_of(&text)?;
    (!number.is_zero()).then(|| Value::String(number.normalize().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(mut posting: Value) -> Value {
        tidy(posting.as_object_mut().unwrap());
        posting
    }

    #[test]
    fn one_form_for_every_way_of_writing() {
        let found = tidied(json!({
            "title": {"@value": "Cook"}, "hiringOrganization": "Tea House", "identifier": 17,
            "jobLocation": {"@type": "Place", "address": {"addressLocality": "Lyon", "addressCountry": {"@type": "Country", "name": "FR"}}},
            "datePosted": "soon", "validThrough": "2026-12-01T00:00"
        }));
        assert_eq!(
            found,
            json!({
                "title": "Cook", "hiringOrganization": {"name": "Tea House"}, "identifier": {"value": 17},
                "jobLocation": [{"@type": "Place", "address": {"addressLocality": "Lyon", "addressCountry": "FR"}, "place": "Lyon, FR"}],
                "validThrough": "2026-12-01T00:00"
            })
        );
    }

    #[test]
    fn markup_is_markup() {
        let text = |written: &str| tidied(json!({ "description": written }))["description"].as_str().unwrap().to_owned();
        assert_eq!(text("&lt;p&gt;Cook &amp;amp; carve&lt;/p&gt;"), "<p>Cook &amp; carve</p>");
        assert_eq!(text("<p>2 &lt; 3</p>"), "<p>2 &lt; 3</p>");
    }

    #[test]
    fn places_of_every_kind() {
        let places = |value: Value| {
            let found = tidied(json!({ "jobLocation": value }));
            found["jobLocation"].as_array().unwrap().iter().map(|place| place["place"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(places(json!("Lyon")), ["Lyon"]);
        assert_eq!(
            places(json!([{"address": "12 Quai, Lyon"}, {"name": "Paris office"}, {"address": {"postalCode": "1"}}])),
            ["12 Quai, Lyon", "Paris office"]
        );
        assert_eq!(places(json!({"@type": "PostalAddress", "addressLocality": "Wuhan", "addressRegion": "Wuhan"})), ["Wuhan"]);
    }

    #[test]
    fn pay_of_every_kind() {
        let pay = |value: Value| tidied(json!({"salaryCurrency": "EUR", "baseSalary": value}))["baseSalary"].clone();
        assert_eq!(pay(json!(50000)), json!({"currency": "EUR", "value": {"minValue": "50000", "maxValue": "50000"}}));
        assert_eq!(pay(json!("Competitive")), json!({"currency": "EUR", "text": "Competitive", "value": {}}));
        assert_eq!(
            pay(json!({"@type": "MonetaryAmount", "currency": "USD", "value": {"minValue": "31,000", "maxValue": 0, "unitText": "YEAR"}})),
            json!({"@type": "MonetaryAmount", "currency": "USD", "value": {"minValue": "31000", "unitText": "YEAR"}})
        );
        assert_eq!(
            pay(json!({"minValue": 18.5, "maxValue": 21, "unitText": "HOUR"})),
            json!({"currency": "EUR", "value": {"minValue": "18.5", "maxValue": "21", "unitText": "HOUR"}})
        );
    }
}
