//! Asking only for what changed: the parameter that says since when, and how far a record has come.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::target::Param;
use crate::error::{PullError, PullErrorKind};
use crate::spec::{Cursor, Request, Stream, TimeFormat};

/// The parameter that asks only for what changed since the stored cursor, less the lookback.
pub(crate) fn cursor_param(cursor: &Cursor, stream: &Stream, stored: Option<&str>, zone: Tz) -> Result<Option<Param>, PullError> {
    let Some(stored) = stored else {
        return Ok(cursor.first.as_ref().map(|first| Param::text(&cursor.param, first.clone())));
    };
    if cursor.token.is_some() {
        return Ok(Some(Param::text(&cursor.param, stored)));
    }
    let instant = DateTime::parse_from_rfc3339(stored).map_err(|_| {
        PullError::new(PullErrorKind::Configuration, format!("the stored cursor {stored:?} is not an instant"))
            .with_hint("it was not written by this program; delete its row from inflow_state.cursors to pull everything again")
    })?;
    let lookback = Duration::from_std(cursor.lookback).unwrap_or(Duration::zero());
    let from = instant.with_timezone(&Utc) - lookback;
    let format = cursor.format.as_ref().unwrap_or(&stream.time_format);
    // In a JSON body an epoch is a number.
    let number = matches!(format, TimeFormat::EpochMs | TimeFormat::EpochS);
    Ok(Some(Param { number, ..Param::text(&cursor.param, format.write(from, zone)) }))
}

/// The latest of a record's cursor times.
pub(crate) fn cursor_of(form: &Request, stream: &Stream, record: &Value, zone: Tz) -> Option<DateTime<Utc>> {
    let cursor = form.cursor.as_ref()?;
    let scope = stream.scope(record, None::<&Map<String, Value>>, zone);
    let times = cursor.fields.iter().filter_map(|path| {
        let value = scope.first(path)?;
        stream.time_format.read(value, scope.zone).ok().flatten()
    });
    times.map(|(instant, _)| instant).max()
}
