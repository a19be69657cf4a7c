//! Actions: what a board is told to do, once a call. When, how often, and what becomes of it afterwards is known to whoever calls.

use inflow_config::{Config, Connection};
use serde_json::{Value, json};

use super::answered::read;
use super::place::Place;
use super::target::Target;
use crate::error::{PullError, PullErrorKind};
use crate::http::{ACTION_WAIT, Http};
use crate::spec::{Answer, Meaning, Refresh, scalar_text};

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// The board said what became of it.
    Said(Meaning),
    /// It answered in a way that its spec does not list; what it said, in one line.
    Refused(String),
    /// Nobody knows whether it was carried out: no answer, or one that asks for patience. The same key is to be sent again.
    Unknown(String),
    /// It was not sent: the budget of requests is used up, or no token could be had. It may be later.
    NotSent(String),
}

/// How the connector of a connection refreshes a posting, where its spec says so. Connections that read files ask nobody, so they have no way.
pub fn refresh_of(connection: &Connection) -> Option<&'static Refresh> {
    crate::spec::spec(&connection.connector).filter(|_| connection.path.is_none())?.actions.refresh.as_ref()
}

/// Calls `actions.refresh` for a posting, once, through the client for boards: the connection's address, credential, headers and budget.
///
/// # Errors
/// When the connection's configuration does not allow a call; nothing was sent then.
pub async fn refresh(http: &Http, config: &Config, connection: &Connection, posting: &str, key: &str) -> Result<Called, PullError> {
    let spec = crate::spec::spec(&connection.connector).ok_or_else(|| crate::check::unknown_connector(&connection.connector))?;
    let Some(refresh) = refresh_of(connection) else {
        let message = format!("{} has no actions.refresh", spec.name);
        return Err(PullError::new(PullErrorKind::Configuration, message).at(&connection.name));
    };
    let mut target = Target::new(http, config, connection, spec).map_err(|error| error.at(&connection.name))?;
    if let Some(request) = target.token_request()? {
        let mut asked = 0;
        let answer = tokio::time::timeout(ACTION_WAIT, target.fetch(&request, &mut asked)).await;
        let Ok(answer) = answer else {
            return Ok(Called::NotSent(format!("no token within {} seconds", ACTION_WAIT.as_secs())));
        };
        match answer.and_then(|answer| read(&answer, request.url(), &Answer::Json)) {
            Ok(body) => target.take_token(&body)?,
            Err(error) => return Ok(Called::NotSent(error.message)),
        }
    }
    let record = json!({ "posting": posting, "key": key });
    let place = Place { record: Some(&record), ids: true, ..Place::default() };
    let request = target.action(refresh, &place).map_err(|error| error.at(&connection.name))?;
    let answer = match target.act(request).await {
        Ok(answer) => answer,
        Err(error) if error.kind == PullErrorKind::BudgetUsedUp => return Ok(Called::NotSent(error.message)),
        Err(error) => return Ok(Called::Unknown(target.endpoint.redactor.text(&error.message).into_owned())),
    };
    let status = answer.status.as_u16();
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(meaning) = refresh.meaning(status, &body) {
        return Ok(Called::Said(meaning));
    }
    let said = ["message", "error", "msg"].iter().find_map(|key| scalar_text(body.get(*key)?));
    let said = said.map_or_else(String::new, |text| format!(": {}", line(&crate::identity::mask_text(&text))));
    let said = target.endpoint.redactor.text(&format!("the board answered with HTTP status {status}{said}")).into_owned();
    Ok(if matches!(status, 408 | 425 | 429) || status >= 500 { Called::Unknown(said) } else { Called::Refused(said) })
}

/// The first line of what somebody said, cut.
fn line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect()
}
