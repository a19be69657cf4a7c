-- Days from resume to first day of those who were onboarded in the last 180 days.
SELECT toUInt32(count()) AS hires, quantileExact(0.5)(dateDiff('day', applied_at, onboarded_at)) AS days
FROM
(
    SELECT minIf(entered_at, stage_rank = 3) AS applied_at, minIf(entered_at, stage_rank = 9) AS onboarded_at
    FROM inflow.application_stages
    WHERE stage_rank IN (3, 9) AND entered_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY case_key
    HAVING countIf(stage_rank = 3) > 0 AND countIf(stage_rank = 9) > 0 AND onboarded_at > {as_of:DateTime64(3, 'UTC')} - toIntervalDay(180)
)
