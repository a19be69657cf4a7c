//! Nothing counted twice, nothing lost.

use crate::world::{Staged, line};
use inflow_tests::Company;
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::time::Duration;

fn export(company: &Company) -> String {
    company.canonical_export_of("config/inflow.toml", "data")
}

/// Twice adds nothing; killed at twenty random moments and run again, the derived tables are the same to the byte as
/// after an undisturbed run, and so they are after a replay.
#[test]
fn killed_at_any_moment_the_store_is_the_same() {
    let staged = Staged::new(7, 1_200);
    staged.company.run(&line(&["run", "--once"])).ok();
    let undisturbed = export(&staged.company);
    assert!(undisturbed.lines().count() > 1_000, "{} lines", undisturbed.lines().count());

    staged.company.run(&line(&["run", "--once"])).ok();
    assert_eq!(export(&staged.company), undisturbed, "a second run added something");

    let other = staged.another();
    let mut random = SmallRng::seed_from_u64(20);
    let mut killed = 0;
    for _ in 0..20 {
        let mut child = other.start(&line(&["run", "--once"]));
        std::thread::sleep(Duration::from_millis(random.random_range(50..4_000)));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(killed >= 5, "only {killed} of 20 runs were killed on their way");
    other.run(&line(&["run", "--once"])).ok();
    assert_eq!(first_difference(&export(&other), &undisturbed), None, "after kills");

    other.run(&line(&["replay"])).ok();
    assert_eq!(first_difference(&export(&other), &undisturbed), None, "after a replay");
}

fn first_difference(a: &str, b: &str) -> Option<(String, String)> {
    if a == b {
        return None;
    }
    let mut lines = a.lines().zip(b.lines());
    let pair = lines.find(|(x, y)| x != y).map(|(x, y)| (x.to_owned(), y.to_owned()));
    Some(pair.unwrap_or_else(|| (format!("{} lines", a.lines().count()), format!("{} lines", b.lines().count()))))
}
