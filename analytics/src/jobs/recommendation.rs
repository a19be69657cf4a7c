//! `recommendations` and `recommendation_model`: open applications with their scores and reasons, and what the scores are worth.

use super::Desk;
use crate::AnalyticsError;
use crate::recommendation::{ModelCard, Recommended, advise};

/// Name of the job and of the table of scores.
pub(crate) const TABLE: &str = "recommendations";
const MODEL: &str = "recommendation_model";

pub(crate) async fn run(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let Some(reference) = &desk.config.settings.recommendation.impact_assessment else { return switched_off(desk).await };
    let (card, rows) = advise(desk, reference).await?;
    desk.write(TABLE, &rows).await?;
    desk.write(MODEL, &[card]).await
}

/// Nobody's score outlives the setting.
async fn switched_off(desk: &Desk<'_>) -> Result<(), AnalyticsError> {
    let sql = desk.marts.here("SELECT toUInt8(count() > 0) AS made FROM inflow.recommendation_model");
    let rows = desk.marts.store.rows(&sql, &[]).await.map_err(AnalyticsError::store("cannot read the model of recommendations"))?;
    if rows.first().and_then(|row| row.get("made")?.as_u64()) != Some(1) {
        return Ok(());
    }
    desk.write::<Recommended>(TABLE, &[]).await?;
    desk.write::<ModelCard>(MODEL, &[]).await
}
