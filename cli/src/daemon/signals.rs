//! SIGINT and SIGTERM: the first asks for an end, the second is one.

use crate::failure::exit;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first signal and ends the process at the second, for as long as the process lives.
///
/// # Errors
/// When the system does not let signals be heard.
pub fn listen(stop: CancellationToken) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if last {
                // What is landed is durable, and the next start stores it: the same as after a power cut.
                std::process::exit(i32::from(exit::STOPPED));
            }
            stop.cancel();
        }
    });
    Ok(())
}
