//! schema.org `JobPosting`, as Google reads it (developers.google.com/search/docs/appearance/structured-data/job-posting): title, description, datePosted,
//! hiringOrganization and jobLocation are required.

use chrono::SecondsFormat;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::opening::Employment;
use super::{LeftOut, Opening, Openings, missing, text};

/// Each opening's object with its id, and what is left out.
pub fn json_ld(openings: &Openings) -> (Vec<(String, Value)>, Vec<LeftOut>) {
    let (complete, left) = openings.complete(missing);
    (complete.into_iter().map(|one| (one.id.clone(), object(openings, one))).collect(), left)
}

/// The page of an opening; `None` where it lacks what is required.
pub fn page(openings: &Openings, opening: &Opening) -> Option<String> {
    if !missing(opening).is_empty() {
        return None;
    }
    // In a script, `</` would end it and `<!--` open a comment.
    let data = object(openings, opening).to_string().replace('<', "\\u003c");
    let [title, company, city] = [&opening.title, &openings.company, &opening.city].map(|text| text::escaped(text));
    let salary = opening.salary();
    let salary = if salary.is_empty() { String::new() } else { format!("<p>{}</p>", text::escaped(&salary)) };
    let apply = opening.url.as_ref().map_or_else(String::new, |url| format!("<p><a href=\"{}\">{0}</a></p>", text::escaped(url.as_str())));
    let body = text::html(&opening.description);
    Some(format!(
        "<!doctype html><html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title} · {company}</title>\
         <script type=\"application/ld+json\">{data}</script><h1>{title}</h1><p>{company} · {city}</p>{salary}{body}{apply}</html>\n"
    ))
}

fn object(openings: &Openings, opening: &Opening) -> Value {
    let mut company = json!({ "@type": "Organization", "name": openings.company });
    if let Some(site) = &openings.site {
        company["sameAs"] = json!(site);
    }
    let mut address = json!({ "@type": "PostalAddress", "addressLocality": opening.city, "addressCountry": opening.country });
    if !opening.region.is_empty() {
        address["addressRegion"] = json!(opening.region);
    }
    let mut posting = json!({
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": opening.title,
        "description": text::html(&opening.description),
        "identifier": { "@type": "PropertyValue", "name": openings.company, "value": opening.reference },
        "datePosted": opening.posted_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        "hiringOrganization": company,
        "jobLocation": { "@type": "Place", "address": address },
    });
    if let Some(end) = opening.valid_through {
        posting["validThrough"] = json!(end.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    if let Some(kind) = Employment::of(&opening.employment_type) {
        posting["employmentType"] = json!(kind.schema_org());
    }
    if let Some(url) = &opening.url {
        posting["url"] = json!(url);
    }
    if let Some(salary) = salary(opening) {
        posting["baseSalary"] = salary;
    }
    posting
}

/// Pay, where amount, currency and period are all known.
fn salary(opening: &Opening) -> Option<Value> {
    let pay = opening.pay.as_ref()?;
    let mut value = Map::from_iter([("@type".to_owned(), json!("QuantitativeValue")), ("unitText".to_owned(), json!(pay.unit()?))]);
    match (pay.min, pay.max) {
        (Some(min), Some(max)) if min != max => {
            value.insert("minValue".to_owned(), json!(min.to_f64()?));
            value.insert("maxValue".to_owned(), json!(max.to_f64()?));
        }
        (Some(one), _) | (None, Some(one)) => {
            value.insert("value".to_owned(), json!(one.to_f64()?));
        }
        (None, None) => return None,
    }
    (!pay.currency.is_empty()).then(|| json!({ "@type": "MonetaryAmount", "currency": pay.currency, "value": value }))
}
