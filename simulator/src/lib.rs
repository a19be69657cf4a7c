//! Job boards on loopback: recorded payloads, and a world with known truth.
//!
//! Two things stand behind the same [`Server`]:
//!
//! - a [`Recording`] plays back recorded request/response pairs and plain payload files;
//! - a [`World`], made by [`scenario`], invents a company, its postings, applications and spend,
//!   delivers them in the shape of real boards and export files, and knows the [`Truth`] that a
//!   pull of all of it must find.
//!
//! ```no_run
//! # async fn demo() -> Result<(), inflow_simulator::SimulatorError> {
//! let world = inflow_simulator::scenario("seed", 1).expect("a known scenario");
//! let server = inflow_simulator::Server::start(world.boards()).await?;
//! world.write_config(std::path::Path::new("./demo"), &server)?;
//! println!("{} applications", world.truth().all().totals.applications);
//! # Ok(()) }
//! ```

mod board;
mod boards;
mod deliver;
mod error;
mod fault;
mod limit;
mod recording;
mod server;
mod truth;
mod world;

pub use board::{Auth, Board, BoardRequest, Reply, Respond};
pub use error::SimulatorError;
pub use fault::{Fault, FaultKind};
pub use limit::Limit;
pub use recording::{Recording, recording};
pub use server::{Seen, Server};
pub use truth::{Conversion, Cost, Heat, Peak, Period, StageCount, Totals, Truth, Volume};
pub use world::{Application, Entry, Person, Posting, Precision, Reached, World, scenario, scenarios};
