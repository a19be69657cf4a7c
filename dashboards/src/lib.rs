//! The built-in web page, the JSON API beside it, and the dashboards of Grafana ([`grafana`]).
//!
//! [`serve`] answers on a listener until it is told to stop; [`router`] is the same without the
//! network, for tests and for mounting elsewhere.
//!
//! | address | answers |
//! |---|---|
//! | `/`, `/finance` and `/assets/*` | the page; its files are embedded in the program (`dashboards/web`) |
//! | `/login`, `/logout` | signing in to the page with a token, and out |
//! | `/api/v1/*` | the API ([`openapi`] describes it, docs/api.md explains it) |
//! | `/alert/{alert}/ack` | what a signed link of an alert's message opens: one button, which says that somebody sees to it |
//! | `/feed/indeed.xml`, `/feed/rss.xml`, `/feed/jobs/{id}` | the company's own openings for everybody, where `[feed]` says so |
//! | `/todo/{slot}/{answer}` | what a signed link of a to-do opens: one button, which says done or skip |
//! | `POST /hooks/{connection}` | takes what a system sends by itself, signed ([`HookReceiver`]) |
//! | `/metrics` | how process, store and connections do, for Prometheus |
//! | `/healthz`, `/readyz` | the process lives; the store answers, and no tables are being exchanged |
//!
//! Every error is a problem of RFC 9457 with a `hint`. A request
//! with a foreign `Host` or `Origin` is refused, so that no other site can read figures through the
//! reader's own browser. Beyond loopback every reader has a token or a session, and sees what its [`Role`] may. Deliveries to `/hooks/`
//! come from other machines under whatever name these know; the signature
//! is what lets them in, and a browser that carries an `Origin` is refused there too.

mod access;
mod ack;
mod api;
mod assets;
mod body;
mod csv;
mod failure;
mod feed;
mod figures;
pub mod grafana;
mod guard;
mod hooks;
mod login;
mod measures;
mod paging;
mod query;
mod reports;
mod reposts;
mod router;
mod sheet;
mod tag;
#[cfg(test)]
mod tests;
mod todo;

pub use access::{NewToken, Role, token_hash};
pub use api::openapi;
pub use csv::{csv, plain};
pub use failure::PageError;
pub use hooks::{HookAnswer, HookReceiver, SentHeaders};
pub use reposts::csv as repost_csv;
pub use router::{PageState, router, serve};
pub use sheet::workbook;
