-- What a closing freezes of people: how many applications entered which stage on its days.
SELECT
    {month:Date} AS month, {number:UInt32} AS number, local_day AS day, stage_rank, channel, store, department, job_family, requisition, count() AS people
FROM inflow.application_stages
WHERE stage_rank != 0 AND local_day BETWEEN {from:Date} AND {to:Date}
GROUP BY local_day, stage_rank, channel, store, department, job_family, requisition
