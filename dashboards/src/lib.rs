//! The built-in web page, the JSON API beside it, and the dashboards of Grafana ([`grafana`]).
//!
//! [`serve`] answers on a listener until it is told to stop; [`router`] is the same without the
//! network, for tests and for mounting elsewhere.
//!
//! | address | answers |
//! |---|---|
//! | `/` and `/assets/*` | the page; its files are embedded in the program (`dashboards/web`) |
//! | `/api/v1/metrics` | the catalogue of metrics |
//! | `/api/v1/report/{metric}` | one metric, the JSON of `inflow report --format json` |
//! | `/api/v1/connections` | every configured connection and how it is doing |
//! | `/api/v1/overview` | company, channels, stores and the reach of the data: what the page starts from |
//! | `/api/v1/stamp` | a word that changes when figures may have changed: what an open page asks for |
//! | `POST /hooks/{connection}` | takes what a system sends by itself, signed ([`HookReceiver`]) |
//! | `/metrics` | how process, store and connections do, for Prometheus |
//! | `/healthz`, `/readyz` | the process lives; the store answers, and no tables are being exchanged |
//!
//! Every error is `{"error": "one sentence", "hint": "what to do"}` with a fitting status. A request
//! with a foreign `Host` or `Origin` is refused, so that no other site can read figures through the
//! reader's own browser. Deliveries to `/hooks/` come from other machines under whatever name these know; the signature
//! is what lets them in, and a browser that carries an `Origin` is refused there too.

mod api;
mod assets;
mod failure;
mod figures;
pub mod grafana;
mod guard;
mod hooks;
mod measures;
mod query;
mod reports;
mod router;
#[cfg(test)]
mod tests;

pub use failure::PageError;
pub use hooks::{HookAnswer, HookReceiver, SentHeaders};
pub use router::{PageState, router, serve};
