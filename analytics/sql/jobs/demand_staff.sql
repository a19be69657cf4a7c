-- Who is employed on {today}, as employment tells, and who left in the year before: heads, days until those under {settled} days are settled, those
-- who are to start within 60 days, and leavers over person-days of people in their first {settled} days and of the others.
WITH {today:Date} AS today, today - 365 AS since
SELECT
    toUInt32(countIf(started <= today AND ends > today)) AS heads,
    groupArrayIf(toInt32(started + {settled:UInt16} - today), started <= today AND ends > today AND started + {settled:UInt16} > today) AS new,
    toUInt32(countIf(started > today AND started <= today + 60)) AS coming,
    toUInt32(countIf(left_on > since AND left_on <= today AND left_on < started + {settled:UInt16})) AS new_exits,
    toUInt32(countIf(left_on > since AND left_on <= today AND left_on >= started + {settled:UInt16})) AS settled_exits,
    toFloat64(sum(greatest(0, dateDiff('day', greatest(started, since), least(ends, started + {settled:UInt16}, today))))) AS new_days,
    toFloat64(sum(greatest(0, dateDiff('day', greatest(started + {settled:UInt16}, since), least(ends, today))))) AS settled_days
FROM
(
    SELECT assumeNotNull(coalesce(onboard_on, toDate(onboarded_at), agreed_on)) AS started, left_on, if(has_left = 1, assumeNotNull(left_on), toDate('2149-06-06')) AS ends
    FROM inflow.hires
    WHERE told = 1 AND not_started = 0 AND isNotNull(coalesce(onboard_on, toDate(onboarded_at), agreed_on))
      AND NOT (has_left = 1 AND isNull(left_on)) AND ({store:String} = '' OR store = {store:String})
)
