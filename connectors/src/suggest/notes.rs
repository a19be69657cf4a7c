//! Comments and remarks of a proposal: why a header was understood, what to look at, what fills nothing.

use std::borrow::Cow;

use inflow_config::Lang;

use super::assign::{Filled, How, Left};
use super::recognise::origin;
use super::shape::Form;
use super::table::Column;
use super::target::Target;
use super::write::{Draft, line, path, quoted};

/// Places of rows that a remark names.
const MOST_PLACES: usize = 3;

impl Draft<'_> {
    /// Why a header was understood so.
    pub(super) fn why(&self, filled: &Filled, form: &Form) -> String {
        let mut parts = vec![match &filled.how {
            How::Part(part) => format!("{} {part:?}", self.say("by a part of the header:", "依据表头的一部分:")),
            How::Shared(other) => format!("{} {other}", self.say("no other header says it; the same as", "没有其他表头, 与此列相同:")),
            how => origin(how).map_or_else(
                || self.say("a known header", "已知表头").to_owned(),
                |connector| format!("{} {connector}", self.say("a header that files of this connector have:", "已知表头, 见连接器")),
            ),
        }];
        if !filled.also.is_empty() {
            let also: Vec<String> = filled.also.iter().map(ToString::to_string).collect();
            parts.push(format!("{} {}", self.say("could also be", "也可能是"), also.join(", ")));
        }
        if let Some(other) = &form.ambiguous {
            parts.push(format!("{} {other}", self.say("the dates could also be", "日期也可能是")));
        }
        parts.join("; ")
    }

    pub(super) fn remark(&self, filled: &Filled, form: &Form, remarks: &mut Vec<String>) {
        let headers: Vec<String> = filled.columns.iter().filter_map(|at| self.columns.get(*at)).map(Column::shown).collect();
        let headers = headers.join(", ");
        if !form.unreadable.is_empty() {
            let places: Vec<&str> = form.unreadable.iter().take(MOST_PLACES).map(String::as_str).collect();
            let more = if form.unreadable.len() > MOST_PLACES { ", .." } else { "" };
            let (count, places) = (form.unreadable.len(), places.join("; "));
            remarks.push(match self.lang {
                Lang::En => format!(
                    "{count} cells of {headers} cannot be read as {} ({places}{more}): correct them before importing",
                    filled.target
                ),
                Lang::Zh => format!("{headers} 有 {count} 个单元格无法读作 {} ({places}{more}): 请先更正再导入", filled.target),
            });
        }
        if form.unknown_words > 0 {
            remarks.push(match self.lang {
                Lang::En => format!(
                    "{} cells of {headers} hold words that the mapping does not list yet: add them under [fields.{}.words]",
                    form.unknown_words, filled.target
                ),
                Lang::Zh => {
                    format!("{headers} 有 {} 个单元格的词映射中没有: 请补充到 [fields.{}.words]", form.unknown_words, filled.target)
                }
            });
        }
        if let Some(other) = &form.ambiguous {
            let format = form.format.clone().unwrap_or_default();
            remarks.push(match self.lang {
                Lang::En => format!("the dates of {headers} fit {format} and {other}: the former is proposed"),
                Lang::Zh => format!("{headers} 的日期既符合 {format} 也符合 {other}: 采用前者"),
            });
        }
    }

    /// The headers that fill nothing.
    pub(super) fn left(&self, text: &mut String) {
        let (sensitive, others): (Vec<_>, Vec<_>) = self.assigned.left.iter().partition(|(_, why)| matches!(why, Left::Sensitive(_)));
        let shown = |at: &usize| self.columns.get(*at).map(Column::shown).unwrap_or_default();
        if !sensitive.is_empty() {
            line(
                text,
                &format!("\n# {}", self.say("Sensitive: never kept, whatever a mapping says.", "敏感信息: 无论映射如何填写, 一律不保存。")),
            );
            for (at, why) in sensitive {
                if let Left::Sensitive(what) = why {
                    line(text, &format!("#   {} ({})", shown(at), what.about()));
                }
            }
        }
        if !others.is_empty() {
            line(
                text,
                &format!(
                    "\n# {}",
                    self.say(
                        "Not read. To read one, give it a column under [fields]; what no line names is dropped before anything is kept.",
                        "以下表头未读取。需要时在 [fields] 中为其指定列; 未列出的内容不会保存。"
                    )
                ),
            );
            for (at, why) in others {
                let quoted = self
                    .columns
                    .get(*at)
                    .filter(|column| !column.looks_like_a_value())
                    .map_or_else(|| "\"\"".to_owned(), |column| quoted(&path(&column.name)));
                let place = if quoted == "\"\"" { format!(" {}", shown(at)) } else { String::new() };
                line(text, &format!("# ? = {quoted}  #{place} {}", self.reason(why)));
            }
            let columns: Vec<&str> = self
                .assigned
                .kind
                .columns()
                .iter()
                .map(|column| column.name)
                .filter(|name| self.assigned.get(Target::Column(name)).is_none())
                .collect();
            line(text, &format!("# {}: {}", self.say("Columns that are still free", "尚未使用的列"), columns.join(", ")));
        }
    }

    fn reason(&self, why: &Left) -> Cow<'static, str> {
        let en = self.lang == Lang::En;
        let pick = |en_text: &'static str, zh: &'static str| Cow::Borrowed(if en { en_text } else { zh });
        match why {
            Left::Sensitive(what) => Cow::Borrowed(what.about()),
            Left::SetAside(why) if why == "row_number" => pick("a row number", "序号"),
            Left::SetAside(why) if why == "resume" => pick("the resume itself is not kept", "不保存简历本身"),
            Left::SetAside(_) => pick("no table keeps it", "没有表保存此项"),
            Left::Taken(target) => Cow::Owned(format!("{} {target}", self.say("another header is read already as", "已有其他表头读作"))),
            Left::Elsewhere(kind, target) => Cow::Owned(match self.lang {
                Lang::En => format!("{target} of {kind}; {} have no such column", self.assigned.kind),
                Lang::Zh => format!("属于 {kind} 的 {target}; {} 没有这一列", self.assigned.kind),
            }),
            Left::Twice => pick("two columns are called so: rename one", "有两列同名: 请改名"),
            Left::NoId => pick("looks like an id, but is not in every row or not different in each", "像是编号, 但并非每行都有或有重复"),
            Left::Unreadable(target, bad, all) => Cow::Owned(match self.lang {
                Lang::En => format!("looks like {target}, but {bad} of {all} cells cannot be read as such"),
                Lang::Zh => format!("像是 {target}, 但 {all} 个单元格中有 {bad} 个无法读取"),
            }),
            Left::Unknown => pick("not understood", "未能理解"),
        }
    }
}
