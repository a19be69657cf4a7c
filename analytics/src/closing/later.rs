//! `later_costs`: what became known of closed months after they were closed.

use super::books::Books;
use crate::AnalyticsError;
use crate::analyze::Marts;

/// Makes it anew for the closings there are. To be called whenever `spend_days` was made anew.
pub(crate) async fn rebuild_later(marts: &Marts<'_>) -> Result<(), AnalyticsError> {
    let books = Books::read(marts.store).await?;
    // While nothing was ever closed the table has no rows.
    if books.generation() == 0 { Ok(()) } else { rebuild_for(marts, &[&books]).await }
}

/// Makes it for several states of the books at once: whichever is noted, its rows are there. Others are passed over by their generation.
pub(super) async fn rebuild_for(marts: &Marts<'_>, states: &[&Books]) -> Result<(), AnalyticsError> {
    let selects: Vec<String> = states.iter().filter_map(|books| select(books)).collect();
    if selects.is_empty() { marts.empty("later_costs").await } else { marts.rebuild_in_parts("later_costs", &selects, &[]).await }
}

fn select(books: &Books) -> Option<String> {
    let open_day = books.open_day()?;
    let in_force: Vec<String> = books.in_force().map(|row| format!("(toDate('{}'), toUInt32({}))", row.month, row.number)).collect();
    Some(
        include_str!("../../sql/marts/later_costs.sql")
            .replace("$generation", &books.generation().to_string())
            .replace("$open_day", &open_day.to_string())
            .replace("$in_force", &in_force.join(", ")),
    )
}
