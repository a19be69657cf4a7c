//! Faults that a test injects into a board.

use std::time::Duration;

use serde_json::Value;

use crate::board::BoardRequest;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum FaultKind {
    /// This status with a JSON error instead of the answer: 401, 500, 503.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    RateLimited {
        /// Seconds the board asks for.
        retry_after: u64,
    },
    /// The answer, cut in the middle, as if complete.
    Truncated,
    /// Headers and half the answer, then the connection is gone.
    Reset,
    /// The answer, after this long.
    Slow(Duration),
    /// Every field of this name in the answer holds this value instead: a field that changed type.
    Retype {
        /// Name of the field, at any depth.
        field: String,
        /// What it holds.
        value: Value,
    },
    /// 200 with a page of HTML, as login walls and challenges do.
    Html(String),
}

/// A fault and the requests it hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Only requests whose path starts so; empty: all.
    pub path: String,
    /// Matching requests that pass before it starts.
    pub after: u32,
    /// Matching requests it hits.
    pub times: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// Hits every request until cleared.
    pub fn always(kind: FaultKind) -> Self {
        Self { path: String::new(), after: 0, times: u32::MAX, kind }
    }

    /// Hits this many requests.
    pub fn times(kind: FaultKind, times: u32) -> Self {
        Self { times, ..Self::always(kind) }
    }

    /// The same fault for paths that start so.
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same fault after this many matching requests.
    #[must_use]
    pub fn after(mut self, after: u32) -> Self {
        self.after = after;
        self
    }
}

/// The fault that hits this request, if any; counts the request against all matching faults.
pub(crate) fn strike(faults: &mut Vec<Fault>, request: &BoardRequest) -> Option<FaultKind> {
    let mut hit = None;
    for fault in faults.iter_mut().filter(|fault| request.path.starts_with(&fault.path)) {
        if fault.after > 0 {
            fault.after -= 1;
        } else if hit.is_none() && fault.times > 0 {
            if fault.times != u32::MAX {
                fault.times -= 1;
            }
            hit = Some(fault.kind.clone());
        }
    }
    faults.retain(|fault| fault.times > 0);
    hit
}

/// Puts `value` into every field of this name.
pub(crate) fn retype(document: &mut Value, field: &str, value: &Value) {
    match document {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                if key == field {
                    *inner = value.clone();
                } else {
                    retype(inner, field, value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| retype(item, field, value)),
        _ => {}
    }
}
