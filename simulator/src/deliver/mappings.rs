//! Mapping files of the exports.

use super::File;

pub(crate) fn files() -> Vec<File> {
    let events: String = STEPS.iter().map(|(name, column)| step(name, column)).collect();
    [
        ("postings.toml", POSTINGS.to_owned()),
        ("wide_applications.toml", format!("{APPLICATIONS}{events}{RETRACTION}")),
        ("kuaishou_postings.toml", KUAISHOU_POSTINGS.to_owned()),
        ("kuaishou_applications.toml", KUAISHOU_APPLICATIONS.to_owned()),
        ("ledger.toml", LEDGER.to_owned()),
        ("bank.toml", BANK.to_owned()),
        ("invoices.toml", INVOICES.to_owned()),
        ("douyin_statement.toml", STATEMENT.to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| File::new(format!("mappings/{name}"), text))
    .collect()
}

/// Stages of the wide sheets with their columns.
pub(crate) const STEPS: [(&str, &str); 12] = [
    ("viewed", "浏览时间"),
    ("contacted", "沟通时间"),
    ("applied", "投递时间"),
    ("screened", "初筛通过时间"),
    ("invited", "约面时间"),
    ("attended", "到面时间"),
    ("offered", "发offer时间"),
    ("accepted", "录用时间"),
    ("onboarded", "入职时间"),
    ("passed_probation", "转正时间"),
    ("rejected", "淘汰时间"),
    ("withdrawn", "放弃时间"),
];

fn step(stage: &str, column: &str) -> String {
    let reason = if matches!(stage, "rejected" | "withdrawn") { "reason = \"原因\"\n" } else { "" };
    format!(
        "\n[[events]]\nname = \"{stage}\"\nwhen = {{ path = \"{column}\", not = \"-\" }}\nstage = {{ default = \"{stage}\" }}\nat = \"{column}\"\n{reason}"
    )
}

const RETRACTION: &str = r#"
# A visit that was booked on the wrong person.
[[events]]
name = "attended_retracted"
when = { path = "到面撤回时间", not = "-" }
stage = { default = "attended" }
at = "到面撤回时间"
retracts = { default = "true" }
"#;

const POSTINGS: &str = r#"# Advertisements as the boards export them: Chinese headers, local times.
kind = "postings"
id = "职位编号"
version = "更新时间"

[fields]
channel = "渠道"
title = "职位名称"
company = "公司"
place = "城市"
store = "门店"
department = "部门"
pay_text = "薪资"
posted_at = "发布时间"
updated_at = "更新时间"
closed_at = "下线时间"
status = { path = "状态", words = { "在线" = "open", "已下线" = "closed" } }
body = "职位描述"
"#;

const APPLICATIONS: &str = r#"# One row for a candidate's case, one column for the time of each stage.
kind = "applications"
id = "投递编号"
candidate = "候选人编号"
version = "更新时间"

[fields]
posting_source_id = "职位编号"
store = "门店"
department = "部门"
city = "城市"
first_at = "首次时间"
# The board writes a dash where there is no time.
applied_at = { path = "投递时间", when = { path = "投递时间", not = "-" } }
outcome_reason = "原因"

# Digested before anything is kept, never stored in clear.
[identity]
name = "姓名"
phone = "手机"
email = "邮箱"
birth_year = "出生年份"
"#;

const KUAISHOU_POSTINGS: &str = r#"# Advertisements, one JSON object a line.
kind = "postings"
id = "job_id"
version = "updated_at"

[fields]
title = "title"
company = "company"
city = "city"
store = "store"
department = "department"
pay_min = "pay.min"
pay_max = "pay.max"
pay_currency = { default = "CNY" }
pay_period = { default = "month" }
posted_at = "published_at"
updated_at = "updated_at"
closed_at = "offline_at"
status = { path = "state", words = { online = "open", offline = "closed" } }
body = "description"
"#;

const KUAISHOU_APPLICATIONS: &str = r#"# Cases with the history of their stages, one JSON object a line.
kind = "applications"
id = "case_id"
candidate = "user.id"
version = "updated_at"

[fields]
posting_source_id = "job_id"
store = "store"
department = "department"
city = "city"
first_at = "created_at"
applied_at = "resume_at"

# Digested before anything is kept, never stored in clear.
[identity]
name = "user.name"
phone = "user.mobile"
email = "user.mail"
birth_year = "user.born"

[[events]]
name = "step"
each = "steps"
stage = "state"
at = "at"
reason = "why"
retracts = "revoked"
id = "id"

[stages]
"看过" = "viewed"
"聊过" = "contacted"
"投递" = "applied"
"初筛" = "screened"
"约面" = "invited"
"到面" = "attended"
"发offer" = "offered"
"录用" = "accepted"
"入职" = "onboarded"
"转正" = "passed_probation"
"不合适" = "rejected"
"放弃" = "withdrawn"
"#;

const LEDGER: &str = r#"# The company's ledger of channel cost. Every line has a number; a corrected line comes again with it.
kind = "spend"
entry_key = "凭证行号"
version = "更新时间"

[fields]
channel = "渠道"
account = "账户"
document = "单据号"
booked_on = "入账日期"
service_from = "服务开始"
service_to = "服务结束"
units = "数量"
gross = "含税金额"
tax_rate = "税率"
tax = "税额"
net = "不含税金额"
currency = "币种"
invoice_type = { path = "发票类型", words = { "专票" = "special", "普票" = "ordinary", "无" = "none" } }
invoice_number = "发票号"
payer = "付款方"
store = "门店"
package = "单据号"
item = "权益"
note = "备注"

[fields.kind]
path = "类型"
words = { "订阅" = "subscription", "点击" = "cpc", "日结" = "daily", "刷新" = "refresh", "退款" = "refund", "充值" = "recharge", "赠送" = "bonus_credit", "内推奖金" = "referral_bonus", "消耗" = "consumption", "套餐" = "package", "套餐使用" = "package_unit" }
"#;

const STATEMENT: &str = r#"# Douyin's statement. Its lines have no numbers: two equal lines are two entries.
kind = "spend"

[fields]
channel = { default = "douyin" }
booked_on = "日期"
kind = { path = "类型", words = { "点击消耗" = "cpc" } }
net = "消耗金额"
currency = { default = "CNY" }
store = "门店"
"#;

const BANK: &str = r#"# The bank's statement, as its web bank exports it.
kind = "bank_lines"
id = "流水号"

[fields]
account = "本方账号"
booked_on = { path = "交易日期", format = "%Y%m%d" }
counterparty = "对方户名"
debit = "借方发生额"
credit = "贷方发生额"
currency = "币种"
serial = "流水号"
document = "用途"
"#;

const INVOICES: &str = r#"# Invoices that suppliers issued to the company.
kind = "invoices"
id = "发票号码"

[fields]
number = "发票号码"
issued_on = "开票日期"
invoice_type = { path = "发票类型", words = { "专票" = "special", "普票" = "ordinary" } }
seller = "销售方"
gross = "价税合计"
tax = "税额"
currency = "币种"
payer = "购买方"
documents = "单据号"
"#;
