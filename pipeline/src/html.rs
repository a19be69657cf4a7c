//! HTML bodies to plain text, by `scraper` (html5ever): boards deliver markup that only a real parser survives.

use scraper::{Html, Node};

/// Elements that begin a new line.
const BLOCKS: &[&str] =
    &["p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "section", "article", "hr"];

/// The text of an HTML fragment: one line a block, blanks squeezed, scripts and styles dropped.
///
/// ```
/// assert_eq!(inflow_pipeline::html::to_text("<p>R&amp;D</p><ul><li>one<li>two</ul>"), "R&D\none\ntwo");
/// ```
pub fn to_text(markup: &str) -> String {
    let document = Html::parse_fragment(markup);
    let mut raw = String::with_capacity(markup.len());
    for edge in document.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Text(text) if !in_script(node) => raw.push_str(text),
                Node::Element(element) if BLOCKS.contains(&element.name()) => raw.push('\n'),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(element) = node.value()
                    && BLOCKS.contains(&element.name())
                {
                    raw.push('\n');
                }
            }
        }
    }
    let lines: Vec<String> = raw.lines().map(crate::normalise::text::squeeze).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn in_script(node: ego_tree::NodeRef<'_, Node>) -> bool {
    node.ancestors().any(|outer| matches!(outer.value(), Node::Element(e) if matches!(e.name(), "script" | "style")))
}

#[cfg(test)]
mod tests {
    use super::to_text;
    use proptest::prelude::*;

    #[test]
    fn scripts_go_and_broken_markup_survives() {
        assert_eq!(to_text("<div>a<script>alert(1)</script><b>b</div> c &nbsp; d"), "ab\nc d");
    }

    proptest! {
        #[test]
        fn it_never_panics(markup in "[<>a-z/&;\" ]{0,60}") {
            let _ = to_text(&markup);
        }
    }
}
