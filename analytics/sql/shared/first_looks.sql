-- Connections whose first pull found cases as they were, without being told when they got there (precision `observed`), and until when
-- that look lasted (`till`: a day after the first such entry).
--
-- What happened before is known by its outcome alone, and only of those who had one: who is judged by when a step was taken leaves
-- out what was entered before. A connection that tells its past with times, and ever so often lacks one (less than a tenth of what it
-- tells up to then beside views and resumes), is none of these.
WITH
    firsts AS
    (
        SELECT connection, min(entered_at) + toIntervalDay(1) AS till
        FROM inflow.application_stages
        WHERE precision = 'observed' AND entered_at <= {as_of:DateTime64(3, 'UTC')}
        GROUP BY connection
    )
SELECT s.connection AS connection, any(f.till) AS till
FROM inflow.application_stages AS s
INNER JOIN firsts AS f ON f.connection = s.connection
WHERE s.precision != 'implied' AND s.stage_rank NOT IN (1, 3) AND s.entered_at <= f.till
GROUP BY connection
HAVING 10 * countIf(s.precision = 'observed') >= count()
