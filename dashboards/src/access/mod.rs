//! Who asks, and what of everything that is: tokens, sessions of the page, roles, limits.
//!
//! On loopback nobody needs a token to read, as on the ClickHouse endpoint; behind a proxy, or once readers have a password
//! there, everybody does. A token is a 256-bit random secret, so what is kept of it is a plain BLAKE3 hash: a slow hash such
//! as Argon2 makes guessing dear where people choose words, and nobody guesses one of 2^256. The page signs in with a token
//! and gets a signed cookie that expires; the key of the signature is made when the program starts and kept nowhere, so that
//! a restart signs everybody out.

mod gate;
mod meter;
mod role;
mod session;
mod token;

pub(crate) use gate::{enter, known_token};
pub(crate) use meter::Meter;
pub use role::Role;
pub(crate) use role::{Part, Principal};
pub(crate) use session::{Session, Sessions};
pub(crate) use token::prefix_of;
pub use token::{NewToken, token_hash};
