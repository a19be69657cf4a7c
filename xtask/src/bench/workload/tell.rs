//! Figures as tables.

use super::company::Measured;
use super::peers::Peer;
use super::truth::Checked;

/// Stages that do not overlap: between them they hold everything that the process did.
const PHASES: [&str; 7] = ["open", "pull", "link", "cluster", "marts", "report", "close"];

/// A result.
#[expect(clippy::print_stdout, reason = "figures are what this program is for")]
pub fn print(line: &str) {
    println!("{line}");
}

/// A word on what is being done.
pub fn say(line: &str) {
    crate::say(line);
}

/// A table with a header.
pub fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).chain([header.get(at).map_or(0, |h| h.len())]).max()
    };
    let widths: Vec<usize> = (0..header.len()).map(|at| width(at).unwrap_or(0)).collect();
    let line = |cells: Vec<&str>| {
        let cell = |(at, cell): (usize, &&str)| {
            let wide = widths.get(at).copied().unwrap_or(0);
            if at == 0 { format!("{cell:<wide$}") } else { format!("{cell:>wide$}") }
        };
        format!("| {} |", cells.iter().enumerate().map(cell).collect::<Vec<_>>().join(" | "))
    };
    print("");
    print(&line(header.to_vec()));
    print(&line(widths.iter().map(|wide| "-".repeat(*wide)).collect::<Vec<_>>().iter().map(String::as_str).collect()));
    for row in rows {
        print(&line(row.iter().map(String::as_str).collect()));
    }
}

/// What was measured: the whole, its phases, and what the phases consist of.
pub fn stages(measured: &Measured, bytes: u64) {
    let seconds = |value: f64| format!("{value:.2}");
    table(
        &["cold, deliveries to reports", "wall s", "cpu s", "peak MB"],
        &[
            measured.cells("all"),
            vec![format!("{:.1} MB/s", bytes as f64 / 1e6 / measured.wall_s.max(1e-9)), String::new(), String::new(), String::new()],
        ],
    );
    let phases = PHASES.iter().filter_map(|name| Some((name, measured.stages.get(*name)?)));
    let rows: Vec<Vec<String>> = phases
        .map(|(name, stage)| vec![(*name).to_owned(), stage.count.to_string(), seconds(stage.elapsed_s), seconds(stage.process_cpu_s)])
        .collect();
    table(&["phase", "times", "wall s", "cpu s, engine included"], &rows);
    let mut within: Vec<_> = measured.stages.iter().filter(|(name, _)| !PHASES.contains(&name.as_str())).collect();
    within.sort_by(|a, b| b.1.cpu_s.total_cmp(&a.1.cpu_s));
    let rows: Vec<Vec<String>> = within
        .into_iter()
        .map(|(name, stage)| {
            vec![name.clone(), stage.count.to_string(), seconds(stage.elapsed_s), seconds(stage.busy_s), seconds(stage.cpu_s)]
        })
        .collect();
    table(&["stage", "times", "elapsed s", "busy s", "cpu s, own threads"], &rows);
}

/// What was compared with the truth.
pub fn checks(checked: &Checked) {
    let share = |value: f64| format!("{value:.4}");
    let rows = [("postings", &checked.postings), ("candidates", &checked.candidates)].map(|(name, told)| {
        vec![
            name.to_owned(),
            share(told.precision),
            share(told.recall),
            share(told.f1),
            told.groups.to_string(),
            told.true_groups.to_string(),
        ]
    });
    table(&["pairs", "precision", "recall", "F1", "groups", "true"], &rows);
    let rows: Vec<Vec<String>> = checked
        .figures
        .iter()
        .map(|figure| {
            let worst = figure.worst.as_ref().map_or_else(
                || "exact".to_owned(),
                |(channel, reported, truth)| format!("{channel}: {reported} for {truth} ({:+.3} %)", (reported / truth - 1.0) * 100.0),
            );
            vec![figure.name.clone(), if figure.agrees { "yes" } else { "NO" }.to_owned(), worst]
        })
        .collect();
    table(&["figure", "agrees", "farthest off"], &rows);
}

/// The peers, and how many times as much they take.
pub fn ratios(own: &Measured, peers: &[Peer]) {
    if peers.is_empty() {
        return;
    }
    let mut rows = vec![own.cells("inflow, landing and digests included")];
    for peer in peers {
        let (wall, cpu) = peer.job().fold((0.0, 0.0), |(wall, cpu), phase| (wall + phase.wall, cpu + phase.cpu));
        let peak = peer.job().map(|phase| phase.hwm_mb).max().unwrap_or(0);
        rows.push(vec![peer.name.clone(), format!("{wall:.2}"), format!("{cpu:.2}"), peak.to_string()]);
        rows.push(vec![
            format!("  {} / inflow", peer.name),
            format!("{:.2}", wall / own.wall_s),
            format!("{:.2}", cpu / own.cpu_s),
            String::new(),
        ]);
        for phase in &peer.phases {
            rows.push(vec![
                format!("  {}", phase.name),
                format!("{:.2}", phase.wall),
                format!("{:.2}", phase.cpu),
                phase.hwm_mb.to_string(),
            ]);
        }
    }
    table(&["tool", "wall s", "cpu s", "peak MB"], &rows);
}
