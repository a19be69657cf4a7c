//! Sessions of the page: a cookie `prefix.expiry.id.signature`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use chrono::{DateTime, Duration, Utc};

use super::token::hexadecimal;
use crate::failure::PageError;

/// How long one lasts, whatever is done in it.
const LASTS: Duration = Duration::hours(12);

/// A session that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Prefix of the token that began it: it ends with the token.
    pub(crate) token: String,
    id: String,
    ends: DateTime<Utc>,
}

/// The sessions of this process.
pub(crate) struct Sessions {
    key: [u8; 32],
    /// Behind a proxy that speaks TLS the cookie is for TLS alone, and for this very host.
    secure: bool,
    /// Those that were signed out before they ended.
    ended: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Sessions {
    /// With a key of its own.
    pub(crate) fn new(secure: bool) -> Result<Self, PageError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| PageError::Randomness(error.to_string()))?;
        Ok(Self { key, secure, ended: Mutex::default() })
    }

    /// A new session of a token, as the value of `Set-Cookie`.
    pub(crate) fn begin(&self, token: &str, now: DateTime<Utc>) -> Result<String, PageError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| PageError::Randomness(error.to_string()))?;
        let said = format!("{token}.{}.{}", (now + LASTS).timestamp(), hexadecimal(&id));
        Ok(self.cookie(&format!("{said}.{}", self.signature(&said)), LASTS.num_seconds()))
    }

    /// Takes the cookie away, and lets nobody use it again.
    pub(crate) fn end(&self, session: &Session, now: DateTime<Utc>) -> String {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, ends| *ends > now);
        ended.insert(session.id.clone(), session.ends);
        self.cookie("", 0)
    }

    /// The session that a request carries, if it holds.
    pub(crate) fn of(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<Session> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
        cookies
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .find_map(|(_, value)| self.read(value, now))
    }

    fn read(&self, value: &str, now: DateTime<Utc>) -> Option<Session> {
        let (said, signature) = value.rsplit_once('.')?;
        // The comparison of hashes takes the same time wherever they differ.
        let given = blake3::Hash::from_hex(signature).ok()?;
        if given != blake3::keyed_hash(&self.key, said.as_bytes()) {
            return None;
        }
        let mut parts = said.split('.');
        let (token, ends, id) = (parts.next()?, parts.next()?, parts.next()?);
        let ends = DateTime::from_timestamp(ends.parse().ok()?, 0)?;
        let over = ends <= now || self.ended.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id);
        (!over).then(|| Session { token: token.to_owned(), id: id.to_owned(), ends })
    }

    fn signature(&self, said: &str) -> String {
        blake3::keyed_hash(&self.key, said.as_bytes()).to_hex().to_string()
    }

    fn name(&self) -> &'static str {
        if self.secure { "__Host-inflow" } else { "inflow-session" }
    }

    fn cookie(&self, value: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrying(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        HeaderMap::from_iter([(COOKIE, format!("theme=dark; {pair}").parse().unwrap())])
    }

    #[test]
    fn a_session_is_signed_and_ends() {
        let sessions = Sessions::new(true).unwrap();
        let now: DateTime<Utc> = "2026-11-20T08:00:00Z".parse().unwrap();
        let cookie = sessions.begin("0a0a0a0a", now).unwrap();
        assert!(cookie.starts_with("__Host-inflow=0a0a0a0a."), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
        let found = sessions.of(&carrying(&cookie), now + Duration::hours(11)).unwrap();
        assert_eq!(found.token, "0a0a0a0a");
        assert_eq!(sessions.of(&carrying(&cookie), now + Duration::hours(12)), None, "it is over");
        assert_eq!(sessions.of(&carrying(&cookie.replace("0a0a0a0a", "0b0b0b0b")), now), None, "another's");
        let longer = cookie.replace(&(now + LASTS).timestamp().to_string(), &(now + LASTS * 2).timestamp().to_string());
        assert_ne!(longer, cookie);
        assert_eq!(sessions.of(&carrying(&longer), now), None, "a later end");
        assert_eq!(Sessions::new(true).unwrap().of(&carrying(&cookie), now), None, "another start of the program");
        assert!(sessions.end(&found, now).starts_with("__Host-inflow=; Path=/; Max-Age=0;"));
        assert_eq!(sessions.of(&carrying(&cookie), now), None, "signed out");
    }
}
