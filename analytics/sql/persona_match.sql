-- id: persona_match
-- version: 1
-- title.en: Persona match
-- title.zh: 画像匹配率
-- numerator: of the denominator, applications that carry all tags of the persona (personas.toml)
-- denominator: applications with a resume received in the period, for a job that the persona is for
-- clock: the instant the resume was received, by as_of
-- exclusions: jobs that the persona is not for; untold are applications of which the source says nothing of the person, and which match by the title alone or not at all
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- keys: persona
-- columns: numerator, denominator, value, low, high, untold, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- meaning.en: Of the applications received in the period for the persona's jobs, the share that carries its set of tags; untold are those of which nothing is known; with a 95 % Wilson interval.
-- meaning.zh: 期间收到的、投递该画像所属岗位的申请中,带齐画像全部标签的比例;untold 为来源未提供任何人才信息者;附 95 % Wilson 区间。
WITH
    (SELECT groupUniqArray(toString(persona)) FROM inflow.application_personas) AS keys,
    daily AS
    (
        SELECT
            $slices(s.* AS *), '' AS kind,
            toString(p.persona) AS key, s.day AS day,
            countIf(p.matches = 1) AS k, count() AS n, [countIf(p.told = 0)] AS parts
        FROM $local_stages(from = least({from:Date}, toDate({to:Date}) - 89)) AS s
        INNER JOIN inflow.application_personas AS p ON p.connection = s.connection AND p.source_id = s.source_id
        WHERE s.stage_rank = 3
        GROUP BY $slices(*), key, day
    ),
$rated
SELECT
    $slices(*), period, key AS persona, numerator, denominator, value, low, high,
    parts[1] AS untold, pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM rated
