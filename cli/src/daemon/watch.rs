//! Folders whose files are taken soon after they came or changed.

use inflow_config::{Config, Connection};
use inflow_connectors::{DeliveredFile, PullError, delivered_files};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a folder is looked at. Two looks must agree, so files are taken within three of these.
const LOOK: Duration = Duration::from_secs(3);

/// Watches the files of one connection. What is there at the start counts as new: what was taken before changes nothing.
#[derive(Debug, Default)]
pub struct Watcher {
    before: Option<Vec<DeliveredFile>>,
    taken: Vec<DeliveredFile>,
    complained: bool,
}

impl Watcher {
    /// Waits until files came or changed and have come to rest. An error says, once until it is over, that the folder
    /// cannot be read. `None` with `stop`.
    pub async fn changed(
        &mut self,
        config: &Arc<Config>,
        connection: &Connection,
        stop: &CancellationToken,
    ) -> Option<Result<(), PullError>> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(LOOK) => {}
            }
            let (config, owned) = (Arc::clone(config), connection.clone());
            // A network share may take its time.
            let looked = tokio::task::spawn_blocking(move || delivered_files(&config, &owned)).await.ok()?;
            match looked {
                Ok(files) => {
                    self.complained = false;
                    if self.look(files) {
                        return Some(Ok(()));
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.complained, true) {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// Whether these files are to be taken now: not those taken last, and the same at two looks.
    fn look(&mut self, files: Vec<DeliveredFile>) -> bool {
        let at_rest = self.before.as_ref() == Some(&files);
        let take = at_rest && files != self.taken && !files.is_empty();
        if take {
            self.taken.clone_from(&files);
        }
        self.before = Some(files);
        take
    }
}

#[cfg(test)]
mod tests {
    use super::Watcher;
    use inflow_connectors::DeliveredFile;
    use std::time::{Duration, SystemTime};

    fn file(name: &str, second: u64, bytes: u64) -> DeliveredFile {
        DeliveredFile { path: name.into(), modified: SystemTime::UNIX_EPOCH + Duration::from_secs(second), bytes }
    }

    #[test]
    fn a_file_is_taken_once_it_no_longer_grows_and_again_when_it_changed() {
        let mut watcher = Watcher::default();
        assert!(!watcher.look(vec![]));
        assert!(!watcher.look(vec![]), "an empty folder is no delivery");
        assert!(!watcher.look(vec![file("a.csv", 1, 10)]));
        assert!(!watcher.look(vec![file("a.csv", 2, 20)]), "it grows");
        assert!(watcher.look(vec![file("a.csv", 2, 20)]));
        assert!(!watcher.look(vec![file("a.csv", 2, 20)]), "taken once");
        assert!(!watcher.look(vec![file("a.csv", 3, 20)]), "touched");
        assert!(watcher.look(vec![file("a.csv", 3, 20)]));
        assert!(!watcher.look(vec![file("a.csv", 3, 20), file("b.csv", 3, 1)]));
        assert!(watcher.look(vec![file("a.csv", 3, 20), file("b.csv", 3, 1)]));
    }
}
