//! 4 Heat and posting time.

use super::{Ask, Dashboard, Kind, Panel, Reads, figure, table, words};
use crate::grafana::words::Words;

fn week(metric: &str, column: &'static str, title: Words, says: Words) -> Panel {
    Panel::of(Kind::Week, (24, 9), title, says, Ask::new(metric, "", column))
}

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "heat",
        reads: Reads::Store,
        title: words("Heat and posting time", "热度与发布时段"),
        says: words("At which hours people apply and postings go out.", "什么时段有人投递、什么时段在发布。"),
        panels: vec![
            week(
                "application_heat",
                "count",
                words("When people apply", "投递时段"),
                words(
                    "Resumes by weekday and hour in the zone that is chosen. It follows when postings are live: see the rate below before moving a schedule.",
                    "按星期与小时的简历数(所选时区)。受职位在线时间影响,调整排期前请先看下方的比率。",
                ),
            ),
            week(
                "application_heat",
                "shrunk",
                words("Resumes per live posting hour", "每在线职位小时的简历"),
                words(
                    "The same per hour that a posting was live, drawn towards all channels where little is known. A dash: no posting was live in that hour.",
                    "按职位在线小时计的比率,数据少时向全渠道收缩。短横表示该小时没有在线职位。",
                ),
            ),
            week(
                "posting_heat",
                "count",
                words("When postings go out", "发布时段"),
                words(
                    "Postings put up by weekday and hour. It says what was done, not what works.",
                    "按星期与小时的发布数。反映做了什么,而非什么有效。",
                ),
            ),
            Panel::of(
                Kind::Stat,
                (12, 4),
                words("Resumes in the heat", "热度所计简历"),
                words(
                    "How many resumes the cells hold, and how many are left out because only their day is known. Many left out: the heat is of the rest alone.",
                    "格内简历数,以及因仅知日期而未计入者。未计入者多时,热度仅代表其余部分。",
                ),
                Ask::new("application_heat", "", "total left_out status"),
            )
            .only(&[("weekday", &["1"]), ("hour", &["0"])]),
            Panel::of(
                Kind::Stat,
                (12, 4),
                words("Postings in the heat", "热度所计发布"),
                words(
                    "How many postings the cells hold, and how many are left out because only their day is known. Many left out: the hours above are of the rest alone.",
                    "格内发布数,以及因仅知日期而未计入者;未计入者多时请勿据此判断时段。",
                ),
                Ask::new("posting_heat", "", "total left_out status"),
            )
            .only(&[("weekday", &["1"]), ("hour", &["0"])]),
            table(
                "posting_time",
                "channel",
                "hour basis proof lift lift_low lift_high measured drawn peak_from peak_to peak_share applications status",
                words("At which hour to post", "何时发布"),
                words(
                    "The suggested hour and its measured lift over hours drawn at random. Unproven is a hint from when people apply, which is not yet when to post.",
                    "建议时点及其相对随机时点的实测提升。未证实者仅据投递高峰推测,人们何时投递并不等于何时该发布。",
                ),
            )
            .of_all_stores(),
            figure(
                "posting_time",
                "drawn left_out",
                words("Reposts that measured it", "用于实测的重发"),
                words(
                    "Reposts at hours drawn at random, without which no hour can be proven. None: nothing is measured yet.",
                    "在随机时点进行的重发;没有它们无法证实任何时段。为零表示尚未开始实测。",
                ),
            )
            .of_all_stores(),
        ],
    }
}
