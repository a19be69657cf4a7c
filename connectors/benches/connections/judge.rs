//! What the boards' own records say: the most requests in any window, and how much of the allowed rate was used. Instants are
//! nanoseconds on one clock, the boards'.

use std::time::Duration;

use inflow_connectors::spec::BudgetWindow;

/// The most instants that any stretch of this length holds, its ends included. `arrivals` are in order.
pub fn most_within(arrivals: &[u64], per: Duration) -> usize {
    let per = nanos(per);
    let (mut most, mut oldest) = (0, 0);
    for (at, arrival) in arrivals.iter().enumerate() {
        while arrival - arrivals[oldest] > per {
            oldest += 1;
        }
        most = most.max(at + 1 - oldest);
    }
    most
}

/// How many requests the windows allow in a stretch of time, sent by someone who is told of each at once and sends as soon as all
/// of them allow it.
pub fn allowed(windows: &[BudgetWindow], span: Duration) -> usize {
    let span = nanos(span);
    let mut sent: Vec<u64> = Vec::new();
    loop {
        let free = |window: &BudgetWindow| {
            let before = sent.len().checked_sub(window.requests as usize)?;
            // A window that is closed at both ends frees a place just after its length.
            Some(sent[before] + nanos(window.per) + 1)
        };
        let next = windows.iter().filter_map(free).max().unwrap_or(0).max(sent.last().copied().unwrap_or(0));
        if next >= span || windows.is_empty() {
            return sent.len();
        }
        sent.push(next);
    }
}

/// How much later the second run's n-th request came than the first's, at worst, in seconds. Each run's instants count from
/// its own start.
pub fn delay(without: &[u64], with: &[u64]) -> f64 {
    without.iter().zip(with).map(|(without, with)| (*with as f64 - *without as f64) / 1e9).fold(0.0, f64::max)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
