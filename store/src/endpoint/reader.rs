//! What the user `reader` may do.
//!
//! `readonly = 1` on the session is necessary and not sufficient: it lets through the scalar function
//! `file`, `INTO OUTFILE`, `KILL QUERY` and `BACKUP`. So a reader's text is admitted only when
//! - it is one statement, and the engine's parser calls it one that leaves no trace;
//! - it begins as SELECT, SHOW, DESCRIBE or EXPLAIN, and holds no `OUTFILE` or `INFILE`;
//! - in the engine's own syntax tree (`EXPLAIN AST`, parameters filled in) every table is in a database
//!   that readers may see, every table function makes its rows from nothing, and no function reaches a
//!   file, a dictionary, a network or the server's innards;
//! - names that the tree does not show (`APPLY`, `REPLACE` of column lists) pass the same test as tokens.

use crate::embedded::Engine;
use crate::endpoint::fault::{Fault, code};
use crate::ffi::Connection;
use crate::sql::{Kind, Token, Tokens, quote_text};

/// Databases that readers see.
pub const DATABASES: [&str; 2] = ["inflow", "inflow_state"];

/// Tables of `system` that say nothing of the server.
const SYSTEM_TABLES: [&str; 5] = ["one", "numbers", "numbers_mt", "zeros", "zeros_mt"];

/// Scalar functions closed to readers, lower case; a `*` closes what begins so.
const CLOSED: &[&str] = &[
    // files, other tables, dictionaries, models
    "file",
    "filesystem*",
    "joinget*",
    "dict*",
    "hascolumnintable",
    "catboostevaluate",
    "modelevaluate",
    "naivebayes*",
    "lemmatize",
    "stem",
    "synonyms",
    "getmaxtablenamelengthfordatabase",
    "mergetreepart*",
    "ismergetreepart*",
    // the network and paid services
    "ai*",
    "executable*",
    "python*",
    // the server's innards
    "addressto*",
    "demangle",
    "flamegraph",
    "showcertificate",
    "getserversetting",
    "getserverport",
    "getmacro",
    "getclienthttpheader",
    "tcpport",
    "zookeeper*",
    "getoskernelversion",
    "logtrace",
    "trap",
    "generateserialid",
    "transaction*",
    "hasthreadfuzzer",
    "serveruuid",
    "jemalloc*",
];

/// Admits a reader's text, or says why not. Gives the text to run: `SHOW DATABASES` is narrowed.
pub fn admit(engine: &Engine, session: &mut Connection, sql: &str, params: &[(String, String)]) -> Result<String, Fault> {
    let tokens: Vec<Token<'_>> = Tokens::new(sql.as_bytes()).collect();
    // Checked before the engine parses anything: the tree is told apart by its lines.
    for token in &tokens {
        if token.kind == Kind::Quoted && token.bytes.iter().any(u8::is_ascii_control) {
            return Err(Fault::denied("a name holds a control character"));
        }
        if token.is("OUTFILE") || token.is("INFILE") {
            return Err(Fault::denied("INTO OUTFILE and FROM INFILE"));
        }
    }
    let analysis = session.classify(sql.as_bytes()).ok_or_else(|| Fault::denied("the statement cannot be read"))?;
    if analysis.statements > 1 {
        return Err(Fault::denied("more than one statement"));
    }
    if !analysis.read_only {
        // What does not parse comes here too; the engine's own message is the better one.
        session.query(format!("EXPLAIN AST {sql}").as_bytes(), "TSVRaw", params)?;
        return Err(Fault::new(code::READONLY, "user reader may only read: SELECT, SHOW, DESCRIBE, EXPLAIN"));
    }
    check_names(engine, &tokens)?;
    let head = tokens.iter().find(|token| !token.sign(b'(')).copied();
    let Some(head) = head else { return Err(Fault::new(code::SYNTAX_ERROR, "Empty query")) };
    let is_one_of = |words: &[&str]| words.iter().any(|word| head.is(word));
    if head.is("SHOW") {
        return show(sql, &tokens);
    }
    if !is_one_of(&["SELECT", "WITH", "FROM", "DESCRIBE", "DESC", "EXPLAIN"]) {
        return Err(Fault::denied("only SELECT, SHOW, DESCRIBE and EXPLAIN"));
    }
    // EXPLAIN does not nest: the tree of an EXPLAIN is that of what it explains.
    let tree = session.query(format!("EXPLAIN AST {sql}").as_bytes(), "TSVRaw", params)?;
    let tree = String::from_utf8_lossy(tree.as_ref()).into_owned();
    check_tree(engine, session, &tree)?;
    Ok(sql.to_owned())
}

/// Function names as tokens: a name before a parenthesis, and any name at all once `APPLY` is there.
fn check_names(engine: &Engine, tokens: &[Token<'_>]) -> Result<(), Fault> {
    let apply = tokens.iter().any(|token| token.is("APPLY"));
    for (index, token) in tokens.iter().enumerate() {
        let called = tokens.get(index + 1).is_some_and(|next| next.sign(b'('));
        if !(called || apply) {
            continue;
        }
        if let Some(name) = token.name() {
            check_function(engine, &name)?;
        }
    }
    Ok(())
}

fn check_function(engine: &Engine, name: &str) -> Result<(), Fault> {
    let lower = name.to_ascii_lowercase();
    let closed = CLOSED.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => lower.starts_with(prefix),
        None => lower == *pattern,
    });
    if closed || engine.is_closed_function(&lower) {
        return Err(Fault::denied(format!("function {name}")));
    }
    // `database.view(..)`: a parameterised view.
    match name.split_once('.') {
        Some((database, _)) if !DATABASES.contains(&database) => Err(Fault::denied(format!("database {database}"))),
        _ => Ok(()),
    }
}

/// Walks the lines of the tree. A line forged by a literal could only add to what is refused.
fn check_tree(engine: &Engine, session: &mut Connection, tree: &str) -> Result<(), Fault> {
    let mut databases: Option<Vec<String>> = None;
    for line in tree.lines() {
        // The engine overlooks readonly in the SETTINGS of a subquery. One level deep stand the options of EXPLAIN.
        if line.starts_with("  ") && line.trim() == "Set" {
            return Err(Fault::new(
                code::READONLY,
                "user reader may not use SETTINGS in a statement: give limits as parameters of the request",
            ));
        }
        let line = line.trim_start();
        let (node, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = rest.split(" (").next().unwrap_or_default();
        match node {
            "Function" => check_function(engine, name)?,
            "TableIdentifier" => check_table(name)?,
            "Identifier" if name.contains('.') => {
                // A column `t.a`, or a table after IN. What names another database is none of ours.
                let prefix = name.split('.').next().unwrap_or_default();
                let known = match &mut databases {
                    Some(known) => known,
                    none => none.insert(list_databases(session)?),
                };
                if known.iter().any(|database| database == prefix) {
                    check_table(name)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_table(name: &str) -> Result<(), Fault> {
    let Some((database, table)) = name.split_once('.') else { return Ok(()) };
    if DATABASES.contains(&database) || (database == "system" && SYSTEM_TABLES.contains(&table)) {
        return Ok(());
    }
    Err(Fault::denied(format!("table {name}; readers see the databases {}", DATABASES.join(" and "))))
}

fn list_databases(session: &mut Connection) -> Result<Vec<String>, Fault> {
    let output = session.query(b"SELECT name FROM system.databases", "TSVRaw", &[])?;
    Ok(String::from_utf8_lossy(output.as_ref()).lines().map(str::to_owned).collect())
}

/// SHOW TABLES, COLUMNS, INDEX and CREATE of our databases; SHOW DATABASES lists only those.
fn show(sql: &str, tokens: &[Token<'_>]) -> Result<String, Fault> {
    let words: Vec<&Token<'_>> = tokens.iter().skip(1).filter(|token| !(token.is("FULL") || token.is("EXTENDED"))).collect();
    let first = words.first().ok_or_else(|| Fault::new(code::SYNTAX_ERROR, "SHOW what"))?;
    if first.is("DATABASES") {
        return show_databases(&words);
    }
    if first.is("CREATE") {
        let named = words.iter().skip(1).filter(|token| !["TABLE", "VIEW", "DATABASE"].iter().any(|word| token.is(word)));
        let path: Vec<&Token<'_>> = named.copied().take_while(|token| !token.is("FORMAT")).collect();
        let database = words.get(1).is_some_and(|token| token.is("DATABASE"));
        check_path(&path, database)?;
        return Ok(sql.to_owned());
    }
    let listing = first.is("TABLES");
    if !listing && !["COLUMNS", "FIELDS", "INDEX", "INDEXES", "INDICES", "KEYS"].iter().any(|word| first.is(word)) {
        return Err(Fault::denied("SHOW of anything but TABLES, DATABASES, COLUMNS, INDEX and CREATE"));
    }
    let mut sources = words.iter().enumerate().filter(|(_, token)| token.is("FROM") || token.is("IN"));
    for position in 0.. {
        let Some((at, _)) = sources.next() else { break };
        let path: Vec<&Token<'_>> = words.iter().skip(at + 1).copied().scan(true, |name, token| step(name, token)).collect();
        check_path(&path, listing || position > 0)?;
    }
    Ok(sql.to_owned())
}

/// Takes `name`, `.`, `name`, .. and stops where two names meet.
fn step<'t, 'a>(expect_name: &mut bool, token: &'t Token<'a>) -> Option<&'t Token<'a>> {
    let fits = if *expect_name { token.name().is_some() } else { token.sign(b'.') };
    *expect_name = !*expect_name;
    fits.then_some(token)
}

fn check_path(path: &[&Token<'_>], database_first: bool) -> Result<(), Fault> {
    let names: Vec<String> = path.iter().filter_map(|token| token.name()).collect();
    let database = match names.as_slice() {
        [] => return Err(Fault::denied("SHOW without a plain name")),
        [one] if database_first => one,
        [_] => return Ok(()),
        [database, ..] => database,
    };
    if DATABASES.contains(&database.as_str()) { Ok(()) } else { Err(Fault::denied(format!("database {database}"))) }
}

/// The statement is rebuilt from its tokens, so that nothing but a filter and a format comes along.
fn show_databases(words: &[&Token<'_>]) -> Result<String, Fault> {
    let mut sql = format!("SELECT name FROM system.databases WHERE name IN ({})", DATABASES.map(quote_text).join(", "));
    let mut words = words.iter().skip(1).copied().filter(|token| !token.sign(b';')).peekable();
    let spelled = |token: &Token<'_>| String::from_utf8_lossy(token.bytes).into_owned();
    if words.peek().is_some_and(|token| ["NOT", "LIKE", "ILIKE"].iter().any(|word| token.is(word))) {
        sql.push_str(" AND name");
        for token in words.by_ref() {
            sql.push(' ');
            sql.push_str(&spelled(token));
            if token.kind == Kind::Text {
                break;
            }
        }
    }
    sql.push_str(" ORDER BY name");
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Ok(sql),
        (Some(format), Some(name), None) if format.is("FORMAT") && name.kind == Kind::Word => Ok(format!("{sql} FORMAT {}", spelled(name))),
        _ => Err(Fault::denied("SHOW DATABASES with more than LIKE and FORMAT")),
    }
}
