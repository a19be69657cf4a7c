-- Of each channel, store and local day how many cases entered each stage, by what they ever reached: one tier of application_stage_tiers.
--
-- Tier 0 sums the base. Tier 1 sums what replaces rows of the base, less what it replaces, so that the sum over both tiers is the sum over
-- the rows of application_stages. A sum of zero stays: it tells as of when it is one.
SELECT
    channel, store, local_day, stage_rank,
    bitOr(toUInt16(bitShiftLeft(toUInt16(2), furthest) - 2), decided) AS reached,
    $zone AS zone,
    sum(if(tier = {tier:UInt8}, 1, -1)) AS applications,
    max(settled_at) AS settled_at,
    {tier:UInt8} AS in_tier, {generation:UInt32} AS in_generation
FROM inflow.application_stage_tiers
WHERE generation = {generation:UInt32} AND stage_rank != 0
  AND (tier = {tier:UInt8}
    OR case_key IN (SELECT case_key FROM inflow.application_stage_tiers WHERE generation = {generation:UInt32} AND tier = 1 AND {tier:UInt8} = 1))
GROUP BY channel, store, local_day, stage_rank, furthest, decided
