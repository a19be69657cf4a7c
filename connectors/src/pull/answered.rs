//! What a board answered, and how far a list was read: parsing, refusals inside status 200, cursors.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use url::Url;

use super::target::Param;
use crate::answer::{AnswerError, convert_at};
use crate::error::{PullError, PullErrorKind};
use crate::http::Answer;
use crate::spec::{Answer as Form, Cursor, Request, Stream, Success, scalar_text};

pub(super) fn read(answer: &Answer, url: &Url, form: &Form) -> Result<Value, PullError> {
    let kind = answer.headers.get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let host = url.host_str().unwrap_or_default();
    let body = if form.is_page() { &answer.body } else { answer.data(host)? };
    convert_at(body, kind, form, Some(url)).map_err(|error| match error {
        AnswerError::Unreadable(what) => PullError::new(PullErrorKind::BadResponse, format!("{host} answered with {what}"))
            .with_hint("nothing of this answer was taken; the next pull asks again"),
        AnswerError::Changed(what) => PullError::new(PullErrorKind::ChangedShape, format!("{host} answered with {what}"))
            .with_hint("the page changed its form, or is a challenge page: nothing of it was taken"),
    })
}

/// Some boards say that they failed inside an answer with status 200.
pub(super) fn check_success(test: &Success, body: &Value) -> Result<(), PullError> {
    let found = test.path.first(body);
    if found == Some(&test.equals) || (found.is_none() && test.optional) {
        return Ok(());
    }
    let said = test.message.as_ref().and_then(|path| path.first(body)).and_then(scalar_text);
    let said = said.map_or_else(String::new, |text| format!(": {}", crate::identity::mask_text(&text)));
    let message = format!("the board refused the request inside an answer with status 200{said}");
    Err(PullError::new(PullErrorKind::BadResponse, message).with_hint("check the credential's rights and [params] of the connection"))
}

/// The parameter that asks only for what changed since the stored cursor, less the lookback.
pub(super) fn cursor_param(cursor: &Cursor, stream: &Stream, stored: Option<&str>, zone: Tz) -> Result<Option<Param>, PullError> {
    let Some(stored) = stored else {
        return Ok(cursor.first.as_ref().map(|first| Param::text(&cursor.param, first.clone())));
    };
    let instant = DateTime::parse_from_rfc3339(stored).map_err(|_| {
        PullError::new(PullErrorKind::Configuration, format!("the stored cursor {stored:?} is not an instant"))
            .with_hint("it was not written by this program; delete its row from inflow_state.cursors to pull everything again")
    })?;
    let lookback = Duration::from_std(cursor.lookback).unwrap_or(Duration::zero());
    let from = instant.with_timezone(&Utc) - lookback;
    let format = cursor.format.as_ref().unwrap_or(&stream.time_format);
    Ok(Some(Param::text(&cursor.param, format.write(from, zone))))
}

/// The latest of a record's cursor times.
pub(super) fn cursor_of(form: &Request, stream: &Stream, record: &Value, zone: Tz) -> Option<DateTime<Utc>> {
    let cursor = form.cursor.as_ref()?;
    let scope = stream.scope(record, None::<&Map<String, Value>>, zone);
    let times = cursor.fields.iter().filter_map(|path| {
        let value = scope.first(path)?;
        stream.time_format.read(value, scope.zone).ok().flatten()
    });
    times.map(|(instant, _)| instant).max()
}
