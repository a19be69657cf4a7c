    -- The Wilson score interval (Wilson 1927; Newcombe 1998, method 3) of k in n is middle -+ half; period_of is the report's day, week or month.
    1.959963984540054 AS z,
    (k, n) -> (k / n + z * z / (2 * n)) / (1 + z * z / n) AS middle,
    (k, n) -> z * sqrt(k / n * (1 - k / n) / n + z * z / (4 * n * n)) / (1 + z * z / n) AS half,
    (day) -> multiIf(
        has({by:Array(String)}, 'day'), day,
        has({by:Array(String)}, 'week'), toMonday(day),
        has({by:Array(String)}, 'month'), toStartOfMonth(day),
        {from:Date}) AS period_of,
