//! `inflow plan`

mod budget;
mod carry;
mod demand;
mod groups;
mod recommend;
mod repost;
mod series;

pub use budget::budget;
pub use carry::{carry_out, given_up, is_any as is_any_automatic};
pub use demand::demand;
pub use recommend::recommend;
pub use repost::{SCHEDULE as REPOST_SCHEDULE, hand_out as hand_out_reposts, last as last_repost_plan, pass as repost_pass, repost};

use inflow_config::{Config, Lang};

fn pick<'t>(lang: Lang, en: &'t str, zh: &'t str) -> &'t str {
    if lang == Lang::Zh { zh } else { en }
}

/// What people call a channel.
fn channel_name<'t>(lang: Lang, config: &'t Config, channel: &'t str) -> &'t str {
    config.channel(channel).map_or(channel, |known| pick(lang, &known.name.en, &known.name.zh))
}
