//! Places: the city of a free-text location, as far as the text itself says it. A gazetteer is a later matter; a
//! place that names no single city gives none.

use super::text::squeeze;

/// The city part of a location text, or `None` when it names none or several.
///
/// `上海·浦东新区·张江`, `上海-浦东新区` and `上海市` give `上海`; `San Francisco, CA` gives `San Francisco`;
/// `3 Locations`, `Remote`, `全国` and an empty text give none.
///
/// ```
/// use inflow_pipeline::normalise::place::city;
/// assert_eq!(city("上海·浦东新区").as_deref(), Some("上海"));
/// assert_eq!(city("London, UK").as_deref(), Some("London"));
/// assert_eq!(city("3 Locations"), None);
/// ```
pub fn city(place: &str) -> Option<String> {
    let place = squeeze(place);
    let lower = place.to_lowercase();
    let is_count = lower.split_once(' ').is_some_and(|(n, rest)| n.chars().all(|c| c.is_ascii_digit()) && rest.starts_with("location"));
    if place.is_empty()
        || is_count
        || matches!(lower.as_str(), "remote" | "anywhere" | "worldwide" | "global" | "全国" | "远程" | "不限" | "异地")
    {
        return None;
    }
    let has_han = place.chars().any(is_han);
    let separators: &[char] = if has_han { &['·', '-', '/', ',', ' ', '、', '|', '('] } else { &[',', '/', '|', ';', '('] };
    let mut parts = place.split(separators).map(str::trim).filter(|p| !p.is_empty());
    let mut first = parts.next()?;
    if first.to_lowercase().starts_with("remote") {
        first = parts.next()?;
    }
    if has_han {
        if first.strip_suffix('省').is_some_and(|province| province.chars().count() >= 2) {
            first = parts.next()?;
        } else if let Some((_, city)) = first.split_once('省') {
            first = city;
        }
        if let Some((city, _)) = first.split_once('市')
            && city.chars().count() >= 2
        {
            first = city;
        }
    }
    (!first.is_empty()).then(|| first.to_owned())
}

fn is_han(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::city;

    #[test]
    fn cities_of_both_worlds() {
        for (place, expected) in [
            ("上海市", Some("上海")),
            ("上海-浦东新区", Some("上海")),
            ("广东省 深圳市", Some("深圳")),
            ("广东省广州市天河区", Some("广州")),
            ("北京·朝阳区·望京", Some("北京")),
            ("San Francisco, CA", Some("San Francisco")),
            ("Remote", None),
            ("全国", None),
            ("3 Locations", None),
            ("", None),
        ] {
            assert_eq!(city(place).as_deref(), expected, "{place}");
        }
    }
}
