    -- The end of a rate's row: the pool of a group that is few, and how far it can be trusted.
    if(j.n >= 20, NULL, j.pool_k) AS pooled_numerator,
    if(j.n >= 20, NULL, j.pool_n) AS pooled_denominator,
    if(j.n >= 20 OR j.pool_n = 0, NULL, round(j.pool_k / j.pool_n, 6)) AS pooled_value,
    j.status AS status,
    round(j.covered, 6) AS covered
