-- What channel_days.sql says, as of {as_of}, from the cases themselves.
SELECT
    toString(channel) AS channel, toString(local_day) AS day, stage_rank,
    count() AS cases,
    countIf(case_key IN (
        SELECT case_key FROM inflow.application_stages WHERE stage_rank = 6 AND entered_at <= {as_of:DateTime64(3, 'UTC')})) AS attended,
    countIf(case_key IN (
        SELECT case_key FROM inflow.application_stages WHERE stage_rank = 9 AND entered_at <= {as_of:DateTime64(3, 'UTC')})) AS onboarded
FROM inflow.application_stages
WHERE stage_rank IN (3, 9) AND entered_at <= {as_of:DateTime64(3, 'UTC')} AND local_day >= {from:Date}
GROUP BY channel, local_day, stage_rank
