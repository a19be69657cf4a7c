//! As much of ClickHouse's SQL as the store must see by itself: tokens, the head of a statement,
//! where an INSERT's rows begin, and where a script's statements end.
//!
//! Whether a statement is *allowed* is decided on the engine's own parse (see `endpoint::reader`);
//! what is read here only picks a way to run it.

/// Kind of a token. White space and comments are no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bare word or keyword.
    Word,
    /// A name in backticks or double quotes.
    Quoted,
    /// A string literal.
    Text,
    /// A number.
    Number,
    /// One byte of punctuation.
    Sign(u8),
}

/// A token and where it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, quotes included.
    pub bytes: &'a [u8],
    /// Where it begins.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends.
    pub fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// Whether it is this keyword, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.bytes.eq_ignore_ascii_case(word.as_bytes())
    }

    /// Whether it is this sign.
    pub fn sign(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The name it spells, without its quotes; `None` for what cannot be a name.
    pub fn name(&self) -> Option<String> {
        let inner = match self.kind {
            Kind::Word => self.bytes,
            Kind::Quoted => self.bytes.get(1..self.bytes.len().saturating_sub(1))?,
            _ => return None,
        };
        Some(String::from_utf8_lossy(inner).into_owned())
    }
}

/// Reads tokens one after another. Bytes that are no SQL (an INSERT's rows) become signs.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Tokens of a text.
    pub fn new(text: &'a [u8]) -> Self {
        Tokens { text, at: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn skip_until(&mut self, pattern: &[u8]) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = rest.windows(pattern.len()).position(|window| window == pattern);
        self.at = found.map_or(self.text.len(), |position| self.at + position + pattern.len());
    }

    fn skip_blank(&mut self) {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(byte), _) if byte.is_ascii_whitespace() || byte == 0 => self.at += 1,
                (Some(b'-'), Some(b'-')) | (Some(b'#'), Some(b' ' | b'!')) => self.skip_until(b"\n"),
                (Some(b'/'), Some(b'*')) => {
                    self.at += 2;
                    self.skip_until(b"*/");
                }
                _ => return,
            }
        }
    }

    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                _ if byte == quote && self.peek(1) == Some(quote) => self.at += 2,
                _ if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
    }

    /// `$tag$ .. $tag$`; false when what stands here is no heredoc.
    fn heredoc(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().skip(1).position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')) else { return false };
        let Some(tag) = rest.get(..length + 2).filter(|tag| tag.ends_with(b"$")) else { return false };
        let after = rest.get(tag.len()..).unwrap_or_default();
        match after.windows(tag.len()).position(|window| window == tag) {
            Some(position) => {
                self.at += tag.len() + position + tag.len();
                true
            }
            None => false,
        }
    }

    fn run(&mut self, accept: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&accept) {
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let start = self.at;
        let kind = match self.peek(0)? {
            b'\'' => {
                self.quoted(b'\'');
                Kind::Text
            }
            quote @ (b'`' | b'"') => {
                self.quoted(quote);
                Kind::Quoted
            }
            b'$' if self.heredoc() => Kind::Text,
            byte if byte.is_ascii_digit() => {
                self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
                Kind::Number
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
                Kind::Word
            }
            byte => {
                self.at += 1;
                Kind::Sign(byte)
            }
        };
        Some(Token { kind, bytes: self.text.get(start..self.at)?, start })
    }
}

/// How a statement is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A SELECT, which can be streamed, with the format it names and whether it asks for totals.
    Select {
        /// Format of its FORMAT clause.
        format: Option<String>,
        /// Whether the words WITH TOTALS may be in it.
        totals: bool,
    },
    /// An INSERT whose rows follow as data.
    Insert {
        /// Where the clause `FORMAT x` or `VALUES` begins: the statement proper ends here.
        statement: usize,
        /// Format of the rows; `None` when the text did not name one.
        format: Option<String>,
        /// Where the rows begin in the text.
        rows: usize,
    },
    /// Anything else.
    Other {
        /// Format of its FORMAT clause.
        format: Option<String>,
    },
}

/// The first word that is no parenthesis, in upper case.
pub fn head(text: &[u8]) -> String {
    Tokens::new(text)
        .find(|token| !token.sign(b'('))
        .filter(|token| token.kind == Kind::Word)
        .map(|token| String::from_utf8_lossy(token.bytes).to_ascii_uppercase())
        .unwrap_or_default()
}

/// Reads the shape of a statement.
pub fn shape(text: &[u8]) -> Shape {
    match head(text).as_str() {
        "INSERT" => insert_shape(text),
        "SELECT" | "WITH" | "FROM" => {
            // WITH can also begin an INSERT .. SELECT; that one has no FORMAT and is not streamed.
            let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
            if top_level(&tokens).any(|token| token.is("INSERT")) {
                return Shape::Other { format: None };
            }
            Shape::Select { format: format_clause(&tokens), totals: tokens.iter().any(|token| token.is("TOTALS")) }
        }
        _ => Shape::Other { format: format_clause(&Tokens::new(text).collect::<Vec<_>>()) },
    }
}

fn top_level<'a, 't>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = &'t Token<'a>> {
    let mut depth = 0_usize;
    tokens.iter().filter(move |token| {
        match token.kind {
            Kind::Sign(b'(' | b'[' | b'{') => depth += 1,
            Kind::Sign(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    })
}

/// The last top-level `FORMAT name`.
fn format_clause(tokens: &[Token<'_>]) -> Option<String> {
    let flat: Vec<&Token<'_>> = top_level(tokens).collect();
    flat.windows(2).rev().find_map(|pair| match pair {
        [format, name] if format.is("FORMAT") && matches!(name.kind, Kind::Word | Kind::Quoted) => name.name(),
        _ => None,
    })
}

fn insert_shape(text: &[u8]) -> Shape {
    let mut depth = 0_usize;
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Sign(b'(') => depth += 1,
            Kind::Sign(b')') => depth = depth.saturating_sub(1),
            Kind::Sign(b';') if depth == 0 => return Shape::Insert { statement: token.start, format: None, rows: token.end() },
            Kind::Word if depth == 0 => {
                if token.is("SELECT") || token.is("WITH") || token.is("FROM") || token.is("WATCH") {
                    return Shape::Other { format: None };
                }
                if token.is("VALUES") {
                    return Shape::Insert { statement: token.start, format: Some("Values".to_owned()), rows: token.end() };
                }
                if token.is("FORMAT") {
                    let format = tokens.next().and_then(|name| name.name().map(|format| (format, name.end())));
                    return match format {
                        Some((format, end)) => Shape::Insert { statement: token.start, format: Some(format), rows: rows_start(text, end) },
                        None => Shape::Other { format: None },
                    };
                }
            }
            // A parenthesis may hold the SELECT: INSERT INTO t (SELECT ..). Columns never are keywords there.
            Kind::Word if depth > 0 && token.is("SELECT") => return Shape::Other { format: None },
            _ => {}
        }
    }
    Shape::Insert { statement: text.len(), format: None, rows: text.len() }
}

/// Rows begin after the format's name, a semicolon at most, and the blanks up to one line end.
fn rows_start(text: &[u8], mut at: usize) -> usize {
    let mut semicolon = false;
    while let Some(byte) = text.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\x0c' => at += 1,
            b';' if !semicolon => {
                semicolon = true;
                at += 1;
            }
            b'\n' => return at + 1,
            _ => return at,
        }
    }
    at
}

/// Cuts a script at its semicolons. Comments stay with the statement they precede.
pub fn split(script: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut empty = true;
    for token in Tokens::new(script.as_bytes()) {
        if token.sign(b';') {
            if !empty {
                statements.extend(script.get(start..token.start).map(str::trim));
            }
            start = token.end();
            empty = true;
        } else {
            empty = false;
        }
    }
    if !empty {
        statements.extend(script.get(start..).map(str::trim));
    }
    statements
}

/// A name in backticks, safe in any statement.
pub fn quote_name(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A string literal.
pub fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Names of the parameters `{name:Type}` of a statement, with their types.
pub fn parameters(text: &[u8]) -> Vec<(String, String)> {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let mut found = Vec::new();
    for (index, window) in tokens.windows(4).enumerate() {
        let [open, name, colon, first] = window else { continue };
        if !(open.sign(b'{') && colon.sign(b':')) {
            continue;
        }
        let Some(name) = name.name() else { continue };
        let close = tokens.iter().skip(index + 3).find(|token| token.sign(b'}'));
        let spelled = close.and_then(|close| text.get(first.start..close.start)).unwrap_or_default();
        found.push((name, String::from_utf8_lossy(spelled).trim().to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        Tokens::new(text.as_bytes()).map(|token| String::from_utf8_lossy(token.bytes).into_owned()).collect()
    }

    #[test]
    fn comments_and_quotes_hide_what_they_hold() {
        assert_eq!(words("select 'a;--' /* ; */ -- ;\n , `b;`"), ["select", "'a;--'", ",", "`b;`"]);
        assert_eq!(words(r"'it\'s' 'it''s' $x$ a;'b $x$ $1"), [r"'it\'s'", "'it''s'", "$x$ a;'b $x$", "$", "1"]);
        assert_eq!(words("'never closed"), ["'never closed"]);
        assert_eq!(words("'never closed\\"), ["'never closed\\"]);
    }

    #[test]
    fn a_script_is_cut_at_its_semicolons_only() {
        let script = "-- one;\nCREATE TABLE a (b String COMMENT 'x; y');;\n\nSELECT 1;  -- end\n";
        assert_eq!(split(script), ["-- one;\nCREATE TABLE a (b String COMMENT 'x; y')", "SELECT 1"]);
    }

    #[test]
    fn rows_of_an_insert_begin_after_its_format() {
        for (text, statement, format, rows) in [
            ("INSERT INTO t (a) FORMAT CSV\n1,2", "INSERT INTO t (a) ", Some("CSV"), "1,2"),
            ("INSERT INTO t FORMAT CSV 1,2", "INSERT INTO t ", Some("CSV"), "1,2"),
            ("insert into t format TSV\r\n\tx", "insert into t ", Some("TSV"), "\tx"),
            ("INSERT INTO t SETTINGS a='b' VALUES (1),(2)", "INSERT INTO t SETTINGS a='b' ", Some("Values"), " (1),(2)"),
            ("INSERT INTO t (format, values) FORMAT JSONEachRow\n{}", "INSERT INTO t (format, values) ", Some("JSONEachRow"), "{}"),
            ("INSERT INTO t", "INSERT INTO t", None, ""),
        ] {
            let Shape::Insert { statement: end, format: found, rows: start } = shape(text.as_bytes()) else { panic!("{text}") };
            assert_eq!((text.get(..end), found.as_deref(), text.get(start..)), (Some(statement), format, Some(rows)), "{text}");
        }
        for text in ["INSERT INTO t SELECT 1", "INSERT INTO t (a) (SELECT 1)", "INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x"] {
            assert_eq!(shape(text.as_bytes()), Shape::Other { format: None }, "{text}");
        }
    }

    #[test]
    fn the_format_of_a_select_is_its_last_clause() {
        for (text, expected) in [
            ("SELECT format('x') FORMAT JSON", Some("JSON")),
            ("SELECT 1 AS format FORMAT JSON SETTINGS max_threads=1", Some("JSON")),
            ("(SELECT 1 FORMAT CSV)", None),
            ("SELECT ' FORMAT CSV'", None),
            ("WITH 1 AS x SELECT x -- FORMAT CSV", None),
        ] {
            assert_eq!(shape(text.as_bytes()), Shape::Select { format: expected.map(str::to_owned), totals: false }, "{text}");
        }
    }

    #[test]
    fn parameters_come_with_their_types() {
        assert_eq!(
            parameters(b"SELECT {a:String}, {b: Array(LowCardinality(String))}, '{c:Int8}', {'k': 1}"),
            [("a".to_owned(), "String".to_owned()), ("b".to_owned(), "Array(LowCardinality(String))".to_owned())]
        );
    }

    #[test]
    fn quoting_keeps_the_text() {
        assert_eq!(quote_text(r"it's \n"), r"'it\'s \\n'");
        assert_eq!(quote_name("a`b"), r"`a\`b`");
    }

    proptest! {
        #[test]
        fn tokens_follow_each_other_in_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut end = 0;
            for token in Tokens::new(&text) {
                prop_assert!(token.start >= end && !token.bytes.is_empty());
                end = token.end();
            }
            prop_assert!(end <= text.len());
            let _ = (shape(&text), parameters(&text));
        }

        #[test]
        fn a_quoted_text_or_name_is_one_token(text in "\\PC*|[\\\\'`\"\n;]*") {
            for (quoted, kind) in [(quote_text(&text), Kind::Text), (quote_name(&text), Kind::Quoted)] {
                let tokens: Vec<_> = Tokens::new(quoted.as_bytes()).collect();
                prop_assert_eq!(tokens.len(), 1);
                prop_assert_eq!((tokens[0].kind, tokens[0].bytes.len()), (kind, quoted.len()));
            }
        }

        #[test]
        fn no_word_of_a_script_is_lost(statements in proptest::collection::vec("[a-z ]{1,9}", 0..6)) {
            let parts: Vec<&str> = statements.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
            let script = statements.join(";");
            prop_assert_eq!(split(&script), parts);
        }
    }
}
