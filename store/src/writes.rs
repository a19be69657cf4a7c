//! How often the store was written to, and what a statement reads of it: what answers that are kept stand on.
//!
//! A kept answer holds as long as nothing was written that it may have read. Nearly everything counts together, since a metric reads many
//! tables; the state's own bookkeeping, which each pull writes, counts table by table, or a pull that brings nothing would end every kept answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::STATE_DATABASE;
use crate::sql::{Kind, Token, Tokens, head};

/// Tables of the state that figures do not read.
const BOOKKEEPING: [&str; 14] = [
    "cursors",
    "landed",
    "segments",
    "runs",
    "quarantine",
    "unknown_words",
    "tombstones",
    "audit",
    "analysed",
    "analysed_segments",
    "tokens",
    "token_uses",
    "process_steps",
    "process_opt_outs",
];

/// Functions whose value is another one each time, lower case. `*` stands for whatever follows.
const UNSTEADY: &[&str] = &[
    "now*",
    "today",
    "yesterday",
    "curdate",
    "current_date",
    "current_timestamp",
    "localtime*",
    "utc_timestamp",
    "utctimestamp",
    "utc_date",
    "rand",
    "rand1",
    "rand32",
    "rand64",
    "randconstant",
    "randuniform",
    "randnormal",
    "randlognormal",
    "randexponential",
    "randchisquared",
    "randstudentt",
    "randfisherf",
    "randbernoulli",
    "randbinomial",
    "randnegativebinomial",
    "randpoisson",
    "randcanonical",
    "random*",
    "fuzz*",
    "generate*",
    "queryid",
    "query_id",
    "initialqueryid",
    "initial_query_id",
    "initialquerystarttime",
    "initial_query_start_time",
    "connectionid",
    "connection_id",
    "uptime",
    "sleep*",
    // What the server says of itself.
    "system",
    "information_schema",
    "partitionid",
    "_part*",
];

/// Counts of writes.
#[derive(Debug, Default)]
pub struct Writes {
    figures: AtomicU64,
    schema: AtomicU64,
    bookkeeping: [AtomicU64; BOOKKEEPING.len()],
}

/// Whether a statement may give another answer without anything having been written, by its words: such answers are not kept.
pub fn changes_by_itself(sql: &str) -> bool {
    Views::default().traits(sql.as_bytes()).unsteady
}

/// What a statement writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Rows of one table of [`BOOKKEEPING`], by its place there.
    Bookkeeping(usize),
    /// Rows of another table.
    Rows,
    /// Tables themselves, or what is not known.
    Schema,
}

impl Target {
    /// Of a statement that is no mere read.
    pub fn of(sql: &[u8], database: Option<&str>) -> Target {
        if head(sql) != "INSERT" {
            return Target::Schema;
        }
        let mut words = Tokens::new(sql).skip(1).filter(|token| !(token.is("INTO") || token.is("TABLE"))).take(3);
        let (first, dot, second) = (words.next(), words.next(), words.next());
        let Some(first) = first.and_then(|token| token.name()) else { return Target::Rows };
        let (database, table) = match (dot, second.and_then(|token| token.name())) {
            (Some(dot), Some(second)) if dot.sign(b'.') => (Some(first), second),
            _ => (database.map(str::to_owned), first),
        };
        let place = BOOKKEEPING.iter().position(|name| *name == table).filter(|_| database.as_deref() == Some(STATE_DATABASE));
        place.map_or(Target::Rows, Target::Bookkeeping)
    }
}

impl Writes {
    /// Counts a write when what is given is dropped, however it ended: before whoever wrote is told.
    pub fn note(&self, target: Target) -> Noted<'_> {
        Noted { writes: self, target }
    }

    /// How often tables were made, dropped or changed.
    pub fn schema(&self) -> u64 {
        self.schema.load(Ordering::Acquire)
    }

    /// Writes to all that figures read.
    pub fn figures(&self) -> u64 {
        self.figures.load(Ordering::Acquire)
    }

    /// Writes to all that a statement of these traits reads.
    pub fn stamp(&self, traits: Traits) -> Vec<u64> {
        let tables = self.bookkeeping.iter().enumerate().filter(|(place, _)| traits.bookkeeping & (1 << place) != 0);
        std::iter::once(self.figures()).chain(tables.map(|(_, count)| count.load(Ordering::Acquire))).collect()
    }
}

/// A write under way.
#[derive(Debug)]
pub struct Noted<'a> {
    writes: &'a Writes,
    target: Target,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        let add = |count: &AtomicU64| {
            count.fetch_add(1, Ordering::AcqRel);
        };
        match self.target {
            Target::Bookkeeping(place) => self.writes.bookkeeping.get(place).into_iter().for_each(add),
            Target::Rows => add(&self.writes.figures),
            Target::Schema => {
                add(&self.writes.figures);
                add(&self.writes.schema);
                self.writes.bookkeeping.iter().for_each(add);
            }
        }
    }
}

/// What a statement stands on, as far as its words tell. What only looks so makes an answer be kept for less long, never for longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits {
    /// It may give something else next time although nothing was written.
    pub unsteady: bool,
    /// Places in [`BOOKKEEPING`] of the tables that it names.
    bookkeeping: u16,
}

impl Traits {
    fn with(self, other: Traits) -> Traits {
        Traits { unsteady: self.unsteady || other.unsteady, bookkeeping: self.bookkeeping | other.bookkeeping }
    }
}

/// The views, whose words stand for their names in a statement.
#[derive(Debug, Default)]
pub struct Views {
    /// [`Writes::schema`] when they were read; nothing yet before they were.
    pub schema: Option<u64>,
    traits: HashMap<String, Traits>,
}

impl Views {
    /// From names and the statements that made them.
    pub fn new(schema: u64, views: &[(String, String)]) -> Views {
        let names: HashMap<&str, Traits> = views.iter().map(|(name, _)| (name.as_str(), Traits::default())).collect();
        let none = Views::default();
        let mut traits = HashMap::new();
        let mut named: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, text) in views {
            traits.insert(name.clone(), none.traits(text.as_bytes()));
            let words = Tokens::new(text.as_bytes()).filter_map(|token| token.name());
            named.push((name, words.filter(|word| word != name && names.contains_key(word.as_str())).collect()));
        }
        // A view of a view: as often as something comes along.
        loop {
            let before = traits.clone();
            for (name, others) in &named {
                let all = others.iter().filter_map(|other| before.get(other)).fold(Traits::default(), |all, one| all.with(*one));
                if let Some(own) = traits.get_mut(*name) {
                    *own = own.with(all);
                }
            }
            if traits == before {
                return Views { schema: Some(schema), traits };
            }
        }
    }

    /// Of a statement.
    pub fn traits(&self, sql: &[u8]) -> Traits {
        Tokens::new(sql).fold(Traits::default(), |all, token| all.with(self.of_token(&token)))
    }

    fn of_token(&self, token: &Token<'_>) -> Traits {
        if !matches!(token.kind, Kind::Word | Kind::Quoted) {
            return Traits::default();
        }
        let Some(name) = token.name() else { return Traits::default() };
        let lower = name.to_ascii_lowercase();
        let unsteady = UNSTEADY.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => lower.starts_with(prefix),
            None => lower == *pattern,
        });
        // `a.b` in one pair of quotes, and columns that are called like a table, count too.
        let last = name.rsplit('.').next().unwrap_or_default();
        let place = BOOKKEEPING.iter().position(|table| *table == last);
        let own = Traits { unsteady, bookkeeping: place.map_or(0, |place| 1 << place) };
        own.with(self.traits.get(last).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_insert_writes_is_read_from_its_words() {
        let runs = BOOKKEEPING.iter().position(|table| *table == "runs").unwrap();
        for (sql, target) in [
            ("INSERT INTO inflow_state.runs VALUES", Target::Bookkeeping(runs)),
            ("insert into table `inflow_state`.`runs` (a) FORMAT CSV", Target::Bookkeeping(runs)),
            ("INSERT INTO runs SELECT 1", Target::Bookkeeping(runs)),
            ("INSERT INTO inflow.runs VALUES", Target::Rows),
            ("INSERT INTO inflow_state.closings VALUES", Target::Rows),
            ("INSERT INTO FUNCTION null('a Int8') SELECT 1", Target::Rows),
            ("TRUNCATE TABLE inflow_state.runs", Target::Schema),
            ("EXCHANGE TABLES a AND b", Target::Schema),
            ("no statement", Target::Schema),
        ] {
            assert_eq!(Target::of(sql.as_bytes(), Some(STATE_DATABASE)), target, "{sql}");
        }
        assert_eq!(Target::of(b"INSERT INTO runs VALUES", Some("inflow")), Target::Rows);
    }

    #[test]
    fn a_view_of_a_view_stands_on_what_that_one_does() {
        let view = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let views = Views::new(
            3,
            &[
                view("top", "CREATE VIEW inflow.top AS SELECT * FROM inflow.middle"),
                view("middle", "CREATE VIEW inflow.middle AS SELECT * FROM `inflow`.`bottom`"),
                view("bottom", "CREATE VIEW inflow.bottom AS SELECT max(started_at) FROM inflow_state.runs"),
                view("late", "CREATE VIEW inflow.late AS SELECT today()"),
                view("itself", "CREATE VIEW inflow.itself AS SELECT 1 AS itself"),
            ],
        );
        let runs = views.traits(b"SELECT * FROM inflow_state.runs");
        assert_ne!(runs, Traits::default());
        assert_eq!(views.traits(b"SELECT * FROM inflow.top(a = 1)"), runs);
        assert!(views.traits(b"SELECT * FROM \"inflow.late\"").unsteady);
        assert_eq!(views.traits(b"SELECT 'runs', 'now()', a FROM inflow.itself -- today()"), Traits::default());
    }

    #[test]
    fn what_changes_by_itself_is_known() {
        let views = Views::default();
        for sql in [
            "SELECT now()",
            "SELECT NOW64(3)",
            "SELECT a > today()",
            "SELECT CURRENT_TIMESTAMP",
            "SELECT rand()",
            "SELECT generateUUIDv4()",
            "SELECT * FROM system.one",
            "SELECT arrayMap(x -> rand64(x), [1])",
            "SELECT * APPLY(now)",
        ] {
            assert!(views.traits(sql.as_bytes()).unsteady, "{sql}");
        }
        assert!(!views.traits(b"SELECT toDate('2026-01-01'), operand FROM t WHERE x = 'now()'").unsteady);
    }

    #[test]
    fn bookkeeping_leaves_other_answers_alone() {
        let writes = Writes::default();
        let views = Views::default();
        let (figures, runs) = (views.traits(b"SELECT 1 FROM postings"), views.traits(b"SELECT 1 FROM inflow_state.runs"));
        let before = (writes.stamp(figures), writes.stamp(runs));
        drop(writes.note(Target::of(b"INSERT INTO inflow_state.runs VALUES", None)));
        assert_eq!(writes.stamp(figures), before.0);
        assert_ne!(writes.stamp(runs), before.1);
        drop(writes.note(Target::Rows));
        assert_ne!(writes.stamp(figures), before.0);
        assert_eq!(writes.schema(), 0);
        drop(writes.note(Target::Schema));
        assert_eq!(writes.schema(), 1);
    }
}
