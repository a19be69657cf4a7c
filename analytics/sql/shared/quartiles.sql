    -- After the product limit, as text: the days by which a quarter, half and three quarters have had the event, of all cases (`of_all` 1) or of
    -- those who have it in the end (0: of the share at the end of the follow-up, taken as known). low and high are the interval of the
    -- median after Brookmeyer and Crowley 1982, on the log(-log) scale of the share still open, or of the incidence where others compete;
    -- at its ends, where that does not exist, the Wilson interval of none or all. What was not followed far enough stays null.
    limit_known AS
    (
        SELECT
            *,
            if(of_all, 1, max(share) OVER (PARTITION BY $slices(*), kind, period, key)) AS target,
            if(of_all, open, share) AS x,
            greatest(1, sum(d) OVER (PARTITION BY $slices(*), kind, period, key ORDER BY hours ROWS UNBOUNDED PRECEDING) - d + n) AS m
        FROM limit_curve
    ),
    -- In steps, since a name that stands for an expression is resolved anew wherever it is read.
    limit_reach AS
    (
        SELECT
            *, x > 1e-12 AND x < 1 - 1e-12 AND error > 0 AS inside, exp(1.959963984540054 * error / abs(x * log(x))) AS reach,
            3.841458820694124 / m AS zz, if(x >= 0.5, 1, 0) AS p
        FROM limit_known
    ),
    limit_bands AS
    (
        SELECT
            *,
            if(inside, pow(x, reach), (p + zz / 2) / (1 + zz) - sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz)) AS x_low,
            if(inside, pow(x, 1 / reach), (p + zz / 2) / (1 + zz) + sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz)) AS x_high
        FROM limit_reach
    ),
    limit_read AS
    (
        SELECT
            $slices(*), kind, period, key, toUInt8(1) AS found,
            sum(b.followed) AS cases, sum(b.e) AS events, sum(b.d) AS decided,
            minOrNullIf(b.hours, b.e > 0 AND b.share >= 0.25 * b.target - 1e-9) AS first_quarter,
            minOrNullIf(b.hours, b.e > 0 AND b.share >= 0.5 * b.target - 1e-9) AS half_time,
            minOrNullIf(b.hours, b.e > 0 AND b.share >= 0.75 * b.target - 1e-9) AS third_quarter,
            minOrNullIf(b.hours, b.e > 0 AND if(of_all, b.x_low <= 0.5 + 1e-9, b.x_high >= 0.5 * b.target - 1e-9)) AS earliest,
            minOrNullIf(b.hours, b.e > 0 AND if(of_all, b.x_high <= 0.5 + 1e-9, b.x_low >= 0.5 * b.target - 1e-9)) AS latest
        FROM limit_bands AS b
        GROUP BY $slices(*), kind, period, key
    ),
    limit_expected AS
    (
        SELECT channel, period, covered, expected, key
        FROM $channel_periods(of = 'people')
        ARRAY JOIN keys AS key
    ),
    limit_joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            c.kind AS kind, if(c.found = 1, c.period, w.period) AS period, if(c.found = 1, c.key, w.key) AS key,
            if(w.expected = 1, w.covered, 1) AS share_covered, c.cases AS n, c.events AS e, c.decided AS d,
            c.first_quarter AS first_quarter, c.half_time AS half_time, c.third_quarter AS third_quarter, c.earliest AS earliest, c.latest AS latest
        FROM limit_expected AS w
        FULL JOIN limit_read AS c ON c.channel = w.channel AND c.period = w.period AND c.key = w.key
    ),
    limit_rows AS
    (
        SELECT *, multiIf(share_covered = 0 AND n = 0, 'no_data', share_covered < 1, 'partial', n < 20, 'few', 'ok') AS status
        FROM limit_joined
    ),
    quartiles AS
    (
        SELECT
            $slices(*), kind, period, key, status,
            if(status = 'no_data', NULL, toUInt64(n)) AS cases,
            if(status = 'no_data', NULL, toUInt64(e)) AS events,
            if(status = 'no_data', NULL, toUInt64(n - d)) AS open,
            round(first_quarter / 24, 2) AS p25, round(half_time / 24, 2) AS median, round(third_quarter / 24, 2) AS p75,
            round(earliest / 24, 2) AS low, round(latest / 24, 2) AS high,
            round(share_covered, 6) AS covered
        FROM limit_rows
    )
