//! What a board answered: parsing, refusals inside status 200.

use serde_json::Value;
use url::Url;

use crate::answer::{AnswerError, convert_at};
use crate::error::{PullError, PullErrorKind};
use crate::http::Answer;
use crate::spec::{Answer as Form, Success, scalar_text};

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
