//! `--timings FILE`: what each stage of a command took.
//!
//! A stage is a span with the target `timing`. Stages may nest and may run on several threads at once, and an asynchronous
//! one is entered at each poll; so a stage is charged with the time between entering and leaving it on a thread, less
//! what stages inside of it took there. What the engine does for a stage happens on threads of its own: that is in the
//! whole process's processor time while the stage was open, which says something of stages that do not overlap
//! (`open`, `pull`, `link`, `cluster`, `marts`, `report`, `close`).

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::Subscriber;
use tracing::span::{Attributes, Id};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Target of the spans that are stages.
pub const TARGET: &str = "timing";

/// Collects what stages take; hand [`Timings::layer`] to the subscriber.
#[derive(Debug, Clone)]
pub struct Timings {
    started: Instant,
    stages: Arc<Mutex<BTreeMap<&'static str, Stage>>>,
}

/// Sums over all spans of one name.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Stage {
    /// Spans.
    count: u64,
    /// From opening a span to closing it, waits included.
    elapsed_s: f64,
    /// On some thread inside of a span and in no span within.
    busy_s: f64,
    /// Processor time of those threads meanwhile.
    cpu_s: f64,
    /// Processor time of the whole process while a span was open.
    process_cpu_s: f64,
    /// The process's greatest resident memory so far when the last span closed.
    peak_rss_mb: u64,
}

/// What is written.
#[derive(Debug, Serialize)]
struct Summary<'s> {
    command: &'s str,
    wall_s: f64,
    cpu_s: f64,
    peak_rss_mb: u64,
    stages: BTreeMap<&'static str, Stage>,
}

impl Timings {
    /// Begins now.
    pub fn new() -> Self {
        Self { started: Instant::now(), stages: Arc::default() }
    }

    /// What listens to the spans.
    pub fn layer(&self) -> StageLayer {
        StageLayer { stages: Arc::clone(&self.stages) }
    }

    /// Writes one JSON document.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path, command: &str) -> std::io::Result<()> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let summary = Summary {
            command,
            wall_s: self.started.elapsed().as_secs_f64(),
            cpu_s: cpu(ClockId::ProcessCPUTime).as_secs_f64(),
            peak_rss_mb: peak_rss_mb(),
            stages,
        };
        std::fs::write(file, serde_json::to_string_pretty(&summary).map_err(std::io::Error::other)? + "\n")
    }
}

/// Charges the stages.
#[derive(Debug)]
pub struct StageLayer {
    stages: Arc<Mutex<BTreeMap<&'static str, Stage>>>,
}

/// When a span was opened.
struct Opened {
    at: Instant,
    process: Duration,
}

/// A span that a thread is inside of.
struct Inside {
    at: Instant,
    cpu: Duration,
    /// What spans within took: time and processor time.
    within: (Duration, Duration),
}

thread_local! {
    static STACK: RefCell<Vec<Inside>> = const { RefCell::new(Vec::new()) };
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for StageLayer {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Opened { at: Instant::now(), process: cpu(ClockId::ProcessCPUTime) });
        }
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        let inside = Inside { at: Instant::now(), cpu: cpu(ClockId::ThreadCPUTime), within: Default::default() };
        STACK.with_borrow_mut(|stack| stack.push(inside));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let left = STACK.with_borrow_mut(|stack| {
            let inside = stack.pop()?;
            let took = (inside.at.elapsed(), cpu(ClockId::ThreadCPUTime).saturating_sub(inside.cpu));
            if let Some(outer) = stack.last_mut() {
                outer.within.0 += took.0;
                outer.within.1 += took.1;
            }
            Some((took.0.saturating_sub(inside.within.0), took.1.saturating_sub(inside.within.1)))
        });
        if let (Some((busy, cpu)), Some(span)) = (left, context.span(id)) {
            self.charge(span.name(), |stage| {
                stage.busy_s += busy.as_secs_f64();
                stage.cpu_s += cpu.as_secs_f64();
            });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let extensions = span.extensions();
        let Some(opened) = extensions.get::<Opened>() else { return };
        self.charge(span.name(), |stage| {
            stage.count += 1;
            stage.elapsed_s += opened.at.elapsed().as_secs_f64();
            stage.process_cpu_s += cpu(ClockId::ProcessCPUTime).saturating_sub(opened.process).as_secs_f64();
            stage.peak_rss_mb = recent_peak_rss_mb(opened.at.elapsed());
        });
    }
}

impl StageLayer {
    fn charge(&self, name: &'static str, add: impl FnOnce(&mut Stage)) {
        add(self.stages.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default());
    }
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// [`peak_rss_mb`], asked anew after a stage that took a while: asking takes as long as the shortest stages, of which there are thousands.
fn recent_peak_rss_mb(took: Duration) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    const A_WHILE: Duration = Duration::from_millis(100);
    if took < A_WHILE && LAST.load(Ordering::Relaxed) > 0 {
        return LAST.load(Ordering::Relaxed);
    }
    let peak = peak_rss_mb();
    LAST.store(peak, Ordering::Relaxed);
    peak
}

/// The greatest resident memory of this process, as the kernel says it; 0 where it does not.
fn peak_rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kb| kb / 1024)
}

#[cfg(test)]
mod tests {
    use super::{Stage, TARGET, Timings};
    use std::time::{Duration, Instant};
    use tracing::{Instrument, info_span};
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Layer, registry};

    fn spin(time: Duration) {
        let started = Instant::now();
        while started.elapsed() < time {
            std::hint::spin_loop();
        }
    }

    fn stage(timings: &Timings, name: &str) -> Stage {
        timings.stages.lock().unwrap()[name]
    }

    #[test]
    fn a_stage_is_not_charged_with_the_stages_inside() {
        let timings = Timings::new();
        let subscriber = registry().with(timings.layer().with_filter(filter_fn(|meta| meta.target() == TARGET)));
        tracing::subscriber::with_default(subscriber, || {
            let _outer = info_span!(target: TARGET, "outer").entered();
            spin(Duration::from_millis(20));
            for _ in 0..2 {
                info_span!(target: TARGET, "inner").in_scope(|| spin(Duration::from_millis(30)));
            }
            info_span!("of somebody else").in_scope(|| ());
        });
        let (outer, inner) = (stage(&timings, "outer"), stage(&timings, "inner"));
        assert_eq!((outer.count, inner.count), (1, 2));
        assert!(inner.busy_s >= 0.06 && outer.elapsed_s >= 0.08, "{outer:?} {inner:?}");
        assert!((outer.elapsed_s - inner.elapsed_s - outer.busy_s).abs() < 0.005, "{outer:?} {inner:?}");
        assert!(outer.cpu_s > 0.0 && inner.cpu_s > outer.cpu_s && outer.process_cpu_s >= inner.cpu_s, "{outer:?} {inner:?}");
        assert!(!timings.stages.lock().unwrap().contains_key("of somebody else"));
        let file = tempfile::NamedTempFile::new().unwrap();
        timings.write(file.path(), "run").unwrap();
        let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        assert!(written["command"] == "run" && written["stages"]["inner"]["count"] == 2, "{written}");
        assert!(written["peak_rss_mb"].as_u64().unwrap() > 0, "{written}");
    }

    #[tokio::test]
    async fn a_wait_is_elapsed_and_not_busy() {
        let timings = Timings::new();
        let subscriber = registry().with(timings.layer().with_filter(filter_fn(|meta| meta.target() == TARGET)));
        let _guard = tracing::subscriber::set_default(subscriber);
        tokio::time::sleep(Duration::from_millis(50)).instrument(info_span!(target: TARGET, "waits")).await;
        let waits = stage(&timings, "waits");
        assert!(waits.elapsed_s >= 0.05 && waits.busy_s < 0.02, "{waits:?}");
    }
}
