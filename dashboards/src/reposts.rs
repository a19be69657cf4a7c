//! The plan of reposts as csv.

use inflow_store::RepostSlotRow;

const HEADER: [&str; 18] = [
    "slot",
    "at",
    "local",
    "timezone",
    "channel",
    "connection",
    "posting",
    "title",
    "drawn",
    "reason",
    "reason_en",
    "gain",
    "gain_low",
    "gain_high",
    "cost",
    "currency",
    "state",
    "outcome",
];

/// Slots as csv with a header line.
///
/// # Errors
/// When it cannot be written.
pub fn csv(slots: &[RepostSlotRow]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for slot in slots {
        writer.write_record([
            slot.slot.clone(),
            slot.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            slot.local.clone(),
            slot.timezone.clone(),
            slot.channel.clone(),
            slot.connection.clone(),
            slot.posting_source_id.clone(),
            slot.title.clone(),
            (!slot.hours.is_empty()).to_string(),
            slot.reason.clone(),
            slot.reason_en.clone(),
            number(slot.gain),
            number(slot.gain_low),
            number(slot.gain_high),
            slot.cost.to_string(),
            slot.currency.clone(),
            slot.state.as_str().to_owned(),
            slot.call.outcome.clone(),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
