//! How far applications get, and when.

use chrono::{DateTime, TimeDelta, Utc};
use inflow_config::Stage;

use super::calendar::office_hour_after;
use super::dice::Dice;

/// The stages after a resume, in order.
pub(crate) const LADDER: [Stage; 7] =
    [Stage::Screened, Stage::Invited, Stage::Attended, Stage::Offered, Stage::Accepted, Stage::Onboarded, Stage::PassedProbation];

/// One case on its way: the instants at which it would enter each stage, and how many it does enter.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) applied_at: DateTime<Utc>,
    /// Instants of [`LADDER`], each later than the one before.
    pub(crate) at: [DateTime<Utc>; 7],
    /// Stages of [`LADDER`] entered.
    pub(crate) depth: usize,
}

impl Way {
    pub(crate) fn plan(dice: &mut Dice, applied_at: DateTime<Utc>) -> Self {
        let minutes = |dice: &mut Dice, low, high| TimeDelta::minutes(dice.range(low, high));
        let screened = applied_at + minutes(dice, 40, 2_600);
        let invited = screened + minutes(dice, 30, 1_900);
        let attended = office_hour_after(dice, invited, 1, 4);
        let offered = attended + minutes(dice, 120, 5_000);
        let accepted = offered + minutes(dice, 60, 4_000);
        let onboarded = office_hour_after(dice, accepted, 3, 14);
        let passed = office_hour_after(dice, onboarded, 58, 75);
        Self { applied_at, at: [screened, invited, attended, offered, accepted, onboarded, passed], depth: 0 }
    }

    /// The instant of the last stage entered.
    pub(crate) fn last_at(&self) -> DateTime<Utc> {
        self.depth.checked_sub(1).map_or(self.applied_at, |last| self.at[last])
    }
}

/// Lets exactly the wanted thousandths of all ways reach each stage, deepest first, chosen at random
/// among those that are old enough to be there by `now`.
pub(crate) fn advance(dice: &mut Dice, ways: &mut [Way], reach: &[u32; 7], now: DateTime<Utc>) {
    let mut order: Vec<usize> = (0..ways.len()).collect();
    dice.shuffle(&mut order);
    let mut placed = 0;
    for depth in (1..=LADDER.len()).rev() {
        let wanted = (ways.len() * reach[depth - 1] as usize + 500) / 1000;
        for &index in &order {
            if placed >= wanted {
                break;
            }
            let way = &mut ways[index];
            if way.depth == 0 && way.at[depth - 1] < now {
                way.depth = depth;
                placed += 1;
            }
        }
    }
}
