//! Which header fills which place of a mapping, in one kind.

use super::dictionary::{Dictionary, Meaning};
use super::table::Column;
use super::target::Target;
use crate::spec::{DAILY_COUNTERS, Kind, Sensitive, needed_columns, sensitive};

/// A place and the headers that fill it.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) target: Target,
    /// Numbers of the columns.
    pub(super) columns: Vec<usize>,
    pub(super) how: How,
    /// What the header could mean as well.
    pub(super) also: Vec<Target>,
}

/// Why a header was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    /// The dictionary knows it.
    Known,
    /// The spec of a connector knows it.
    Spec(&'static str),
    /// A part of it is known.
    Part(String),
    /// It fills another place already, and nothing else fills this one.
    Shared(Target),
}

/// Why a header fills nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// What it tells is never kept.
    Sensitive(Sensitive),
    /// No table has a column for it.
    SetAside(String),
    /// It means something that another header fills already.
    Taken(Target),
    /// Only another kind has a column for it.
    Elsewhere(Kind, Target),
    /// Two columns are called so.
    Twice,
    /// Its ids are not there in every row, or not different in each.
    NoId,
    /// Most of its cells cannot be read as what it seems to be; how many of how many.
    Unreadable(Target, usize, usize),
    /// It means nothing that is known.
    Unknown,
}

/// What the headers are in one kind.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) kind: Kind,
    pub(super) filled: Vec<Filled>,
    pub(super) left: Vec<(usize, Left)>,
}

/// Assigns the columns; the likeliest first, of equals the one that stands first.
pub(super) fn assign(kind: Kind, columns: &[Column], dictionary: &Dictionary) -> Assignment {
    let mut assigned = Assignment { kind, filled: Vec::new(), left: Vec::new() };
    let mut offers: Vec<(usize, How, Vec<Meaning>)> = Vec::new();
    let certificates = kind == Kind::Assessments;
    for (at, column) in columns.iter().enumerate() {
        if let Some(what) = sensitive(&column.name, certificates) {
            assigned.left.push((at, Left::Sensitive(what)));
        } else if column.twice || column.name.contains("\"]") {
            assigned.left.push((at, Left::Twice));
        } else {
            match understood(kind, column, dictionary) {
                Some((how, meanings)) => offers.push((at, how, meanings)),
                None => assigned.left.push((at, unknown(&column.name, dictionary))),
            }
        }
    }
    offers.sort_by_key(|(at, _, meanings)| (std::cmp::Reverse(meanings.first().map_or(0, |meaning| meaning.weight)), *at));
    for (at, how, meanings) in &offers {
        assigned.place(*at, how, meanings);
    }
    assigned.share(&offers);
    assigned.filled.sort_by_key(|filled| filled.target);
    assigned.left.sort_by_key(|(at, _)| *at);
    assigned
}

fn understood(kind: Kind, column: &Column, dictionary: &Dictionary) -> Option<(How, Vec<Meaning>)> {
    let meanings = dictionary.meanings(kind, &column.name);
    if let Some(first) = meanings.first() {
        return Some((first.connector.map_or(How::Known, How::Spec), meanings));
    }
    if dictionary.set_aside(&column.name).is_some() || column.looks_like_a_value() {
        return None;
    }
    let (part, meaning) = dictionary.by_part(kind, &column.name)?;
    Some((How::Part(part), vec![meaning]))
}

fn unknown(name: &str, dictionary: &Dictionary) -> Left {
    if let Some(why) = dictionary.set_aside(name) {
        return Left::SetAside(why.to_owned());
    }
    dictionary.elsewhere(name).map_or(Left::Unknown, |(kind, target)| Left::Elsewhere(kind, target))
}

impl Assignment {
    /// What fills the place.
    pub(super) fn get(&self, target: Target) -> Option<&Filled> {
        self.filled.iter().find(|filled| filled.target == target)
    }

    fn place(&mut self, at: usize, how: &How, meanings: &[Meaning]) {
        let likeliest = meanings.first().map_or(0, |meaning| meaning.weight);
        for (rank, meaning) in meanings.iter().enumerate() {
            match self.filled.iter_mut().find(|filled| filled.target == meaning.target) {
                Some(filled) if meaning.target.takes_several() => filled.columns.push(at),
                Some(_) => continue,
                None => {
                    let near = |other: &&Meaning| other.second || other.weight * 5 >= likeliest * 4;
                    let others = meanings.iter().enumerate().filter(|(n, _)| *n != rank).map(|(_, other)| other);
                    // An id beside a column of the same number is no other reading of it.
                    let also = others.filter(near).map(|other| other.target).filter(|other| *other != Target::RowId).collect();
                    self.filled.push(Filled { target: meaning.target, columns: vec![at], how: how.clone(), also });
                }
            }
            return;
        }
        if let Some(first) = meanings.first() {
            self.left.push((at, Left::Taken(first.target)));
        }
    }

    /// A place that the kind needs and that nothing fills takes a header that means it as well.
    fn share(&mut self, offers: &[(usize, How, Vec<Meaning>)]) {
        let mut wanted: Vec<&[&'static str]> = needed_columns(self.kind).iter().map(|(columns, _)| *columns).collect();
        if self.kind == Kind::Spend {
            wanted.push(&["document"]);
        }
        for columns in wanted {
            if columns.iter().any(|column| self.get(Target::Column(column)).is_some()) {
                continue;
            }
            let means = |meaning: &&Meaning| matches!(meaning.target, Target::Column(name) if columns.contains(&name));
            let offer = offers.iter().filter_map(|(at, _, meanings)| Some((*at, meanings.iter().find(means)?)));
            if let Some((at, meaning)) = offer.max_by_key(|(_, meaning)| meaning.weight) {
                let first = self.filled.iter().find(|filled| filled.columns.contains(&at)).map(|filled| filled.target);
                let how = first.map_or(How::Known, How::Shared);
                self.filled.push(Filled { target: meaning.target, columns: vec![at], how, also: Vec::new() });
            }
        }
        // A number that names a ledger line for good is its document too.
        let numbered = |(_, _, meanings): &&(usize, How, Vec<Meaning>)| meanings.iter().any(|meaning| meaning.target == Target::RowId);
        if let (Kind::Spend, None, Some((at, how, _))) = (self.kind, self.get(Target::RowId), offers.iter().find(numbered)) {
            self.filled.push(Filled { target: Target::RowId, columns: vec![*at], how: how.clone(), also: Vec::new() });
        }
        // A header that found its place taken may have one now.
        let filled = &self.filled;
        self.left.retain(|(at, why)| !(matches!(why, Left::Taken(_)) && filled.iter().any(|filled| filled.columns.contains(at))));
    }

    /// Takes a header away again.
    pub(super) fn drop(&mut self, target: Target, why: &Left) {
        let dropped: Vec<Filled> = self.filled.extract_if(.., |filled| filled.target == target).collect();
        for at in dropped.into_iter().flat_map(|filled| filled.columns) {
            if !self.filled.iter().any(|filled| filled.columns.contains(&at)) {
                self.left.push((at, why.clone()));
            }
        }
        self.left.sort_by_key(|(at, _)| *at);
    }

    /// What the kind cannot do without and nothing gives: names of columns, one of each group is enough.
    pub(super) fn lacks(&self, has_default: impl Fn(&str) -> bool) -> Vec<Vec<&'static str>> {
        let has = |columns: &[&str]| {
            columns.iter().any(|column| {
                has_default(column) || self.filled.iter().any(|filled| matches!(filled.target, Target::Column(name) if name == *column))
            })
        };
        let mut lacks: Vec<Vec<&'static str>> =
            needed_columns(self.kind).iter().filter(|(columns, _)| !has(columns)).map(|(columns, _)| columns.to_vec()).collect();
        let counters: Vec<&'static str> = DAILY_COUNTERS.iter().map(|(name, _)| *name).collect();
        if self.kind == Kind::ChannelDaily && !has(&counters) {
            lacks.push(counters);
        }
        let any = |targets: &[Target]| targets.iter().any(|target| self.get(*target).is_some());
        let person = [Target::Name, Target::Given, Target::Family, Target::Phone, Target::Email];
        if self.kind.tells_of_a_case() && !any(&person) && !any(&[Target::Application]) {
            lacks.push(vec!["identity", "application"]);
        }
        // Nothing forbids a list of cases that says nothing of anybody, but it is no list of cases.
        let case = [Target::Candidate, Target::RowId, Target::Stage, Target::Column("title"), Target::Column("applied_at")];
        if self.kind == Kind::Applications && !any(&person) && !any(&case) {
            lacks.push(vec!["identity"]);
        }
        if self.kind == Kind::Events {
            lacks.extend(
                [(Target::Application, "application"), (Target::Stage, "events.stage")]
                    .into_iter()
                    .filter(|(target, _)| !any(&[*target]))
                    .map(|(_, name)| vec![name]),
            );
        }
        lacks
    }
}
