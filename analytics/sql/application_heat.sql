-- id: application_heat
-- version: 1
-- title.en: Application heat
-- title.zh: 投递热度
-- numerator: applications received in the cell, time of day known
-- denominator: live posting hours (exposure_hours): the sum over postings of the hours they were live in the cell
-- clock: the instant of entering applied, in the channel's local weekday (1 Monday to 7) and hour (0 to 23)
-- exclusions: applications whose time is known only to the day are left out and counted (left_out); exposure reaches 400 days back
-- dimensions: channel, store
-- default_by: channel
-- columns: count, count_low, count_high, exposure_hours, calendar_hours, rate, low, high, shrunk, total, left_out, status, covered
-- keys: weekday, hour
-- meaning.en: At which hours of the week people apply: counts, and the rate per live posting hour, shrunk from the channel to all. low and high are the exact 95 % Poisson interval of the rate, count_low and count_high of the count.
-- meaning.zh: 一周 168 个小时里求职者何时投递:次数,以及按在线职位小时计的比率(向全渠道收缩);low、high 为该比率的 95 % 精确泊松区间,count_low、count_high 为次数的区间。
SELECT *
FROM $heat(of = 'application')
