-- id: budget_advice
-- version: 1
-- title.en: Budget advice
-- title.zh: 预算建议
-- numerator: what four weeks should cost (advised), the total of the last four weeks moved within bounds to where the next person costs least
-- denominator: none
-- clock: the four weeks that end on the last day whose spend is known, as of the last analysis; the report's period does not matter
-- exclusions: unallocated cost; channels without spend, channels whose connection delivered nothing and channels whose move a person rejected (for as long as plans.toml says) keep what they have; weeks too young to say who counts (3 for attended, 6 for onboarded)
-- dimensions: channel
-- default_by: channel
-- keys: people
-- columns: spend, advised, least, most, next_cost_before, next_cost_after, gain, probability, cost_per_attended, cost_per_onboarded, basis, reason, plan_gain, plan_low, plan_high, plan_worst, plan_probability, currency, status, covered
-- money: spend, advised, least, most, next_cost_before, next_cost_after, cost_per_attended, cost_per_onboarded
-- meaning.en: Where the money of four weeks should go so that it brings the most people (attended or onboarded): a concave response per channel where spend varied, else a rule of thumb from the last 90 days' cost; no channel moves by more than a quarter, and none whose move a person rejected; probability that it gains, expected gain with 95 % interval, and the worst case (one in twenty).
-- meaning.zh: 未来四周的钱投到哪里能带来最多的人(到面或入职):花费有变化的渠道用凹形响应曲线,否则用近 90 天单人成本(经验法则);每个渠道调整不超过四分之一,被人否决的调整不再提出;附增益概率、预期增益及 95 % 区间、最坏情形(二十分之一)。
SELECT
    channel, '' AS store, {from:Date} AS period, people, spend, advised, least, most, next_cost_before, next_cost_after, gain, probability,
    if(attended_90 = 0, NULL, CAST(toDecimal128(spend_90, 4) / attended_90, 'Decimal(18, 4)')) AS cost_per_attended,
    if(onboarded_90 = 0, NULL, CAST(toDecimal128(spend_90, 4) / onboarded_90, 'Decimal(18, 4)')) AS cost_per_onboarded,
    basis, reason, plan_gain, plan_low, plan_high, plan_worst, plan_probability, currency, status, round(covered, 6) AS covered
FROM
(
    SELECT
        if(has({by:Array(String)}, 'channel'), toString(m.channel), '') AS channel, toString(m.people) AS people,
        sum(m.spend) AS spend, sum(m.advised) AS advised, sum(m.least) AS least, sum(m.most) AS most,
        -- The next person of several channels has no one price.
        if(count() = 1, any(m.next_cost_before), NULL) AS next_cost_before, if(count() = 1, any(m.next_cost_after), NULL) AS next_cost_after,
        round(sum(m.gain), 2) AS gain, if(count() = 1, any(round(m.probability, 3)), NULL) AS probability,
        sum(m.spend_90) AS spend_90, sum(m.attended_90) AS attended_90, sum(m.onboarded_90) AS onboarded_90,
        if(uniqExact(m.basis) = 1, toString(any(m.basis)), 'mixed') AS basis, if(count() = 1, toString(any(m.reason)), '') AS reason,
        round(any(m.plan_gain), 2) AS plan_gain, round(any(m.plan_low), 2) AS plan_low, round(any(m.plan_high), 2) AS plan_high,
        round(any(m.plan_worst), 2) AS plan_worst, round(any(m.plan_probability), 3) AS plan_probability,
        any(toString(m.currency)) AS currency,
        multiIf(
            count() = 1, any(toString(m.status)), countIf(m.status = 'no_data') = count(), 'no_data',
            countIf(m.status IN ('partial', 'no_data')) > 0, 'partial', countIf(m.status = 'ok') = 0, 'few', 'ok') AS status,
        avg(m.covered) AS covered
    FROM inflow.budget_moves AS m
    WHERE m.made_as_of <= {as_of:DateTime64(3, 'UTC')} AND {to:Date} >= {from:Date} AND {tz:String} = {tz:String}
      AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, m.channel)) AND empty({store:Array(String)})
    GROUP BY channel, people
)
