//! Rules of channel spend: lines of a ledger in; a balanced journal, wallets and packages out. No store, no clock, no calendar, no input or output.
//!
//! [`book`] reads the lines of a whole ledger and writes a journal by double entry: each of its entries moves cents of the base currency from one
//! account to another, so it balances whatever the lines say, and cost ties to what was paid, to what wallets hold and to what is prepaid.
//! The result depends on what the lines say and on their order by key, never on the order in which they came.
//!
//! What is paid becomes cost by the day of service ([`amount::spread`]), as a wallet is used ([`wallet`]), as a package is used or expires
//! ([`package`]), borne by whom a rule says ([`allocation`]); what is owed for people who were taken on, from their first day ([`owed`]). What does not fit together is a [`Fault`], never a guess.

pub mod allocation;
pub mod amount;
mod book;
mod line;
pub mod matching;
pub mod owed;
pub mod package;
pub mod voucher;
pub mod wallet;

#[cfg(test)]
mod tests;

pub use book::{Account, Book, Entry, Fault, Move, Reason, Rules, Wallet, book};
pub use line::{Kind, Line, Place, Word, Words};
