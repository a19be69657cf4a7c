//! The files of a connection as they lie there, for who watches them.

use std::path::PathBuf;
use std::time::SystemTime;

use inflow_config::{Config, Connection};

use super::mailbox::message_files;
use crate::error::{PullError, PullErrorKind};
use crate::file::expand;
use crate::spec::MAILBOX_CONNECTOR;

/// A file that a connection's `path` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredFile {
    /// Where it is.
    pub path: PathBuf,
    /// When it was written last.
    pub modified: SystemTime,
    /// Its size.
    pub bytes: u64,
}

/// The files that a pull of the connection would read, sorted; none when it has no `path`. One that goes away meanwhile
/// is left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn delivered_files(config: &Config, connection: &Connection) -> Result<Vec<DeliveredFile>, PullError> {
    let Some(path) = &connection.path else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    let path = config.resolve(path);
    let found = if connection.connector == MAILBOX_CONNECTOR { message_files(&path) } else { expand(&path) };
    for path in found.map_err(|error| error.at(&connection.name))? {
        match std::fs::metadata(&path).and_then(|meta| Ok((meta.modified()?, meta.len()))) {
            Ok((modified, bytes)) => files.push(DeliveredFile { path, modified, bytes }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("{} cannot be read: {error}", path.display());
                return Err(PullError::new(PullErrorKind::File, message).at(&connection.name));
            }
        }
    }
    Ok(files)
}
