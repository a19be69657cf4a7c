//! Lists that are longer than a board shows: asked for facet by facet.

use serde_json::{Map, Value, json};

use crate::spec::{Split, scalar_text};

/// Facets nested deeper than this are not tried.
pub(crate) const DEEPEST: usize = 4;

/// What a first page says about a list.
#[derive(Debug, PartialEq)]
pub(crate) enum Extent {
    /// The board shows all of it.
    Whole,
    /// To be asked for in these parts, by what they add to the body. `covers` is false when records lie in none of them.
    Parts { parts: Vec<Map<String, Value>>, covers: bool },
    /// Longer than the board shows, and no facet divides it.
    Indivisible,
}

/// Decides how a list is asked for. `applied` are the facets asked for already.
pub(crate) fn extent(split: &Split, answer: &Value, applied: &Map<String, Value>) -> Extent {
    let number =
        |path: &crate::spec::Path, value: &Value| path.first(value).and_then(scalar_text).and_then(|text| text.parse::<u64>().ok());
    let Some(total) = number(&split.total, answer).filter(|total| *total > split.over) else { return Extent::Whole };
    let facets = split.facets.first(answer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut best: Option<(bool, u64, String, Vec<String>)> = None;
    for facet in facets {
        let Some(name) = split.name.first(facet).and_then(scalar_text).filter(|name| !applied.contains_key(name)) else { continue };
        let values = split.values.first(facet).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let counted: Vec<(String, u64)> =
            values.iter().filter_map(|value| Some((scalar_text(split.id.first(value)?)?, number(&split.count, value)?))).collect();
        let largest = counted.iter().map(|(_, count)| *count).max().unwrap_or(0);
        if counted.len() < 2 || largest >= total {
            continue;
        }
        let covers = counted.iter().map(|(_, count)| count).sum::<u64>() >= total;
        let better =
            best.as_ref().is_none_or(|(known, size, ..)| (covers, std::cmp::Reverse(largest)) > (*known, std::cmp::Reverse(*size)));
        if better {
            best = Some((covers, largest, name, counted.into_iter().map(|(id, _)| id).collect()));
        }
    }
    let Some((covers, _, name, ids)) = best else { return Extent::Indivisible };
    let part = |id: String| {
        let mut facets = applied.clone();
        facets.insert(name.clone(), json!([id]));
        facets
    };
    Extent::Parts { parts: ids.into_iter().map(part).collect(), covers }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split() -> Split {
        toml::from_str(
            "over = 10\ntotal = \"total\"\nfacets = \"facets\"\nname = \"p\"\nvalues = \"v\"\nid = \"id\"\ncount = \"n\"\ninto = \"applied\"",
        )
        .unwrap()
    }

    fn facet(name: &str, counts: &[u64]) -> Value {
        let values: Vec<Value> = counts.iter().enumerate().map(|(at, n)| json!({"id": format!("{name}{at}"), "n": n})).collect();
        json!({"p": name, "v": values})
    }

    #[test]
    fn the_facet_that_covers_all_in_the_smallest_parts_is_taken() {
        let answer = json!({"total": 20, "facets": [facet("a", &[18, 2]), facet("b", &[8, 7, 5]), facet("c", &[3, 3])]});
        let Extent::Parts { parts, covers } = extent(&split(), &answer, &Map::new()) else { panic!() };
        assert!(covers);
        assert_eq!(parts.first().unwrap(), json!({"b": ["b0"]}).as_object().unwrap());
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn what_cannot_be_divided_is_said() {
        assert_eq!(extent(&split(), &json!({"total": 10}), &Map::new()), Extent::Whole);
        assert_eq!(extent(&split(), &json!({"total": 11, "facets": [facet("a", &[11])]}), &Map::new()), Extent::Indivisible);
        let applied = json!({"a": ["a0"]}).as_object().unwrap().clone();
        let answer = json!({"total": 12, "facets": [facet("a", &[6, 6]), facet("b", &[6, 3])]});
        let Extent::Parts { parts, covers } = extent(&split(), &answer, &applied) else { panic!() };
        assert!(!covers, "three records lie in no part");
        assert_eq!(parts.first().unwrap(), json!({"a": ["a0"], "b": ["b0"]}).as_object().unwrap());
    }
}
