-- Hires as they were known on the local day of {as_of} (`known_on`; what {as_of} ends is its last day), in the zone in use: {tz}, else the
-- channel's. Days of employment are local days as told, instants of the case are cut in that zone; what is later than `known_on` is
-- null. `g` holds the dimensions, each empty unless `by` names it.
--
-- Due is the agreed first day; where nobody tells one it is `assumed` to be 30 days after the acceptance (the first day itself where only
-- the start tells of an acceptance).
WITH
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (at, zone) -> toDate(formatDateTime(at, '%F', zone)) AS day_in,
    (day, last) -> if(day <= last, day, NULL) AS until
SELECT
    connection, source_id, case_key, spell, person_id, in_channel, first_touch, last_touch, recorded_source, self_reported_source,
    official_source, official_basis, leave_type, leave_reason, told, known_on, g, rows,
    until(accepted_day, known_on) AS accepted_on,
    coalesce(agreed_on, if(accepted_implied = 1, started_day, NULL), accepted_day + 30, started_day) AS due_on,
    isNull(agreed_on) AND isNotNull(due_on) AS assumed,
    until(started_day, known_on) AS started_on,
    until(coalesce(passed_on, day_in(passed_at, zone)), known_on) AS passed_on,
    probation_until,
    until(left_on, known_on) AS left_on,
    has_left = 1 AND isNull(left_day) AS left_unknown
FROM
(
    SELECT
        h.* EXCEPT (channel, left_on), h.left_on AS left_on, h.left_on AS left_day,
        toString(h.channel) AS in_channel,
        multiIf({tz:String} != '', {tz:String}, zones[in_channel] != '', zones[in_channel], 'UTC') AS zone,
        day_in({as_of:DateTime64(3, 'UTC')} - toIntervalMillisecond(1), zone) AS known_on,
        day_in(accepted_at, zone) AS accepted_day,
        if(not_started = 1, NULL, coalesce(onboard_on, day_in(onboarded_at, zone))) AS started_day,
        tuple($picked(toString(h.*))) AS g
    FROM inflow.hires AS h
    WHERE 1
      $narrowed(h.*)
)
