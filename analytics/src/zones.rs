//! Days and hours in each channel's own zone, as marts write them down.

use std::collections::BTreeMap;

use inflow_config::Config;
use inflow_store::quote_text;

/// The zones in use: the company's, and those of channels that have another.
pub(crate) struct Zones {
    company: String,
    /// Zone to its channels, quoted.
    others: BTreeMap<String, Vec<String>>,
}

impl Zones {
    /// Those of a configuration. Channels that it does not know are in the company's zone.
    pub(crate) fn new(config: &Config) -> Self {
        let company = config.settings.company.timezone;
        let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for channel in &config.channels {
            if let Some(zone) = channel.timezone.filter(|zone| *zone != company) {
                others.entry(quote_text(zone.name())).or_default().push(quote_text(&channel.id));
            }
        }
        Self { company: quote_text(company.name()), others }
    }

    /// Puts expressions in the place of `$zone` (the zone of the column `channel`), `$local_day(column)` and `$local_hour(column)` (of an
    /// instant in that zone).
    pub(crate) fn written_into(&self, sql: &str) -> String {
        let mut out = sql.replace("$zone", &self.each(str::to_owned));
        for (name, function) in [("$local_day(", "toDate"), ("$local_hour(", "toHour")] {
            while let Some((before, after)) = out.split_once(name) {
                let (column, rest) = after.split_once(')').unwrap_or((after, ""));
                out = format!("{before}{}{rest}", self.each(|zone| format!("{function}({column}, {zone})")));
            }
        }
        out
    }

    /// An expression whose value is that of the channel's zone.
    fn each(&self, expression: impl Fn(&str) -> String) -> String {
        let company = expression(&self.company);
        if self.others.is_empty() {
            return company;
        }
        let branches: Vec<String> =
            self.others.iter().map(|(zone, channels)| format!("channel IN ({}), {}, ", channels.join(", "), expression(zone))).collect();
        format!("multiIf({}{company})", branches.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_read_in_its_own_zone() {
        let mut zones = Zones { company: quote_text("Asia/Shanghai"), others: BTreeMap::new() };
        assert_eq!(zones.written_into("$local_day(at) AS day, $zone AS z"), "toDate(at, 'Asia/Shanghai') AS day, 'Asia/Shanghai' AS z");
        zones.others.insert(quote_text("America/New_York"), vec![quote_text("indeed"), quote_text("lever")]);
        assert_eq!(
            zones.written_into("$local_hour(at)"),
            "multiIf(channel IN ('indeed', 'lever'), toHour(at, 'America/New_York'), toHour(at, 'Asia/Shanghai'))"
        );
    }
}
