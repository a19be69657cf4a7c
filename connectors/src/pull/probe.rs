//! `inflow connector test`: whether a connection would work, found out with one small call.

use inflow_config::{Config, Connection, SharedClock};
use serde_json::Value;

use super::answered::{check_success, read};
use super::pager::Pager;
use super::place::Place;
use super::target::{Param, Target};
use super::{records, shape};
use crate::error::{PullError, PullErrorKind};
use crate::http::Http;
use crate::spec::{Answer, MAILBOX_CONNECTOR, Paginate, Request, Stream};

/// What one small call found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// The list that was asked for.
    pub stream: String,
    /// Host or folder that answered.
    pub place: String,
    /// Records in the answer.
    pub records: usize,
    /// Requests made: one, and one for a token where the board wants it.
    pub requests: u64,
}

/// Asks a board for the first page, as small as it can be, of the first list that needs the credential. Nothing is
/// landed.
///
/// # Errors
/// What a pull would end with.
pub async fn probe(http: &Http, config: &Config, connection: &Connection, clock: &SharedClock) -> Result<Probe, PullError> {
    if connection.connector == MAILBOX_CONNECTOR {
        return super::mailbox::probe(http, config, connection, clock.now()).await;
    }
    if let Some(path) = &connection.path {
        return files(config, connection, path);
    }
    let spec = crate::spec::spec(&connection.connector).ok_or_else(|| crate::check::unknown_connector(&connection.connector))?;
    let mut target = Target::new(http, config, connection, spec)?;
    let mut lists: Vec<(&Stream, &Request)> = spec
        .streams
        .iter()
        .filter_map(|stream| Some((stream, stream.request.as_ref()?)))
        .filter(|(_, request)| target.active(request) && request.each.is_none())
        .collect();
    lists.sort_by_key(|(_, request)| request.public);
    let Some((stream, form)) = lists.first().copied() else {
        return Err(PullError::new(PullErrorKind::Configuration, "none of its lists can be pulled with what is set")
            .with_hint(format!("set at least one of {} in the connection's file", spec.any_of.join(", "))));
    };
    let mut requests = 0;
    if let Some(request) = target.token_request()? {
        let answer = target.fetch(&request, &mut requests).await?;
        let body = read(&answer, request.url(), &Answer::Json)?;
        target.take_token(&body)?;
    }
    let request = target.request(stream, form, &small(&form.paginate), &Place::default())?;
    let answer = target.fetch(&request, &mut requests).await?;
    let body: Value = read(&answer, request.url(), target.form(&stream.answer)?.as_ref())?;
    for test in &form.success {
        check_success(test, &body)?;
    }
    let given = target.given(stream);
    let listed = records::shape(stream, shape::records(stream, body)?, records::Outside { parent: None, given: &given });
    shape::check(stream, &listed, config.connection_timezone(connection), clock.now())?;
    let host = request.url().host_str().unwrap_or_default().to_owned();
    Ok(Probe { stream: stream.name.clone(), place: host, records: listed.len(), requests })
}

/// Whether every file of a connection's folder is one that it reads.
fn files(config: &Config, connection: &Connection, path: &std::path::Path) -> Result<Probe, PullError> {
    let own;
    let streams: Vec<&Stream> = match (&connection.mapping, crate::spec::spec(&connection.connector)) {
        (Some(mapping), _) => {
            own = super::read_mapping(&config.resolve(mapping))?;
            vec![&own]
        }
        (None, Some(spec)) => spec.streams.iter().filter(|stream| stream.kind != crate::spec::Kind::Reference).collect(),
        (None, None) => {
            return Err(PullError::new(PullErrorKind::Configuration, "`mapping` is not set")
                .with_hint("name the mapping file that says how its columns are read"));
        }
    };
    let folder = config.resolve(path);
    let mut read = Probe { place: folder.display().to_string(), ..Probe::default() };
    for file in crate::file::expand(&folder)? {
        let mut fitting = Vec::new();
        let mut why_not = None;
        for stream in &streams {
            match crate::file::records_of_file(&file, stream) {
                Ok(records) => fitting.push((stream.name.as_str(), records.len())),
                Err(error) => why_not = why_not.or(Some(error)),
            }
        }
        if let (true, Some(error)) = (fitting.is_empty(), why_not) {
            return Err(error);
        }
        read.records += fitting.iter().map(|(_, count)| count).sum::<usize>();
        read.stream = fitting.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    }
    Ok(read)
}

/// Parameters of the first page with one record, where the board lets us say so.
fn small(form: &Paginate) -> Vec<Param> {
    let limit = match form {
        Paginate::Offset { limit_param, .. }
        | Paginate::Page { limit_param, .. }
        | Paginate::Token { limit_param, .. }
        | Paginate::Link { limit_param, .. }
        | Paginate::Next { limit_param, .. } => limit_param.as_deref(),
        Paginate::None => None,
    };
    let mut params = Pager::new(form).first();
    for param in &mut params {
        if Some(param.name.as_str()) == limit {
            *param = Param::number(&param.name, 1);
        }
    }
    params
}
