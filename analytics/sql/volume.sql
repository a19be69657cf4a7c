-- id: volume
-- version: 1
-- title.en: Volume
-- title.zh: 数量
-- numerator: postings published, posting clusters, applications (distinct submissions with a resume received; one that several connections tell of is one, see conflicts), candidates (distinct linked persons)
-- denominator: none; share is the part of all applications of the same period, key_share the part of applications whose candidate carries a usable key (whole phone or mail)
-- clock: applications and candidates by the instant of entering applied; postings by posted_at
-- exclusions: drafts, internal postings and postings without a date; counts that a board publishes are never added to people
-- dimensions: channel, store, department, city, recruiter, job_family, requisition, posting_cluster, day, week, month
-- default_by: channel
-- columns: postings, posting_clusters, applications, applications_implied, candidates, key_share, share, status, covered
-- meaning.en: How many postings went out, how many resumes came in, and from how many different people (unique at the grain of the row, never summed).
-- meaning.zh: 发布多少职位、收到多少份简历(投递)、来自多少个不同的人;人数在该行的分组内去重,不可相加。
WITH
    submitted AS
    (
        SELECT
            $slices(*), period,
            -- One row for each case that reached the stage.
            count() AS applications,
            uniqExact(person_key) AS candidates,
            countIf(linkable = 1) AS keyed,
            countIf(precision = 'implied') AS implied
        FROM $local_stages()
        WHERE stage_rank = 3
        GROUP BY $slices(*), period
    ),
    posted AS
    (
        SELECT
            $sliced(p.*),
            multiIf(
                has({by:Array(String)}, 'day'), day,
                has({by:Array(String)}, 'week'), toMonday(day),
                has({by:Array(String)}, 'month'), toStartOfMonth(day),
                {from:Date}) AS period,
            count() AS postings,
            uniqExact(p.cluster_id) AS posting_clusters
        FROM (SELECT *, cluster_id AS posting_cluster, if({tz:String} = '', local_day, toDate(posted_at, if({tz:String} = '', 'UTC', {tz:String}))) AS day FROM inflow.published_postings) AS p
        WHERE day BETWEEN {from:Date} AND {to:Date} AND posted_at <= {as_of:DateTime64(3, 'UTC')}
          $narrowed(p.*)
        GROUP BY $slices(*), period
    ),
    counted AS
    (
        SELECT
            $slices(*), period, toUInt8(1) AS found,
            sum(postings) AS postings, sum(posting_clusters) AS posting_clusters,
            sum(applications) AS applications, sum(candidates) AS candidates, sum(keyed) AS keyed, sum(implied) AS implied
        FROM
        (
            SELECT $slices(*), period, 0 AS postings, 0 AS posting_clusters, applications, candidates, keyed, implied
            FROM submitted
            UNION ALL
            SELECT $slices(*), period, postings, posting_clusters, 0, 0, 0, 0
            FROM posted
        )
        GROUP BY $slices(*), period
    ),
    joined AS
    (
        SELECT
            if(c.found = 1, c.channel, w.channel) AS channel$others(c.* AS *),
            if(c.found = 1, c.period, w.period) AS period,
            c.postings AS postings, c.posting_clusters AS posting_clusters, c.applications AS applications,
            c.implied AS implied, c.candidates AS candidates, c.keyed AS keyed,
            sum(c.applications) OVER (PARTITION BY period) AS together,
            if(w.expected = 1, w.covered, 1) AS covered,
            multiIf(covered = 0 AND c.found = 0, 'no_data', covered < 1, 'partial', 'ok') AS status
        FROM $channel_periods(of = 'people') AS w
        FULL JOIN counted AS c ON c.channel = w.channel AND c.period = w.period
    )
SELECT
    $slices(*), period,
    if(j.status = 'no_data', NULL, j.postings) AS postings,
    if(j.status = 'no_data', NULL, j.posting_clusters) AS posting_clusters,
    if(j.status = 'no_data', NULL, j.applications) AS applications,
    if(j.status = 'no_data', NULL, j.implied) AS applications_implied,
    if(j.status = 'no_data', NULL, j.candidates) AS candidates,
    if(j.applications = 0, NULL, round(j.keyed / j.applications, 6)) AS key_share,
    if(j.status = 'no_data' OR j.together = 0, NULL, round(j.applications / j.together, 6)) AS share,
    j.status AS status,
    round(j.covered, 6) AS covered
FROM joined AS j
