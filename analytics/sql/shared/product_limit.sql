    -- The product limit of what the metric tells in `spells`, as text: so many `cases` of a group were followed for so many whole `hours` and
    -- then had the event (`outcome` 1), a competing one (2) or were still open (0). At a tied time events come before censorings.
    -- `curve` has a row for each time: the share without any event (Kaplan and Meier 1958), the share that had the event
    -- (Aalen and Johansen 1978) and its variance (Marubini and Valsecchi 1995), which is Greenwood's where nothing competes. The
    -- sums of the variance are taken apart, so that each is a running one. No cases make a group with a curve that stays at 0. The same formulas are `statistics::survival`.
    limit_ties AS
    (
        SELECT
            $slices(*), kind, period, key, hours,
            toFloat64(sum(cases)) AS followed, toFloat64(sumIf(cases, outcome = 1)) AS e, toFloat64(sumIf(cases, outcome > 0)) AS d
        FROM spells
        GROUP BY $slices(*), kind, period, key, hours
    ),
    limit_risk AS
    (
        SELECT
            *,
            greatest(1, sum(followed) OVER (PARTITION BY $slices(*), kind, period, key ORDER BY hours DESC ROWS UNBOUNDED PRECEDING)) AS n
        FROM limit_ties
    ),
    limit_open AS
    (
        SELECT
            *,
            -- Where nobody is left the share is 0.
            multiIf(d = 0, 0, n <= d, -1000, log(1 - d / n)) AS step,
            sum(step) OVER w AS logs,
            exp(logs) AS open, exp(logs - step) AS before
        FROM limit_risk
        WINDOW w AS (PARTITION BY $slices(*), kind, period, key ORDER BY hours ROWS UNBOUNDED PRECEDING)
    ),
    limit_share AS
    (
        SELECT
            *,
            if(n <= d, 0, d / (n * (n - d))) AS leaving,
            sum(before * e / n) OVER (PARTITION BY $slices(*), kind, period, key ORDER BY hours ROWS UNBOUNDED PRECEDING) AS share
        FROM limit_open
    ),
    limit_curve AS
    (
        SELECT
            $slices(*), kind, period, key, hours, followed, n, e, d, open, share,
            sqrt(greatest(0,
                share * share * sum(leaving) OVER w - 2 * share * sum(leaving * share) OVER w + sum(leaving * share * share) OVER w
                + sum(before * before * e * (n - e) / (n * n * n)) OVER w
                - 2 * (share * sum(before * e / (n * n)) OVER w - sum(before * e / (n * n) * share) OVER w))) AS error
        FROM limit_share
        WINDOW w AS (PARTITION BY $slices(*), kind, period, key ORDER BY hours ROWS UNBOUNDED PRECEDING)
    ),
