    -- What the sources say of each application, by the member that stands for its case: of several members each says what it knows.
    -- Expected pay is a month's: 21.75 working days of 8 hours, 4.35 weeks. So is what the posting offers at most.
    (period) -> multiIf(
        period = 'hour', toDecimal64(174, 4), period = 'day', toDecimal64(21.75, 4), period = 'week', toDecimal64(4.35, 4),
        period = 'year', toDecimal64(0.0833, 4), toDecimal64(1, 4)) AS month_of,
    members AS
    (
        SELECT connection, source_id, argMin((connection, source_id), place) OVER (PARTITION BY case_id) AS leader
        FROM inflow.application_links
    ),
    titles AS
    (
        SELECT connection, source_id, any(title) AS title, max(pay_max * month_of(pay_period)) AS offer
        FROM (SELECT connection, source_id, title, pay_max, toString(pay_period) AS pay_period FROM inflow.postings FINAL WHERE deleted = 0)
        GROUP BY connection, source_id
    ),
    profiles AS
    (
        SELECT
            if(m.source_id = '', a.connection, m.leader.1) AS connection,
            if(m.source_id = '', a.source_id, m.leader.2) AS source_id,
            arrayStringConcat(groupArray(arrayStringConcat(arrayMap(t -> toString(t), a.tags), '\n')), '\n') AS tag_text,
            lowerUTF8(arrayStringConcat(groupArray(concat(a.title, '\n', p.title)), '\n')) AS title_text,
            lowerUTF8(concat(tag_text, '\n', title_text)) AS text,
            -- As persona_words names them.
            arrayConcat(groupUniqArray(sipHash64(lowerUTF8(a.title))), groupUniqArray(sipHash64(lowerUTF8(p.title)))) AS titles,
            arrayConcat(groupUniqArrayArray(arrayMap(t -> sipHash64(lowerUTF8(toString(t))), a.tags)), titles) AS texts,
            max(toString(a.education)) AS education,
            max(a.experience_years) AS experience,
            min(coalesce(a.expected_pay_min, a.expected_pay_max) * month_of(toString(a.expected_pay_period))) AS pay,
            max(p.offer) AS offer,
            max(toString(a.night_shift)) AS night_shift,
            toUInt8(tag_text != '' OR education != '' OR isNotNull(experience) OR isNotNull(pay) OR night_shift != '') AS told
        FROM (SELECT * FROM inflow.applications FINAL WHERE deleted = 0) AS a
        LEFT JOIN members AS m ON m.connection = a.connection AND m.source_id = a.source_id
        LEFT JOIN titles AS p ON p.connection = a.connection AND p.source_id = a.posting_source_id
        GROUP BY connection, source_id
    )
