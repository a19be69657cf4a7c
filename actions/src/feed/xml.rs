//! Elements with character data.

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, Event};

/// Writes to memory, which does not fail.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    pub(super) fn new() -> Self {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
        let _in_memory = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        Self(writer)
    }

    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _in_memory = self.0.write_event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    pub(super) fn close(&mut self, name: &str) {
        let _in_memory = self.0.write_event(Event::End(BytesEnd::new(name)));
    }

    /// An element with a text as CDATA; nothing where the text is empty.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.text_with(name, &[], text);
    }

    pub(super) fn text_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        // XML 1.0 has no way to write the other control characters.
        let text: String = text
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect();
        if text.is_empty() {
            return;
        }
        let _in_memory = self.0.create_element(name).with_attributes(attributes.iter().copied()).write_inner_content(|writer| {
            // `]]>` is written in two sections.
            BytesCData::escaped(&text).try_for_each(|part| writer.write_event(Event::CData(part)))
        });
    }

    pub(super) fn done(self) -> String {
        String::from_utf8_lossy(&self.0.into_inner()).into_owned() + "\n"
    }
}
