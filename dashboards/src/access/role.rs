//! Roles: which parts each may read, and how a recruiter's reports are narrowed.

use std::fmt;
use std::future::ready;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use inflow_analytics::{Metric, Query};
use inflow_store::TokenRow;

use super::Session;
use crate::failure::Failure;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads everything, decides, and reads who did what.
    Admin,
    /// Reads all figures and the cases behind them, and decides on advice.
    Manager,
    /// Reads the figures and cases of its own requisitions.
    Recruiter,
    /// Reads figures and the ledger, and no case of any person.
    Finance,
    /// Reads everything, who did what included, and changes nothing.
    Auditor,
}

impl Role {
    /// All roles, as they are listed.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Manager, Self::Recruiter, Self::Finance, Self::Auditor];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Recruiter => "recruiter",
            Self::Finance => "finance",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| format!("there is no role {text:?}"))
    }
}

/// What there is beside reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Ids of applications.
    Applications,
    /// Lines of the ledger.
    Entries,
    /// How connections are.
    Connections,
    /// What each pull brought.
    Runs,
    /// Alerts over all of the company.
    Alerts,
    /// What is advised.
    Advice,
    /// What was decided on it.
    Decisions,
    /// Deciding.
    Decide,
    /// Who did what.
    Audit,
}

impl Part {
    /// All parts, as they are listed.
    pub(crate) const ALL: [Self; 9] = [
        Self::Applications,
        Self::Entries,
        Self::Connections,
        Self::Runs,
        Self::Alerts,
        Self::Advice,
        Self::Decisions,
        Self::Decide,
        Self::Audit,
    ];

    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Applications => "applications",
            Self::Entries => "entries",
            Self::Connections => "connections",
            Self::Runs => "runs",
            Self::Alerts => "alerts",
            Self::Advice => "advice",
            Self::Decisions => "decisions",
            Self::Decide => "decide",
            Self::Audit => "audit",
        }
    }
}

/// Whether the rows of a metric are single applications.
fn names_people(metric: &Metric) -> bool {
    metric.keys.contains(&"application") || metric.dimensions.contains(&"case")
}

/// The filter that a recruiter's reports are narrowed by.
const OWN: &str = "requisition";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Principal {
    /// Nobody in particular, on loopback, when there is none.
    token: Option<(TokenRow, Role)>,
    session: Option<Session>,
}

impl Principal {
    /// Who asks on loopback without a token: reads everything, and changes nothing.
    pub(crate) fn local() -> Self {
        Self::default()
    }

    /// The bearer of a token. Nobody, when a later program gave it a role that this one does not know.
    pub(crate) fn of(token: &TokenRow, session: Option<Session>) -> Option<Self> {
        let role = token.role.parse().ok()?;
        Some(Self { token: Some((token.clone(), role)), session })
    }

    pub(crate) fn token(&self) -> Option<&TokenRow> {
        self.token.as_ref().map(|(token, _)| token)
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.token.as_ref().map(|(_, role)| *role)
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Whether a part is open.
    pub(crate) fn may(&self, part: Part) -> bool {
        match self.role() {
            Some(Role::Admin) => true,
            Some(Role::Manager) => part != Part::Audit,
            Some(Role::Recruiter) => matches!(part, Part::Applications | Part::Connections),
            Some(Role::Finance) => !matches!(part, Part::Applications | Part::Decide | Part::Audit),
            Some(Role::Auditor) | None => part != Part::Decide,
        }
    }

    /// Refuses unless a part is open.
    pub(crate) fn enter(&self, part: Part) -> Result<(), Failure> {
        if self.may(part) {
            return Ok(());
        }
        let Some(role) = self.role() else {
            return Err(Failure::new(StatusCode::UNAUTHORIZED, "who decides must say who it is: this needs a token")
                .hint("`inflow token add NAME --role manager` makes one; send it as `Authorization: Bearer ..`"));
        };
        let sentence = match part {
            Part::Decide => format!("the role {role} reads and does not decide"),
            _ => format!("the role {role} does not include {}", part.as_str()),
        };
        Err(Failure::new(StatusCode::FORBIDDEN, sentence).kind("beyond-role").hint("ask an administrator for a token of another role"))
    }

    /// Whether a metric can be read at all.
    pub(crate) fn may_read(&self, metric: &Metric) -> bool {
        match self.role() {
            Some(Role::Finance) => !names_people(metric),
            Some(Role::Recruiter) => metric.filters().contains(&OWN),
            _ => true,
        }
    }

    /// Whether figures over all of the company may stand beside a report, as its tie to the ledger does.
    pub(crate) fn reads_the_whole(&self) -> bool {
        self.role() != Some(Role::Recruiter)
    }

    /// Narrows a report to what may be read of it.
    pub(crate) fn narrow(&self, metric: &Metric, query: &mut Query) -> Result<(), Failure> {
        let Some((token, role)) = &self.token else { return Ok(()) };
        if !self.may_read(metric) {
            return Err(match role {
                Role::Recruiter => Failure::new(
                    StatusCode::FORBIDDEN,
                    format!("{} cannot be told apart by requisition, and a recruiter reads its own requisitions alone", metric.id),
                )
                .kind("not-narrowable")
                .hint("/api/v1/me lists the metrics that can be read"),
                _ => Failure::new(
                    StatusCode::FORBIDDEN,
                    format!("{} lists single applications, which the role {role} does not read", metric.id),
                )
                .kind("beyond-role")
                .hint("/api/v1/me lists the metrics that can be read"),
            });
        }
        if *role != Role::Recruiter {
            return Ok(());
        }
        let asked = query.filters.entry(OWN.to_owned()).or_default();
        if let Some(other) = asked.iter().find(|one| !token.requisitions.contains(one)) {
            return Err(Failure::new(StatusCode::FORBIDDEN, format!("the requisition {other:?} is not one of this token's"))
                .kind("beyond-role")
                .hint(format!("it reads {}", token.requisitions.join(", "))));
        }
        if asked.is_empty() {
            asked.clone_from(&token.requisitions);
        }
        // An empty list would be no filter at all.
        if asked.is_empty() {
            return Err(Failure::new(StatusCode::FORBIDDEN, "this token has no requisition to read").kind("beyond-role"));
        }
        Ok(())
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Failure;

    fn from_request_parts(parts: &mut Parts, _: &S) -> impl Future<Output = Result<Self, Failure>> {
        let found = parts.extensions.get::<Self>().cloned();
        ready(found.ok_or_else(|| Failure::new(StatusCode::UNAUTHORIZED, "a token is needed")))
    }
}
