//! Advertisements.

use super::{Mapper, Read, fault};
use crate::frame::{Cell, Row};
use crate::normalise::place::PlaceKind;
use crate::normalise::{company, pay, place, text, title};
use crate::{tables, version};
use inflow_connectors::landing::Line;
use inflow_connectors::spec::{Scope, TimeFormat};
use rust_decimal::Decimal;

impl Mapper {
    /// The posting, and what its state tells of being put up and taken down.
    pub(super) fn posting(&self, line: &Line) -> Read<(Row, Vec<Row>)> {
        let scope = self.scope(line);
        let version = self.version(line, &scope)?;
        let mut row = Self::row(&tables::POSTINGS, &line.id, version, false);
        self.fill(&mut row, &scope)?;
        self.keep_posted_text(&mut row, &scope);
        let channel = self.channels.of_posting(row.get_text("channel"));
        row.text("channel", channel);
        if row.get_text("title").is_empty() {
            return Err(fault("title", "a posting without a title"));
        }
        let (normal, level) = (title::normalise(row.get_text("title")), title::level(row.get_text("title")));
        let company = text::squeeze(row.get_text("company"));
        let company_normal = company::normalise(&company);
        row.text("title_normal", normal).text("level", level.as_str()).text("company", company).text("company_normal", company_normal);
        let reasons: Vec<String> = [set_place(&mut row), set_pay(&mut row)].into_iter().flatten().collect();
        row.set("reasons", Cell::Texts(reasons.iter().collect()));
        if row.get_text("status").is_empty() {
            row.text("status", "open");
        }
        if line.gone {
            row.text("status", "closed");
            // A posting taken down before its announced end closed when it was missed.
            let announced = matches!(row.get("closed_at"), Cell::Instant(end) if *end > self.fetched_at.timestamp_millis());
            if announced || matches!(row.get("closed_at"), Cell::Null) {
                row.set("closed_at", Cell::Instant(self.fetched_at.timestamp_millis())).text("closed_precision", "observed");
            }
        }
        row.set("content_hash", Cell::Unsigned(content_hash(&row)));
        let events = self.posting_events(line, &row, version);
        Ok((row, events))
    }

    /// What a state of a posting tells of its life. An announced end is none: it may be put off.
    fn posting_events(&self, line: &Line, posting: &Row, version: u64) -> Vec<Row> {
        let at = |column: &str| if let Cell::Instant(ms) = posting.get(column) { Some(*ms) } else { None };
        let (posted, updated) = (at("posted_at"), at("updated_at"));
        let mut told = Vec::new();
        match posting.get_text("status") {
            // Taken out of sight.
            "draft" | "internal" => told.extend(updated.map(|ms| ("closed", ms, "exact"))),
            "closed" => {
                told.extend(posted.map(|ms| ("opened", ms, posting.get_text("posted_precision"))));
                let closed = at("closed_at").map(|ms| (ms, posting.get_text("closed_precision")));
                told.extend(closed.or(updated.or(posted).map(|ms| (ms, "exact"))).map(|(ms, precision)| ("closed", ms, precision)));
            }
            _ => {
                told.extend(posted.map(|ms| ("opened", ms, posting.get_text("posted_precision"))));
                told.extend(updated.filter(|ms| posted.is_some_and(|posted| *ms > posted)).map(|ms| ("refreshed", ms, "exact")));
                // Listed again after it was gone.
                told.extend(line.back.then(|| ("opened", self.fetched_at.timestamp_millis(), "observed")));
            }
        }
        let row = |(event, ms, precision): (&str, i64, &str)| {
            let mut row = Self::row(&tables::POSTING_EVENTS, &format!("{event}/{ms}"), version, false);
            row.text("posting_source_id", line.id.clone())
                .text("event", event)
                .set("occurred_at", Cell::Instant(ms))
                .text("precision", precision);
            row
        };
        told.into_iter().map(row).collect()
    }

    /// A time that is told to people (`3天前发布`, `Posted 30+ Days Ago`) stays beside what was made of it: some of it is
    /// only a bound, of which nothing is made.
    fn keep_posted_text(&self, row: &mut Row, scope: &Scope<'_>) {
        let Some(field) = self.stream.fields.get("posted_at") else { return };
        if *field.format.as_ref().unwrap_or(&self.stream.time_format) == TimeFormat::Relative
            && let Some(text) = field.paths.iter().find_map(|path| scope.text(path, None))
        {
            row.text("posted_text", text);
        }
    }
}

/// Equal for postings that say the same in other words: a repost, or the same advertisement on another board.
fn content_hash(row: &Row) -> u64 {
    // A place or a pay that was not read stands for itself.
    let place = if row.get_text("city").is_empty() { text::squeeze(row.get_text("place")) } else { String::new() };
    let was_read = !matches!((row.get("pay_min"), row.get("pay_max")), (Cell::Null, Cell::Null));
    let pay = if was_read { String::new() } else { text::squeeze(row.get_text("pay_text")) };
    let [title, company, city, district, currency, period, min, max, months, body] =
        ["title_normal", "company_normal", "city", "district", "pay_currency", "pay_period", "pay_min", "pay_max", "pay_months", "body"]
            .map(|column| row.get_text(column));
    version::content_hash(&[title, company, city, district, &place, currency, period, min, max, months, &pay, body])
}

/// Fills the columns of the place from its text, and says why there is no city. A city that the mapping gives stays, by the
/// name that the gazetteer has for it.
fn set_place(row: &mut Row) -> Option<String> {
    let mut read = place::read(row.get_text("place"));
    let given = row.get_text("city").to_owned();
    if !given.is_empty() {
        let own = place::read(&given);
        if own.known && (own.city != read.city || own.country != read.country) {
            read = own;
        } else if !own.known {
            read = place::Places { city: given, kind: PlaceKind::City, country: own.country, ..place::Places::default() };
        }
    }
    let reason = read.reason().map(|reason| format!("place: {reason}"));
    if row.get_text("country").is_empty() {
        row.text("country", read.country);
    }
    row.text("place_kind", read.kind.as_str()).text("province", read.province).text("city", read.city).text("district", read.district);
    reason
}

/// Fills the pay columns from the pay text where the mapping did not give numbers, and says why it could not.
pub(super) fn set_pay(row: &mut Row) -> Option<String> {
    let has_numbers = !matches!((row.get("pay_min"), row.get("pay_max")), (Cell::Null, Cell::Null));
    if has_numbers || row.get_text("pay_text").is_empty() {
        return None;
    }
    match pay::parse(row.get_text("pay_text")) {
        Ok(pay) => {
            let cell = |number: Option<Decimal>| number.map_or(Cell::Null, |n| Cell::Text(n.to_string()));
            row.set("pay_min", cell(pay.min))
                .set("pay_max", cell(pay.max))
                .set("pay_months", cell(pay.months))
                .text("pay_currency", pay.currency)
                .text("pay_period", pay.period.as_str());
            None
        }
        Err(reason) => Some(format!("pay: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{content_hash, set_pay, set_place};
    use crate::frame::{Cell, Row};
    use crate::tables;
    use rstest::rstest;

    fn row(cells: &[(&str, &str)]) -> Row {
        let mut row = Row::new(&tables::POSTINGS);
        for (column, text) in cells {
            row.text(column, *text);
        }
        row
    }

    #[rstest]
    #[case("", "深圳南山区", "CN/广东/深圳/南山/city", None)]
    #[case("深圳市", "", "CN/广东/深圳//city", None)]
    #[case("深圳", "深圳·南山区·西丽", "CN/广东/深圳/南山/city", None)]
    #[case("Nowhere Town", "", "//Nowhere Town//city", Some("place: not in the gazetteer"))]
    #[case("", "幸福里三号楼", "////unknown", Some("place: not in the gazetteer"))]
    #[case("", "鼓楼区", "CN///鼓楼/unknown", Some("place: a name of several places"))]
    #[case("", "3 Locations", "////several", None)]
    #[case("", "", "////", None)]
    fn a_place_is_read_or_says_why_not(#[case] city: &str, #[case] place: &str, #[case] expected: &str, #[case] reason: Option<&str>) {
        let mut row = row(&[("city", city), ("place", place)]);
        assert_eq!(set_place(&mut row).as_deref(), reason);
        assert_eq!(["country", "province", "city", "district", "place_kind"].map(|column| row.get_text(column)).join("/"), expected);
    }

    #[rstest]
    #[case("15-25K", None)]
    #[case("", None)]
    #[case("面议", Some("pay: not stated"))]
    #[case("XQZ 5000", Some("pay: currency not known"))]
    fn a_pay_is_read_or_says_why_not(#[case] text: &str, #[case] reason: Option<&str>) {
        let mut row = row(&[("pay_text", text)]);
        assert_eq!(set_pay(&mut row).as_deref(), reason);
        assert_eq!(matches!(row.get("pay_min"), Cell::Null), text != "15-25K");
    }

    #[test]
    fn a_reworded_place_and_pay_are_the_same_content() {
        let hash = |place: &str, pay: &str| {
            let mut row = row(&[("title_normal", "店长"), ("place", place), ("pay_text", pay), ("body", "门店管理")]);
            let _ = (set_place(&mut row), set_pay(&mut row));
            content_hash(&row)
        };
        assert_eq!(hash("上海-浦东新区", "8-12K"), hash("上海市浦东新区", "8千-1.2万"));
        assert_ne!(hash("上海", "8-12K"), hash("北京", "8-12K"));
        assert_ne!(hash("上海", "8-12K"), hash("上海", "8-13K"));
    }
}
