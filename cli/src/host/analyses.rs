//! Analyses one after the other, and one for all who asked meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// Counts who asked for an analysis and whom the last one served. Marts are rebuilt under fixed names, so two
/// analyses never run at once; everybody who asks while one runs is served by the next.
#[derive(Debug, Default)]
pub struct Analyses {
    asked: AtomicU64,
    /// The highest number that a finished analysis served.
    served: Mutex<u64>,
}

impl Analyses {
    /// Runs `analysis`, or waits for one that began after this call and went through.
    pub async fn shared<E>(&self, analysis: impl AsyncFnOnce() -> Result<(), E>) -> Result<(), E> {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut served = self.served.lock().await;
        if *served >= mine {
            return Ok(());
        }
        let covered = self.asked.load(Ordering::SeqCst);
        analysis().await?;
        *served = covered;
        Ok(())
    }

    /// Runs `analysis` by itself: it is not what the others asked for.
    pub async fn own<T>(&self, analysis: impl AsyncFnOnce() -> T) -> T {
        let _turn = self.served.lock().await;
        analysis().await
    }
}

#[cfg(test)]
mod tests {
    use super::Analyses;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn ten_who_ask_at_once_are_served_by_two() {
        let (analyses, runs) = (Analyses::default(), AtomicU32::new(0));
        let ask = || {
            analyses.shared(async || {
                runs.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<(), ()>(())
            })
        };
        let first = ask();
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            futures::future::join_all((0..9).map(|_| ask())).await
        };
        let (first, later) = tokio::join!(first, later);
        assert!(first.is_ok() && later.iter().all(Result::is_ok));
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_one_serves_nobody() {
        let (analyses, runs) = (Analyses::default(), AtomicU32::new(0));
        let ask = || {
            analyses.shared(async || {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if runs.fetch_add(1, Ordering::SeqCst) == 0 { Err("the disk is full") } else { Ok(()) }
            })
        };
        let (first, second) = tokio::join!(ask(), ask());
        assert_eq!((first, second), (Err("the disk is full"), Ok(())));
    }
}
