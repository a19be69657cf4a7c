-- id: no_show
-- version: 1
-- title.en: No-shows
-- title.zh: 爽约率
-- numerator: invitations that were not started by their deadline and not declined before (late: of them those started afterwards)
-- denominator: invitations delivered whose deadline (the appointment, else until when an interview without one must be taken) is past by as_of; an invitation whose source says nothing of delivery counts as delivered
-- clock: the deadline; a moved interview counts on its new date
-- exclusions: invitations cancelled by the company; declined and undelivered ones stand apart
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, kind, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, late, declined, undelivered, untold, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the invitations delivered whose deadline passed in the period, the share not started by it; undelivered ones are another matter and stand apart, untold are those whose source tells no outcome; with a 95 % Wilson interval.
-- meaning.zh: 期间到期且已送达的面试邀约中,到期未开始的比例;未送达、候选人谢绝者单列,untold 为来源未填结果者;附 95 % Wilson 区间。
WITH
    [''] AS keys,
    daily AS
    (
        SELECT
            $slices(*), kind, '' AS key, day,
            countIf(missed) AS k, countIf(counts) AS n,
            [countIf(missed AND attended), countIf(declined), countIf(undelivered), countIf(missed AND NOT attended AND NOT says)] AS parts
        FROM
        (
            SELECT
                $slices(*), kind, day, attended, says,
                result = 'undelivered' AND NOT attended AS undelivered,
                result = 'declined' AND NOT attended AS declined,
                result != 'cancelled' AND NOT undelivered AND NOT declined AS counts,
                -- Of an appointment it is known that it took place, not always when.
                attended AND (isNotNull(scheduled_at) OR isNull(attended_at) OR attended_at <= deadline_at) AS in_time,
                counts AND NOT in_time AS missed
            FROM $local_invitations(clock = 'deadline', from = least({from:Date}, toDate({to:Date}) - 89))
            WHERE if(isNull(scheduled_at), deadline_at, appointment_over) <= {as_of:DateTime64(3, 'UTC')}
        )
        GROUP BY $slices(*), kind, day
    ),
$rated
SELECT
    $slices(*), kind, period, numerator, denominator, value, low, high,
    parts[1] AS late, parts[2] AS declined, parts[3] AS undelivered, parts[4] AS untold,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM rated
