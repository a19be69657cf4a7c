-- id: recommendation
-- version: 1
-- title.en: Whom to look at first
-- title.zh: 候选人推荐
-- numerator: open applications (neither taken on nor ended, heard of within 60 days) that came in the period, each with its score: the chance of being taken on and still there after 30 days
-- denominator: none; learnt from past applications that are resolved and at least 90 days old (taken on and stayed, against left within 30 days, never started, rejected, withdrawn, silent for 60 days); open ones are left out, not failures
-- clock: the instant the resume was received; scores as of the last analysis
-- exclusions: off until [recommendation] names an impact assessment (PIPL art. 24, 55); without 200 outcomes, 20 of either kind, and proof on newer outcomes there are no scores, and tag rules (personas.toml) stand in (basis tag_rules, status few, no_traits or cannot_tell); channel, sex, age, marriage, family, origin, faith and health are no traits; connections that tell of nobody's first day teach nothing
-- dimensions: channel, store, department
-- default_by: channel
-- keys: application
-- columns: score, low, high, basis, carried, wanted, reasons, model_version, status, covered
-- shares: score, low, high
-- meaning.en: Which open applications to look at first: the chance of being taken on and staying 30 days, by ridge logistic regression on education, experience, expected pay, night shifts, job family and tags, with the interval of the model and the reasons (log-odds beside the mean). It orders and never rejects: a person decides.
-- meaning.zh: 未决申请中宜先看谁:按学历、经验、期望薪资、夜班、岗位类别与标签,由岭逻辑回归估计“入职且满 30 天仍在职”的概率,附模型区间与主要理由(相对平均的对数几率)。只用于排序,从不自动淘汰,由人决定;未登记个人信息保护影响评估前不启用。
WITH
    (SELECT count() FROM inflow.recommendation_model) AS made,
    (SELECT any(toString(state)) FROM inflow.recommendation_model) AS state,
    chosen AS
    (
        SELECT *
        FROM inflow.recommendations
        WHERE local_day BETWEEN {from:Date} AND {to:Date} AND applied_at <= {as_of:DateTime64(3, 'UTC')} AND {tz:String} = {tz:String}
          $narrowed(*)
    )
SELECT
    if(has({by:Array(String)}, 'channel'), toString(channel), '') AS channel,
    if(has({by:Array(String)}, 'store'), toString(store), '') AS store,
    if(has({by:Array(String)}, 'department'), toString(department), '') AS department,
    {from:Date} AS period,
    concat(toString(connection), '/', source_id) AS application,
    score, low, high, toString(basis) AS basis,
    if(basis = 'model', NULL, carried) AS carried, if(basis = 'model', NULL, wanted) AS wanted,
    arrayStringConcat(arrayMap(
        r -> concat(r.1, '=', r.2, if(r.3 = 0, '', concat(' ', if(r.3 > 0, '+', ''), toString(round(r.3, 2))))), reasons), ', ') AS reasons,
    toString(model_version) AS model_version, if(basis = 'model', 'ok', multiIf(state = 'too_few', 'few', state)) AS status, 1 AS covered
FROM chosen
UNION ALL
-- Why nobody is named.
SELECT
    '', '', '', {from:Date}, '', NULL, NULL, NULL, '', NULL, NULL, '', '',
    multiIf(made = 0, 'off', state = 'too_few', 'few', state = 'fitted', 'no_data', state), 1
WHERE (SELECT count() FROM chosen) = 0
