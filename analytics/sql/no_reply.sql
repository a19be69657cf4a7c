-- id: no_reply
-- version: 1
-- title.en: No reply
-- title.zh: 邀约未回复率
-- numerator: invitations that nobody answered within 24 hours (late: of them those answered afterwards); confirming, declining and coming are answers, their time unknown counts as in time
-- denominator: invitations sent and delivered whose 24 hours are over by as_of; a sending known only to the day is due at the end of the next day; an invitation whose source says nothing of delivery counts as delivered
-- clock: the sending
-- exclusions: invitations without an instant of sending and those cancelled by the company; undelivered ones stand apart
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, kind, day, week, month
-- default_by: channel
-- columns: numerator, denominator, value, low, high, late, undelivered, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the invitations sent in the period and delivered, the share that nobody answered within 24 hours; undelivered ones stand apart; with a 95 % Wilson interval.
-- meaning.zh: 期间发出并送达的面试邀约中,24 小时内未获回复的比例;未送达者单列;附 95 % Wilson 区间。
WITH
    [''] AS keys,
    daily AS
    (
        SELECT
            $slices(*), kind, '' AS key, day,
            countIf(unanswered) AS k, countIf(counts) AS n, [countIf(unanswered AND late), countIf(undelivered)] AS parts
        FROM
        (
            SELECT
                $slices(*), kind, day,
                at + if(sent_precision = 'day', toIntervalHour(48), toIntervalHour(24)) AS due,
                result = 'undelivered' AND NOT attended AS undelivered,
                result != 'cancelled' AND NOT undelivered AS counts,
                isNotNull(replied_at) AND replied_at <= {as_of:DateTime64(3, 'UTC')} AS replied,
                -- Who has an appointment and did not come had agreed to come.
                isNull(replied_at) AND (attended OR result IN ('confirmed', 'declined') OR (result = 'no_show' AND isNotNull(scheduled_at))) AS implied,
                counts AND NOT implied AND NOT (replied AND replied_at <= due) AS unanswered,
                replied AND replied_at > due AS late
            FROM $local_invitations(clock = 'sent', from = least({from:Date}, toDate({to:Date}) - 89))
            WHERE at + if(sent_precision = 'day', toIntervalHour(48), toIntervalHour(24)) <= {as_of:DateTime64(3, 'UTC')}
        )
        GROUP BY $slices(*), kind, day
    ),
$rated
SELECT
    $slices(*), kind, period, numerator, denominator, value, low, high,
    parts[1] AS late, parts[2] AS undelivered,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM rated
