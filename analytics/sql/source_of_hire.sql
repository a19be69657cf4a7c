-- id: source_of_hire
-- version: 1
-- title.en: Source of hire
-- title.zh: 录用来源
-- numerator: hires whose sources disagree: first touch, last touch, what employment records and what the person said are not all one channel
-- denominator: hires of which at least two of these four are known (of the row's official source, when grouped by channel)
-- clock: the first day
-- exclusions: hires that have not started; a source that is not known counts in no column
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: official, official_share, first_touch, last_touch, recorded, self_reported, overridden, protected, numerator, denominator, value, low, high, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: For how many hires each channel is the first touch, the last touch, what the personnel records say, what the person said, and the official source by the company's rule ([sources]: a person's decision, else a protected channel, else the first touch within the window); value is how often these disagree.
-- meaning.zh: 每个渠道作为首次触达、末次触达、人事登记来源、本人自述来源与官方来源(按 [sources] 规则:人工裁定、受保护渠道、窗口期内首次触达)各有多少入职者;value 为上述来源互相矛盾的比例。
WITH
$wilson
    started AS
    (
        SELECT
            tuple(''$others(g.#)) AS group_of, source.2 AS channel, source.1 AS kind,
            if(day BETWEEN {from:Date} AND {to:Date}, period_of(day), toDate(0)) AS period,
            day BETWEEN least({to:Date}, known_on) - 89 AND {to:Date} AS in_pool,
            official_basis, length(told_sources) AS known, length(arrayDistinct(told_sources)) > 1 AS disagree
        FROM
        (
            SELECT
                g, known_on, official_basis, assumeNotNull(started_on) AS day,
                arrayFilter(x -> x != '', [toString(first_touch), toString(last_touch), toString(recorded_source), toString(self_reported_source)]) AS told_sources,
                arrayFilter(x -> x.2 != '', [
                    ('official', toString(official_source)), ('first', toString(first_touch)), ('last', toString(last_touch)),
                    ('recorded', toString(recorded_source)), ('self', toString(self_reported_source))]) AS sources
            FROM $local_hires(channel = [])
            WHERE isNotNull(started_on) AND started_on BETWEEN least({from:Date}, {to:Date} - 89, known_on - 89) AND {to:Date}
        )
        ARRAY JOIN sources AS source
        WHERE empty({channel:Array(String)}) OR has({channel:Array(String)}, source.2)
    ),
    counted AS
    (
        SELECT *, toUInt8(1) AS found, sum(official) OVER (PARTITION BY group_of, period) AS together,
            sum(pool_n) OVER (PARTITION BY group_of, channel) AS pooled_n, sum(pool_k) OVER (PARTITION BY group_of, channel) AS pooled_k
        FROM
        (
            SELECT
                group_of, if(has({by:Array(String)}, 'channel'), s.channel, '') AS channel, period,
                countIf(kind = 'official') AS official, countIf(kind = 'first') AS first_touch, countIf(kind = 'last') AS last_touch,
                countIf(kind = 'recorded') AS recorded, countIf(kind = 'self') AS self_reported,
                countIf(kind = 'official' AND official_basis = 'override') AS overridden,
                countIf(kind = 'official' AND official_basis = 'protected') AS protected,
                countIf(kind = 'official' AND known > 1) AS n, countIf(kind = 'official' AND known > 1 AND disagree) AS k,
                countIf(in_pool AND kind = 'official' AND known > 1) AS pool_n,
                countIf(in_pool AND kind = 'official' AND known > 1 AND disagree) AS pool_k
            FROM started AS s
            GROUP BY group_of, channel, period
        )
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel, c.group_of AS g, if(c.found = 1, c.period, w.period) AS period,
            c.* EXCEPT (channel, group_of, period, found, pooled_n, pooled_k, pool_n, pool_k),
            max(c.pooled_n) OVER (PARTITION BY g, channel) AS pool_n, max(c.pooled_k) OVER (PARTITION BY g, channel) AS pool_k,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', c.n < 20, 'few', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    j.channel AS channel$others(j.g.# AS *), j.period AS period,
    if(j.status = 'no_data', NULL, j.official) AS official,
    if(j.together = 0, NULL, round(j.official / j.together, 6)) AS official_share,
    if(j.status = 'no_data', NULL, j.first_touch) AS first_touch,
    if(j.status = 'no_data', NULL, j.last_touch) AS last_touch,
    if(j.status = 'no_data', NULL, j.recorded) AS recorded,
    if(j.status = 'no_data', NULL, j.self_reported) AS self_reported,
    if(j.status = 'no_data', NULL, j.overridden) AS overridden,
    if(j.status = 'no_data', NULL, j.protected) AS protected,
$share
$pooled
FROM joined AS j
WHERE j.period != toDate(0)
