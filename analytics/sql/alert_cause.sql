-- id: alert_cause
-- version: 1
-- title.en: Likely causes of alerts
-- title.zh: 告警的可能原因
-- numerator: bad cases (of a cost: money; of a fall: the earlier ones) of an alert that stands and that have a value of a factor (bad of cases), beside those that do not (rest_bad of rest_cases); or what changed with the alert (earlier and later)
-- denominator: none; explains is the share of what is too many that the value's cases explain by having another figure than the rest
-- clock: that of the alert: judged_from to judged_to are the days of its figure
-- exclusions: alerts that ended; values with fewer than 5 bad cases, a q-value of 5 % or more (Fisher's exact test; Benjamini and Yekutieli over all candidates of the alert) or that explain under 30 %; changes with a p-value of 1 % or more; alerts beyond the surest sixty of rules and sixty of falls; figures without bad cases among good ones (medians, counts that are too high)
-- dimensions: channel, store, department, city, recruiter
-- keys: kind, rule, slice, place
-- columns: raised_on, judged_from, judged_to, factor, factor_value, cases, bad, rest_cases, rest_bad, earlier, later, explains, p_value, q_value, text_en, text_zh, status, covered
-- shares: explains
-- meaning.en: What the bad cases of an alert have in common (one link, one template, one store ..) or what changed with it (fewer postings live, messages that arrive nowhere), the one that explains most first. It goes with the alert and need not be why. No row: nothing stands out.
-- meaning.zh: 告警中异常个案的共同点(同一链接、模板、门店等)或同时发生的变化(在线职位减少、消息未送达),按解释比例排序。仅为相关,未必是原因;无行表示没有突出之处。
SELECT
    if(has({by:Array(String)}, 'channel'), toString(c.channel), '') AS channel,
    if(has({by:Array(String)}, 'store'), toString(c.store), '') AS store,
    if(has({by:Array(String)}, 'department'), toString(c.department), '') AS department,
    if(has({by:Array(String)}, 'city'), toString(c.city), '') AS city,
    if(has({by:Array(String)}, 'recruiter'), toString(c.recruiter), '') AS recruiter,
    {from:Date} AS period, toString(c.kind) AS kind, toString(c.rule) AS rule, c.slice AS slice, c.place AS place, toString(c.raised_on) AS raised_on,
    toString(c.since) AS judged_from, toString(c.day) AS judged_to, toString(c.factor) AS factor, c.value AS factor_value,
    c.cases AS cases, c.bad AS bad, c.rest_cases AS rest_cases, c.rest_bad AS rest_bad, c.earlier AS earlier, c.later AS later,
    c.explains AS explains, c.p_value AS p_value, c.q_value AS q_value, c.text_en AS text_en, c.text_zh AS text_zh,
    'ok' AS status, 1.0 AS covered
FROM inflow.alert_causes AS c
WHERE c.day BETWEEN {from:Date} AND {to:Date}
  AND toDateTime(c.day, 'UTC') < {as_of:DateTime64(3, 'UTC')}
  AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, toString(c.channel)))
  AND (empty({store:Array(String)}) OR has({store:Array(String)}, toString(c.store)))
