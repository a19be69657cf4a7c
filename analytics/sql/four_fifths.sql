-- id: four_fifths
-- version: 1
-- title.en: Four-fifths rule
-- title.zh: 五分之四规则
-- numerator: applications of the group that ever reached the later stage (by as_of)
-- denominator: applications of the group that entered applied in the period
-- clock: the instant of entering applied
-- exclusions: groups under 2 % of all are no reference; open applications stay in the denominator, so that a young period says little
-- dimensions: channel, store, department, city, job_family, week, month
-- default_by: channel
-- keys: from_stage, to_stage
-- columns: numerator, denominator, value, low, high, ratio, under_four_fifths, turned_by_one, p_value, p_holm, pooled_numerator, pooled_denominator, pooled_value, status, covered
-- shares: ratio
-- meaning.en: The selection rate of each group over the highest one (ratio) from applied to a later stage; under 0.8 is taken for a sign of adverse impact (29 CFR 1607.4 D). It knows no sample size, so Fisher's exact test stands beside it, two-sided (p_value) and for the number of groups (p_holm); turned_by_one: one person more would turn the order round. A sign to look closer, no finding; on request only.
-- meaning.zh: 各组从投递到后续阶段的通过率与最高组之比(ratio),低于 0.8 提示可能存在不利影响(29 CFR 1607.4 D);该规则不看样本量,故另列 Fisher 精确检验(双侧 p_value,多组校正 p_holm);turned_by_one 表示一人之差即会反转次序。仅供进一步查看,不构成结论;只在主动查询时给出。
-- ratio and what follows it compare rows with each other and are computed when the report is read.
SELECT
    $slices(*), period, from_stage, to_stage, numerator, denominator, value, low, high,
    CAST(NULL, 'Nullable(Float64)') AS ratio, CAST(NULL, 'Nullable(Bool)') AS under_four_fifths, CAST(NULL, 'Nullable(Bool)') AS turned_by_one,
    CAST(NULL, 'Nullable(Float64)') AS p_value, CAST(NULL, 'Nullable(Float64)') AS p_holm,
    pooled_numerator, pooled_denominator, pooled_value, status, covered
FROM $conversion()
WHERE from_stage = 'applied' AND to_stage IN ('screened', 'invited', 'attended', 'offered', 'accepted', 'onboarded')
