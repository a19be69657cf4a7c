//! A part of a report's rows: for metrics that list what is behind a figure, too long to be read at once.

use inflow_store::quote_text;

/// Which rows. They come in the order of the report's dimensions and the metric's keys as text, which tell rows apart: what is added later moves nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Only rows with these values in columns of the metric.
    pub keep: Vec<(&'static str, String)>,
    /// Only rows after the one with these dimensions and keys; empty: from the first.
    pub after: Vec<String>,
    /// So many rows at most.
    pub limit: usize,
}

impl Part {
    /// What follows the statement of the report.
    pub(crate) fn written(&self, keys: &[&str]) -> String {
        let key = format!("({})", keys.iter().map(|key| format!("toString(`{key}`)")).collect::<Vec<_>>().join(", "));
        let mut conditions: Vec<String> = self.keep.iter().map(|(column, value)| format!("`{column}` = {}", quote_text(value))).collect();
        if !self.after.is_empty() {
            let after: Vec<String> = self.after.iter().map(|value| quote_text(value)).collect();
            conditions.push(format!("{key} > ({})", after.join(", ")));
        }
        let narrowed = if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join(" AND ")) };
        format!("{narrowed}\nORDER BY {key}\nLIMIT {}", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn a_part_goes_on_after_its_keys() {
        let part = Part { keep: vec![("stage", "it's".to_owned())], after: vec!["boss".to_owned(), "a\\b".to_owned()], limit: 3 };
        assert_eq!(
            part.written(&["channel", "application"]),
            "\nWHERE `stage` = 'it\\'s' AND (toString(`channel`), toString(`application`)) > ('boss', 'a\\\\b')\n\
             ORDER BY (toString(`channel`), toString(`application`))\nLIMIT 3"
        );
        assert_eq!(Part { limit: 1, ..Part::default() }.written(&["a"]), "\nORDER BY (toString(`a`))\nLIMIT 1");
    }
}
