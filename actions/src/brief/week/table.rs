//! The table of channels.

use inflow_config::{Config, Lang};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{badge, escape};
use crate::brief::facts::{Facts, Figure, Figures, Row, channels as all_channels, of_channel, of_stage, whole};
use crate::brief::text::FEWEST;
use crate::words::{change, channel, count, money, pick, value};

/// A row for each channel, and the whole beneath.
pub fn channels(facts: &Facts, config: &Config, lang: Lang) -> String {
    let (now, before) = (&facts.counts, &facts.before);
    let ids = all_channels(&[&now.volume.channels, &now.spend.channels]);
    let most = ids
        .iter()
        .filter_map(|id| Figure::of(of_channel(&now.volume.channels, id), "applications").value)
        .max()
        .filter(|most| !most.is_zero())
        .unwrap_or(Decimal::ONE);
    let line = |id: Option<&str>| {
        let pick_row = |figures: &'_ Figures| id.map_or_else(|| whole(&figures.whole), |id| of_channel(&figures.channels, id)).cloned();
        let stage = |stage: &str| match id {
            Some(id) => facts.dated(Figure::of(of_stage(&now.activity.channels, id, stage), "events"), id, stage),
            None => Figure::of(of_stage(&now.activity.whole, "", stage), "events"),
        };
        let entered = |name: &str| match stage(name) {
            Figure { value: None, status, .. } if status != "no_data" => {
                format!("<td><span class=\"none\">{}</span></td>", pick(lang, "day unknown", "日期不详"))
            }
            figure => format!("<td>{}</td>", plain(figure, lang, &count)),
        };
        let cost = |figures: &Option<Figures>| figures.as_ref().and_then(pick_row);
        let (volume, old, spend) = (pick_row(&now.volume), pick_row(&before.volume), pick_row(&now.spend));
        let (came, came_before) = (Figure::of(volume.as_ref(), "applications"), Figure::of(old.as_ref(), "applications"));
        // What no channel can be named for has cost and no people.
        let nobody = id == Some("unallocated") && volume.is_none();
        let name = id.map_or_else(|| pick(lang, "All", "合计").to_owned(), |id| channel(config, lang, id));
        let bar = came.value.and_then(|number| (number / most * Decimal::from(90)).to_f64()).filter(|_| id.is_some());
        let bar = bar.map(|width| format!("<i style=\"width:{width:.0}%\"></i>")).unwrap_or_default();
        let by = match (came.value, came_before.value) {
            (Some(number), Some(old)) if came.is_whole() && came_before.is_whole() => {
                // Of a handful a share says more than is known.
                let difference = number - old;
                let plus = if difference > Decimal::ZERO { "+" } else { "" };
                if number.max(old) >= FEWEST { change(number, old) } else { Some(format!("{plus}{}", count(difference))) }
            }
            _ => None,
        };
        let currency = facts.currency(config);
        let in_money = |amount: Decimal| money(amount, currency);
        let cells = [
            format!(
                "<td>{}{}</td>",
                escape(&name),
                badge(Figure { status: if came.status == "few" { "ok" } else { came.status }, ..came }, lang)
            ),
            if nobody { none() } else { format!("<td class=\"bar\">{bar}<b>{}</b></td>", plain(came, lang, &count)) },
            if nobody { none() } else { format!("<td>{}</td>", plain(came_before, lang, &count)) },
            format!("<td>{}</td>", by.map_or_else(|| "<span class=\"none\">–</span>".to_owned(), |by| escape(&by))),
            if nobody { none() } else { entered("attended") },
            if nobody { none() } else { entered("onboarded") },
            format!("<td>{}</td>", plain(Figure::of(spend.as_ref(), "amount"), lang, &in_money)),
            ranged(cost(&now.per_resume).as_ref(), lang, &in_money),
            ranged(cost(&now.per_onboarded).as_ref(), lang, &in_money),
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    };
    let heads = if lang == Lang::Zh {
        ["渠道", "简历", "上周", "变化", "到面", "入职", "花费", "单份简历成本<br>(95% 区间)", "单人入职成本<br>(95% 区间)"]
    } else {
        [
            "Channel",
            "Resumes",
            "Before",
            "Change",
            "Attended",
            "Onboarded",
            "Spend",
            "Cost per resume<br>(95% interval)",
            "Cost per hire<br>(95% interval)",
        ]
    };
    let heads = format!("<th>{}</th>", heads.join("</th><th>"));
    let body: String = ids.iter().map(|id| line(Some(id))).collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody><tfoot>{}</tfoot></table></div>\n",
        line(None)
    )
}

fn none() -> String {
    "<td><span class=\"none\">–</span></td>".to_owned()
}

/// A count or an amount; what was not delivered is hatched.
fn plain(figure: Figure<'_>, lang: Lang, shown: &dyn Fn(Decimal) -> String) -> String {
    match figure.value.filter(|_| figure.status != "no_data") {
        Some(number) => escape(&shown(number)),
        None if figure.status == "no_data" => format!("<span class=\"nd\">{}</span>", pick(lang, "no data", "无数据")),
        None => "<span class=\"none\">–</span>".to_owned(),
    }
}

/// A cost with its interval beneath; one that rests on few cases is set lightly.
fn ranged(row: Option<&Row>, lang: Lang, shown: &dyn Fn(Decimal) -> String) -> String {
    let figure = Figure::of(row, "value");
    let text = plain(figure, lang, shown);
    let text = if figure.status == "few" && figure.value.is_some() {
        format!("<span class=\"few\">{text} {}</span>", pick(lang, "few", "样本少"))
    } else {
        text
    };
    let interval =
        figure.value.and(row).filter(|_| figure.status != "no_data").and_then(|row| Some((value(row, "low")?, value(row, "high")?)));
    let interval = interval.map(|(low, high)| format!("<span class=\"ci\">{} – {}</span>", escape(&shown(low)), escape(&shown(high))));
    format!("<td class=\"tight\">{text}{}</td>", interval.unwrap_or_default())
}
