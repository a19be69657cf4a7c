//! The `seed` scenario in numbers: five shops, twelve channels, and the stories that must show.
//!
//! - 美妆店 (cosmetics): BOSS brings 60 % of the resumes and 40 % of them come to an interview;
//!   智联 25 % and 25 %; 抖音 15 %, and the youngest people.
//! - 家电店 (appliances): weekdays bring twice a weekend day, 18:00-21:00 is the peak, and 51job
//!   drops suddenly on 28 September.
//! - 食品店 (food), 服装店 (clothing), 餐饮连锁 (a chain of fifty restaurants): volume for the rest.

use chrono::{DateTime, NaiveDate, Utc};

use super::calendar::{Habit, Span, instant};

/// How a channel's applications reach the company's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    Moka,
    Lever,
    File,
}

/// A channel of the scenario.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: &'static str,
    pub(crate) en: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) route: Route,
    /// Spellings under which the delivering system names it.
    pub(crate) words: &'static [&'static str],
    /// Years of birth.
    pub(crate) born: (i64, i64),
}

const fn channel_of(
    id: &'static str,
    en: &'static str,
    zh: &'static str,
    route: Route,
    words: &'static [&'static str],
    born: (i64, i64),
) -> Channel {
    Channel { id, en, zh, route, words, born }
}

pub(crate) static CHANNELS: [Channel; 12] = [
    channel_of("boss", "BOSS Zhipin", "BOSS直聘", Route::Moka, &["BOSS直聘", "Boss直聘", "boss直聘"], (1988, 2006)),
    channel_of("zhaopin", "Zhaopin", "智联招聘", Route::Moka, &["智联招聘", "智联"], (1982, 2002)),
    channel_of("liepin", "Liepin", "猎聘", Route::Moka, &["猎聘"], (1980, 1998)),
    channel_of("job51", "51job", "前程无忧", Route::Moka, &["前程无忧", "51job"], (1980, 2002)),
    channel_of("douyin", "Douyin jobs", "抖音招聘", Route::File, &["抖音"], (2000, 2008)),
    channel_of("kuaishou", "Kuaishou jobs", "快手快聘", Route::File, &["快手"], (1985, 2006)),
    channel_of("lagou", "Lagou", "拉勾", Route::Moka, &["拉勾", "拉勾网"], (1986, 2001)),
    channel_of("wuba58", "58.com", "58同城", Route::File, &["58同城"], (1975, 2004)),
    channel_of("linkedin", "LinkedIn", "领英", Route::Lever, &["LinkedIn"], (1982, 2000)),
    channel_of("indeed", "Indeed", "Indeed", Route::Lever, &["Indeed"], (1982, 2002)),
    channel_of("referral", "Referral", "内推", Route::Lever, &["Referral"], (1982, 2004)),
    channel_of("career_site", "Career site", "官网", Route::Lever, &["Company website"], (1984, 2004)),
];

/// The channel of this id.
pub(crate) fn channel(id: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.id == id)
}

/// A shop of the company: a value of `store`.
#[derive(Debug)]
pub(crate) struct Shop {
    /// In names of files, boards and connections.
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) titles: &'static [&'static str],
    /// Departments, or none for the chain, whose restaurants take their place.
    pub(crate) departments: &'static [&'static str],
    pub(crate) cities: &'static [&'static str],
    pub(crate) pay: (u32, u32),
    pub(crate) lines: &'static [Line],
}

impl Shop {
    /// The departments; fifty restaurants for the chain.
    pub(crate) fn departments(&self) -> Vec<String> {
        if self.departments.is_empty() {
            return (1..=50).map(|number| format!("门店{number:02}")).collect();
        }
        self.departments.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// What one shop gets from one channel.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) channel: &'static str,
    /// Applications with a resume.
    pub(crate) resumes: usize,
    /// Cases that stay at a chat, without a resume.
    pub(crate) chats: usize,
    /// Cases that stay at a look at the posting.
    pub(crate) views: usize,
    /// Of the resumes, the thousandths that reach screened, invited, attended, offered, accepted,
    /// onboarded, passed probation.
    pub(crate) reach: [u32; 7],
    pub(crate) habit: &'static Habit,
}

const fn line(channel: &'static str, resumes: usize, reach: [u32; 7]) -> Line {
    Line { channel, resumes, chats: 0, views: 0, reach, habit: &Habit::USUAL }
}

impl Line {
    const fn chats(mut self, chats: usize) -> Self {
        self.chats = chats;
        self
    }

    const fn views(mut self, views: usize) -> Self {
        self.views = views;
        self
    }

    const fn habit(mut self, habit: &'static Habit) -> Self {
        self.habit = habit;
        self
    }
}

const STRONG: [u32; 7] = [720, 540, 400, 170, 140, 110, 40];
const FAIR: [u32; 7] = [600, 430, 300, 120, 95, 75, 25];
const WEAK: [u32; 7] = [520, 360, 250, 85, 65, 50, 18];
const WARM: [u32; 7] = [860, 720, 600, 330, 290, 250, 0];
const OFFICE: [u32; 7] = [540, 380, 280, 110, 85, 60, 0];

// 51job changes its ranking on that day: an eighth of the usual remains.
const DROP: Habit = Habit {
    drop: match NaiveDate::from_ymd_opt(2026, 9, 28) {
        Some(day) => Some((day, 0.12)),
        None => None,
    },
    ..Habit::EVENING
};

pub(crate) static SHOPS: [Shop; 5] = [
    Shop {
        slug: "cosmetics",
        name: "美妆店",
        titles: &["美妆电商客服", "售前客服", "直播助理", "店铺运营", "仓库打包员"],
        departments: &["客服部", "运营部", "仓储部"],
        cities: &["杭州", "上海"],
        pay: (4500, 9000),
        lines: &[line("boss", 1440, STRONG).chats(260), line("zhaopin", 600, WEAK), line("douyin", 360, FAIR).views(90)],
    },
    Shop {
        slug: "appliances",
        name: "家电店",
        titles: &["家电客服", "售后工程师", "安装技师", "平面设计", "渠道销售"],
        departments: &["客服部", "售后部", "销售部"],
        cities: &["佛山", "广州", "深圳"],
        pay: (5000, 12000),
        lines: &[
            line("zhaopin", 420, WEAK).habit(&Habit::EVENING),
            line("job51", 480, FAIR).habit(&DROP),
            line("liepin", 240, OFFICE).habit(&Habit::EVENING),
            line("wuba58", 400, WEAK).habit(&Habit::EVENING),
            line("kuaishou", 360, FAIR).views(60).habit(&Habit::EVENING),
        ],
    },
    Shop {
        slug: "food",
        name: "食品店",
        titles: &["夜班客服", "食品质检员", "仓库管理员", "配送调度", "电商运营"],
        departments: &["客服部", "质检部", "物流部"],
        cities: &["郑州", "武汉"],
        pay: (4200, 8000),
        lines: &[
            line("boss", 860, STRONG).chats(140),
            line("douyin", 400, FAIR).views(80),
            line("kuaishou", 300, FAIR),
            line("wuba58", 420, WEAK),
            line("referral", 200, WARM),
        ],
    },
    Shop {
        slug: "clothing",
        name: "服装店",
        titles: &["服装电商客服", "陈列师", "打版师", "买手", "数据分析师"],
        departments: &["客服部", "设计部", "商品部"],
        cities: &["广州", "杭州", "北京"],
        pay: (5000, 15000),
        lines: &[
            line("boss", 560, FAIR).chats(90),
            line("zhaopin", 340, WEAK),
            line("douyin", 280, FAIR),
            line("lagou", 200, OFFICE),
            line("linkedin", 220, OFFICE).chats(120),
            line("indeed", 180, OFFICE),
            line("career_site", 150, OFFICE),
        ],
    },
    Shop {
        slug: "chain",
        name: "餐饮连锁",
        titles: &["服务员", "后厨帮工", "收银员", "值班经理", "外卖打包员"],
        departments: &[],
        cities: &["北京", "上海", "成都", "重庆", "西安", "南京"],
        pay: (3800, 7500),
        lines: &[
            line("boss", 980, STRONG).chats(160),
            line("wuba58", 700, FAIR),
            line("kuaishou", 600, FAIR).views(120),
            line("douyin", 520, FAIR).views(110),
            line("zhaopin", 320, WEAK),
            line("job51", 260, WEAK),
            line("referral", 260, WARM),
            line("career_site", 240, OFFICE),
        ],
    },
];

/// How many postings a channel shows for each shop, in the order of [`SHOPS`].
pub(crate) const POSTINGS: [(&str, [usize; 5]); 11] = [
    ("boss", [70, 60, 70, 60, 150]),
    ("zhaopin", [40, 40, 0, 40, 45]),
    ("liepin", [0, 60, 0, 0, 0]),
    ("job51", [0, 70, 0, 0, 50]),
    ("douyin", [50, 0, 50, 40, 60]),
    ("kuaishou", [0, 45, 40, 0, 60]),
    ("lagou", [0, 0, 0, 50, 0]),
    ("wuba58", [0, 50, 50, 0, 80]),
    ("linkedin", [0, 0, 40, 60, 40]),
    ("indeed", [0, 0, 0, 40, 0]),
    ("career_site", [0, 0, 0, 40, 50]),
];

/// 26 whole weeks, Sunday to Saturday.
pub(crate) fn span() -> Span {
    let first = NaiveDate::from_ymd_opt(2026, 5, 3).unwrap_or_default();
    let last = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap_or_default();
    Span { first, last }
}

/// Half past eleven in the evening of the last day: what is only seen by then still falls on it.
pub(crate) fn now() -> DateTime<Utc> {
    instant(span().last, 23, 30, 0)
}
