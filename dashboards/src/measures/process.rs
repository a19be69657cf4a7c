//! What the operating system says of this process, under the names that Prometheus' own clients use.

use super::Measure;

/// Measures of the process; on systems without `/proc` the build alone.
pub(super) fn measures() -> Vec<Measure> {
    let mut measures = vec![
        Measure::gauge("inflow_build_info", "1, with the version of the program")
            .with(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0),
    ];
    measures.extend(of_the_system());
    measures
}

#[cfg(target_os = "linux")]
fn of_the_system() -> Vec<Measure> {
    // What cannot be read is left out.
    read().unwrap_or_default()
}

#[cfg(target_os = "linux")]
fn read() -> procfs::ProcResult<Vec<Measure>> {
    use procfs::process::{LimitValue, Process};
    use procfs::{CurrentSI, KernelStats};

    let process = Process::myself()?;
    let stat = process.stat()?;
    let ticks = procfs::ticks_per_second() as f64;
    let one = |measure: Measure, value: f64| measure.with(Vec::new(), value);
    let mut measures = vec![
        one(Measure::counter("process_cpu_seconds", "User and system CPU time spent in seconds"), (stat.utime + stat.stime) as f64 / ticks),
        one(Measure::gauge("process_resident_memory_bytes", "Resident memory size in bytes"), (stat.rss * procfs::page_size()) as f64),
        one(Measure::gauge("process_virtual_memory_bytes", "Virtual memory size in bytes"), stat.vsize as f64),
        one(Measure::gauge("process_threads", "Threads of the process"), stat.num_threads as f64),
        one(Measure::gauge("process_open_fds", "Number of open file descriptors"), process.fd_count()? as f64),
        one(
            Measure::gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds"),
            KernelStats::current()?.btime as f64 + stat.starttime as f64 / ticks,
        ),
    ];
    if let LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
        measures.push(one(Measure::gauge("process_max_fds", "Maximum number of open file descriptors"), most as f64));
    }
    Ok(measures)
}

#[cfg(not(target_os = "linux"))]
fn of_the_system() -> Vec<Measure> {
    Vec::new()
}
