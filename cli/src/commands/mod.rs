//! One module a command. Each returns the exit code, or what went wrong.

pub mod analyze;
pub mod completions;
pub mod connector;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod erase;
pub mod import;
pub mod init;
pub mod query;
pub mod replay;
pub mod report;
pub mod run;
pub mod schema;
pub mod serve;
pub mod validate;
