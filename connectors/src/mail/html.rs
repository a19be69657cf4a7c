//! HTML bodies to lines of text: each cell, paragraph and list item is a line of its own, so that a label stands before
//! its value and nothing else.

use ego_tree::iter::Edge;
use scraper::{Html, Node};

/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "td",
    "th",
    "table",
    "section",
    "article",
    "header",
    "footer",
    "hr",
    "blockquote",
    "pre",
];
/// Elements whose text is not for people.
const SILENT: &[&str] = &["script", "style", "head", "title", "template", "noscript"];

/// The text of an HTML document: one line a block, blanks squeezed, empty lines dropped.
pub(super) fn to_text(markup: &str) -> String {
    let document = Html::parse_document(markup);
    let mut raw = String::with_capacity(markup.len() / 2);
    let mut silent = 0_usize;
    for edge in document.tree.root().traverse() {
        let (node, opens) = match &edge {
            Edge::Open(node) => (node.value(), true),
            Edge::Close(node) => (node.value(), false),
        };
        match node {
            Node::Element(element) if SILENT.contains(&element.name()) => {
                silent = if opens { silent + 1 } else { silent.saturating_sub(1) };
            }
            Node::Element(element) if BLOCKS.contains(&element.name()) => raw.push('\n'),
            // A line end in the source is a blank on the page.
            Node::Text(text) if opens && silent == 0 => raw.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c })),
            _ => {}
        }
    }
    lines(&raw)
}

/// Squeezes blanks and drops empty lines.
pub(super) fn lines(text: &str) -> String {
    let squeezed = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    squeezed.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_lines_and_scripts_go() {
        let markup = "<html><head><title>t</title><style>p{}</style></head><body><table><tr><td>手机：</td><td>199&nbsp;0000</td></tr></table>\
            <p>a<b>b</b>\nc<br>d</p><script>x</script></body></html>";
        assert_eq!(to_text(markup), "手机：\n199 0000\nab c\nd");
    }

    #[test]
    fn a_deep_document_does_not_overflow() {
        let markup = "<div>".repeat(20_000) + "x";
        assert_eq!(to_text(&markup), "x");
    }

    proptest! {
        #[test]
        fn it_never_panics(markup in "[<>a-z/&;\" ]{0,60}") {
            let _ = to_text(&markup);
        }
    }
}
