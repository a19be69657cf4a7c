//! Connectors whose specs read the files as they are.

use std::path::PathBuf;

use super::assign::{Assignment, How};
use super::dictionary::reads_tables;
use crate::file::{Delivery, Fit};
use crate::spec::{Kind, Spec, Stream, all};

/// A connector that needs no mapping for these files.
#[derive(Debug)]
pub(super) struct Recognised {
    pub(super) spec: &'static Spec,
    score: usize,
}

/// Connectors with a stream of the kind that fits every file, the one that knows most of the headers by its first choice
/// first. A board that the file's name names comes before the others.
pub(super) fn recognised(files: &[(PathBuf, Delivery)], assigned: &Assignment, names: &[&str]) -> Vec<Recognised> {
    let streams = all().into_iter().flat_map(|spec| spec.streams.iter().map(move |stream| (spec, stream)));
    let of_kind = streams.filter(|(_, stream)| stream.kind == assigned.kind && reads_tables(stream));
    let fitting = of_kind.filter(|(_, stream)| files.iter().all(|(_, delivery)| matches!(delivery.fit(stream, false), Fit::Rows(_))));
    let mut found: Vec<Recognised> = fitting.map(|(spec, stream)| Recognised { spec, score: score(spec, stream, files, names) }).collect();
    found.sort_by_key(|known| std::cmp::Reverse(known.score));
    found.dedup_by_key(|known| &known.spec.name);
    found
}

fn score(spec: &Spec, stream: &Stream, files: &[(PathBuf, Delivery)], names: &[&str]) -> usize {
    let person = &stream.identity;
    let events = stream.events.iter().flat_map(|event| event.fields().map(|(_, field)| &field.paths));
    let groups = stream.fields.values().map(|field| &field.paths).chain([&person.name, &person.phone, &person.email]).chain(events);
    let firsts = groups.filter_map(|paths| paths.first()).map(ToString::to_string);
    let known = firsts.filter(|first| names.iter().any(|name| crate::file::comparable(name) == crate::file::comparable(first))).count();
    let named = files.iter().any(|(path, _)| {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        let short: String = spec.title.zh.chars().take(2).collect();
        [spec.name.as_str(), &spec.title.en, &short].iter().any(|word| file.contains(&word.to_lowercase()))
    });
    known + if named { 1000 } else { 0 }
}

/// For a comment: where a header is known from.
pub(super) fn origin(how: &How) -> Option<&'static str> {
    match how {
        How::Spec(connector) => Some(connector),
        _ => None,
    }
}

/// Kinds that a sheet of a workbook may be of, beside the one proposed for.
pub(super) fn word(kind: Kind) -> String {
    kind.as_str().replace('_', "-")
}
