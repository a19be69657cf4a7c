    -- `k` of `n` of a row of `joined AS j`.
    if(j.status = 'no_data', NULL, j.k) AS numerator,
    if(j.status = 'no_data', NULL, j.n) AS denominator,
    if(j.n = 0, NULL, round(j.k / j.n, 6)) AS value,
    if(j.n = 0, NULL, round(greatest(0, middle(j.k, j.n) - half(j.k, j.n)), 6)) AS low,
    if(j.n = 0, NULL, round(least(1, middle(j.k, j.n) + half(j.k, j.n)), 6)) AS high,
