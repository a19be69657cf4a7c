//! Descriptions: plain text without contact data, and the little HTML that feeds want.

/// What landing puts in the place of a phone, a mail address and an ID number.
const MASKS: [&str; 3] = ["[phone]", "[email]", "[id]"];
/// Ends of sentences.
const ENDS: [char; 8] = ['\n', '。', ';', ';', '!', '!', '?', '?'];

/// The text without sentences that hold contact data.
pub(super) fn without_contacts(text: &str) -> String {
    let masked = inflow_connectors::identity::mask_text(text);
    let mut kept = String::new();
    // A full stop ends a sentence where a blank follows; `3.5` and `a.example` have none.
    let mut before = ' ';
    let ends = |c: char| {
        let end = ENDS.contains(&c) || c == ' ' && before == '.';
        before = c;
        end
    };
    for sentence in masked.split_inclusive(ends) {
        if MASKS.iter().any(|mask| sentence.contains(mask)) {
            // Where it stood a line may end.
            if sentence.ends_with('\n') {
                kept.push('\n');
            }
        } else {
            kept.push_str(sentence);
        }
    }
    kept.trim().to_owned()
}

/// Paragraphs, and lists of the lines that begin with a dash or a star.
pub(super) fn html(text: &str) -> String {
    let mut html = String::new();
    let (mut paragraph, mut items) = (Vec::new(), Vec::new());
    for line in text.lines().chain([""]) {
        let line = line.trim();
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).or_else(|| line.strip_prefix("• "));
        if item.is_none() {
            close(&mut html, &mut items, ("<ul><li>", "</li><li>", "</li></ul>"));
        }
        if item.is_some() || line.is_empty() {
            close(&mut html, &mut paragraph, ("<p>", "<br>", "</p>"));
        }
        match item {
            Some(item) => items.push(escaped(item.trim())),
            None if !line.is_empty() => paragraph.push(escaped(line.trim_start_matches('#').trim_start())),
            None => {}
        }
    }
    html
}

fn close(html: &mut String, parts: &mut Vec<String>, (before, between, after): (&str, &str, &str)) {
    if !parts.is_empty() {
        html.push_str(before);
        html.push_str(&parts.join(between));
        html.push_str(after);
        parts.clear();
    }
}

/// For text and attributes of HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
