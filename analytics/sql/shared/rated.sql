    -- What a rate's rows are made of, as text: the metric tells `keys` (what tells the rows of one group apart) and `daily`: `k` of `n` and
    -- further counts (`parts`) of each local day. Rows of the 90 days up to {to} that are before {from} are the pool of a group that is
    -- few. low and high are the Wilson score interval (Wilson 1927; Newcombe 1998, method 3).
    rated_days AS
    (
        SELECT
            $slices(*), kind, key,
            day BETWEEN {from:Date} AND {to:Date} AS in_period,
            day BETWEEN toDate({to:Date}) - 89 AND {to:Date} AS in_pool,
            multiIf(
                empty(arrayIntersect({by:Array(String)}, ['day', 'week', 'month'])), {from:Date},
                NOT in_period, toDate(0),
                has({by:Array(String)}, 'day'), day,
                has({by:Array(String)}, 'week'), toMonday(day),
                toStartOfMonth(day)) AS period,
            k, n, parts
        FROM daily
        WHERE in_period OR in_pool
    ),
    rated_groups AS
    (
        SELECT
            *,
            sum(pool_k) OVER (PARTITION BY $slices(*), kind, key) AS pooled_k,
            sum(pool_n) OVER (PARTITION BY $slices(*), kind, key) AS pooled_n
        FROM
        (
            SELECT
                $slices(*), kind, key, period, toUInt8(1) AS found,
                sumIf(d.k, in_period) AS k, sumIf(d.n, in_period) AS n, sumForEachIf(d.parts, in_period) AS parts,
                sumIf(d.k, in_pool) AS pool_k, sumIf(d.n, in_pool) AS pool_n
            FROM rated_days AS d
            GROUP BY $slices(*), kind, key, period
        )
    ),
    rated_expected AS
    (
        SELECT channel, period, covered, expected, key
        FROM $channel_periods(of = 'people')
        ARRAY JOIN keys AS key
    ),
    rated_joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *), c.kind AS kind,
            if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.key, w.key) AS key,
            c.k AS k, c.n AS n, c.parts AS parts, if(w.expected = 1, w.covered, 1) AS covered, c.pooled_k AS pooled_k, c.pooled_n AS pooled_n
        FROM rated_expected AS w
        FULL JOIN rated_groups AS c ON c.channel = w.channel AND c.period = w.period AND c.key = w.key
    ),
    -- In steps, since a name that stands for an expression is resolved anew wherever it is read.
    rated_status AS
    (
        SELECT
            *,
            multiIf(covered = 0 AND n = 0, 'no_data', covered < 1, 'partial', n < 20, 'few', 'ok') AS status,
            k / greatest(n, 1) AS p, 3.841458820694124 / greatest(n, 1) AS zz,
            max(pooled_k) OVER (PARTITION BY $slices(*), kind, key) AS pool_k,
            max(pooled_n) OVER (PARTITION BY $slices(*), kind, key) AS pool_n
        FROM rated_joined
        WHERE period != toDate(0)
    ),
    rated_bounds AS
    (
        SELECT *, (p + zz / 2) / (1 + zz) AS middle, sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz) AS half
        FROM rated_status
    ),
    rated AS
    (
        SELECT
            $slices(*), kind, period, key,
            if(j.status = 'no_data', NULL, j.k) AS numerator,
            if(j.status = 'no_data', NULL, j.n) AS denominator,
            if(j.n = 0, NULL, round(j.p, 6)) AS value,
            if(j.n = 0, NULL, round(greatest(0, j.middle - j.half), 6)) AS low,
            if(j.n = 0, NULL, round(least(1, j.middle + j.half), 6)) AS high,
            -- Of a group that nothing was found of, as many as are asked for are 0.
            arrayMap(part -> if(j.status = 'no_data', NULL, part), arrayResize(j.parts, 8)) AS parts,
            if(j.n >= 20, NULL, j.pool_k) AS pooled_numerator,
            if(j.n >= 20, NULL, j.pool_n) AS pooled_denominator,
            if(j.n >= 20 OR j.pool_n = 0, NULL, round(j.pool_k / j.pool_n, 6)) AS pooled_value,
            j.status AS status,
            round(j.covered, 6) AS covered
        FROM rated_bounds AS j
    )
