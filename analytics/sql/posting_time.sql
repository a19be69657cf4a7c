-- id: posting_time
-- version: 1
-- title.en: Posting time
-- title.zh: 发布时段建议
-- numerator: applications in the 24 hours after reposts at the suggested hour, a mean of each repost
-- denominator: the same of reposts whose working hour was drawn at random (lift is the one over the other); half of the drawn ones choose the hour and the other half measure it, so that the choice has no luck left in it
-- clock: the instant of the repost, its hour in the zone of the channel, as of the last analysis; the report's period does not matter
-- exclusions: reposts younger than 24 hours or followed within them by another of the same posting (left_out); applications known only to the day; the interval of the peak does not know that the best of all hours was chosen
-- dimensions: channel
-- default_by: channel
-- columns: hour, basis, proof, lift, lift_low, lift_high, measured, against, drawn, left_out, peak_from, peak_to, peak_share, peak_low, peak_high, applications, status, covered
-- shares: peak_share, peak_low, peak_high
-- meaning.en: At which hour to post: the measured lift of the suggested hour over working hours drawn at random, with its 95 % interval. Until an interval lies above 1 (8 reposts and 20 people a side at least) it is unproven, and the three hours in which most people apply (peak, last 91 days) are a hint only: when people apply is not yet when to post.
-- meaning.zh: 何时发布:建议时段相对随机工作时段的实测提升及其 95 % 区间。区间高于 1 之前(每侧至少 8 次重发、20 人)标为 unproven;投递最集中的三小时(peak,近 91 天)仅供参考:人们何时投递并不等于何时该发布。
SELECT
    if(has({by:Array(String)}, 'channel'), toString(channel), '') AS channel, '' AS store, {from:Date} AS period,
    -- Several channels have no one hour.
    if(count() = 1, any(p.hour), NULL) AS hour, if(count() = 1, toString(any(p.basis)), '') AS basis,
    multiIf(count() = 1, toString(any(p.proof)), uniqExact(p.proof) = 1, toString(any(p.proof)), 'mixed') AS proof,
    if(count() = 1, any(p.lift), NULL) AS lift, if(count() = 1, any(p.lift_low), NULL) AS lift_low, if(count() = 1, any(p.lift_high), NULL) AS lift_high,
    sum(p.measured) AS measured, sum(p.against) AS against, sum(p.drawn) AS drawn, sum(p.left_out) AS left_out,
    if(count() = 1, any(p.peak_from), NULL) AS peak_from, if(count() = 1, any(p.peak_to), NULL) AS peak_to,
    if(count() = 1, any(p.peak_share), NULL) AS peak_share, if(count() = 1, any(p.peak_low), NULL) AS peak_low,
    if(count() = 1, any(p.peak_high), NULL) AS peak_high, sum(p.applications) AS applications,
    multiIf(
        count() = 1, toString(any(p.status)), countIf(p.status = 'no_data') = count(), 'no_data',
        countIf(p.status IN ('partial', 'no_data')) > 0, 'partial', countIf(p.status = 'ok') = 0, 'few', 'ok') AS status,
    round(avg(p.covered), 6) AS covered
FROM inflow.posting_times AS p
WHERE p.made_as_of <= {as_of:DateTime64(3, 'UTC')} AND {to:Date} >= {from:Date} AND {tz:String} = {tz:String}
  AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, p.channel)) AND empty({store:Array(String)})
GROUP BY channel
