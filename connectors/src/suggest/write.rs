//! The mapping file as text, with a comment for every header.

use std::fmt::Write as _;
use std::sync::Arc;

use inflow_config::Lang;

use super::assign::{Assignment, Filled, Left};
use super::dictionary::Dictionary;
use super::recognise::{Recognised, word};
use super::shape::{Form, form};
use super::table::{Column, Headed};
use super::target::Target;
use super::{Suggestion, lacks};
use crate::spec::{Kind, Path, Step, TimeFormat};

/// A guess in the order of likelihood: the kind, how many headers it knows, its sheet.
pub(super) type Guessed = (Kind, usize, Option<Arc<str>>);

/// What a mapping is written from.
pub(super) struct Draft<'d> {
    pub(super) lang: Lang,
    pub(super) dictionary: &'d Dictionary,
    pub(super) assigned: &'d Assignment,
    pub(super) columns: &'d [Column],
    pub(super) chosen: &'d [Headed<'d>],
    pub(super) guesses: &'d [Guessed],
    pub(super) connectors: &'d [Recognised],
    pub(super) several_sheets: bool,
}

impl Draft<'_> {
    pub(super) fn suggestion(&self) -> Suggestion {
        let lacks: Vec<String> = lacks(self.assigned, self.columns, self.dictionary).iter().map(|names| names.join(" / ")).collect();
        let mut remarks = Vec::new();
        let mut text = String::new();
        self.head(&mut text);
        self.file(&mut text);
        self.fields(&mut text, &lacks, &mut remarks);
        self.identity(&mut text);
        self.events(&mut text, &mut remarks);
        self.left(&mut text);
        let unknown = |(_, why): &&(usize, Left)| {
            matches!(why, Left::Unknown | Left::Elsewhere(..) | Left::Taken(_) | Left::NoId | Left::Unreadable(..) | Left::Twice)
        };
        let understood = self.columns.len() - self.assigned.left.iter().filter(unknown).count();
        Suggestion {
            mapping: text,
            kind: self.assigned.kind,
            connectors: self.connectors.iter().map(|known| known.spec.name.clone()).collect(),
            understood: (understood, self.columns.len()),
            rows: None,
            lacks,
            remarks,
        }
    }

    pub(super) fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn head(&self, text: &mut String) {
        let kind = self.assigned.kind;
        line(
            text,
            &format!(
                "# {}",
                self.say(
                    "Proposed by `inflow import --suggest-mapping`. Read it, correct it, then:",
                    "由 `inflow import --suggest-mapping` 生成的映射建议。请核对修改后使用:"
                )
            ),
        );
        line(text, &format!("#   inflow import {} FILE --connection C --mapping THIS_FILE", word(kind)));
        for headed in self.chosen {
            let place = headed.table.row_place(headed.row);
            line(text, &format!("# {}: {}", self.say("Header", "表头"), one_line(&place.to_string())));
        }
        let known = self.guesses.iter().find(|(guess, ..)| *guess == kind).map_or(0, |(_, known, _)| *known);
        let mut sentence = match self.lang {
            Lang::En => format!("Kind: {} (knows {known} of {} headers; --kind names another)", word(kind), self.columns.len()),
            Lang::Zh => format!("数据种类: {} (认识 {} 个表头中的 {known} 个; 可用 --kind 指定其他种类)", word(kind), self.columns.len()),
        };
        if let Some((other, known, _)) = self.guesses.iter().find(|(guess, ..)| *guess != kind) {
            let _ = write!(sentence, "; {} {} ({known})", self.say("next", "其次"), word(*other));
        }
        line(text, &format!("# {sentence}"));
        self.other_sheets(text);
        if let Some((first, others)) = self.connectors.split_first() {
            let title = if self.lang == Lang::Zh { &first.spec.title.zh } else { &first.spec.title.en };
            line(
                text,
                &match self.lang {
                    Lang::En => format!(
                        "# The connector `{0}` ({title}) reads this as it is: a connection with connector = \"{0}\" needs no mapping.",
                        first.spec.name
                    ),
                    Lang::Zh => {
                        format!("# 连接器 `{0}` ({title}) 可直接读取: 连接中写 connector = \"{0}\" 即可, 无需映射。", first.spec.name)
                    }
                },
            );
            if !others.is_empty() {
                let names: Vec<&str> = others.iter().map(|known| known.spec.name.as_str()).collect();
                line(text, &format!("# {}: {}", self.say("So do, with the same headers", "表头同样适用的还有"), names.join(", ")));
            }
        }
        line(text, &format!("\nkind = {}", quoted(kind.as_str())));
        self.zone(text);
        line(
            text,
            &format!(
                "# complete = true  # {}",
                self.say("if the sheet lists everything each time: a row that is gone was deleted", "若表格每次都是全量: 消失的行视为删除")
            ),
        );
        let path = |target| self.assigned.get(target).map(|filled| self.paths(filled));
        if let Some(id) = path(Target::RowId) {
            let key = if kind == Kind::Spend { "entry_key" } else { "id" };
            line(text, &format!("{key} = {id}  # {}", self.say("filled in and different in every row", "每行都有且互不相同")));
        }
        for (key, target) in [("candidate", Target::Candidate), ("application", Target::Application)] {
            if let Some(id) = path(target) {
                line(text, &format!("{key} = {id}"));
            }
        }
    }

    fn other_sheets(&self, text: &mut String) {
        let own = self.chosen.first().and_then(|headed| headed.table.sheet.clone());
        let mut seen = vec![own];
        for (kind, _, sheet) in self.guesses {
            if let (Some(name), false) = (sheet, seen.contains(sheet)) {
                line(
                    text,
                    &match self.lang {
                        Lang::En => {
                            format!("# Sheet {} looks like {} and needs a mapping of its own: --kind {1}", one_line(name), word(*kind))
                        }
                        Lang::Zh => format!("# 工作表 {} 像是 {}, 需要单独的映射: --kind {1}", one_line(name), word(*kind)),
                    },
                );
                seen.push(sheet.clone());
            }
        }
    }

    fn form(&self, filled: &Filled) -> Form {
        form(self.assigned.kind, filled, self.columns, self.dictionary)
    }

    fn zone(&self, text: &mut String) {
        let forms: Vec<(Form, bool)> = self
            .assigned
            .filled
            .iter()
            .filter(|filled| is_time(filled, self.assigned.kind))
            .map(|filled| (self.form(filled), self.has_cells(filled)))
            .collect();
        if forms.is_empty() {
            return;
        }
        let mut seen: Vec<String> = forms
            .iter()
            .filter(|(_, cells)| *cells)
            .map(|(form, _)| form.format.clone().unwrap_or_default())
            .map(|format| shown_format(&format))
            .collect();
        seen.sort();
        seen.dedup();
        if !seen.is_empty() {
            line(text, &format!("# {}: {}", self.say("Dates are written as", "日期写法"), seen.join(", ")));
        }
        let utc =
            self.columns.iter().any(|column| crate::spec::words_of(&column.name).iter().any(|word| matches!(word.as_str(), "utc" | "gmt")));
        let chinese = self.columns.iter().any(|column| column.name.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
        let traditional = self.columns.iter().any(|column| self.dictionary.is_traditional(&column.name));
        let naive = forms.iter().any(|(form, _)| form.naive);
        if !naive && forms.iter().any(|(_, cells)| *cells) {
            line(text, &format!("# {}", self.say("The times name their zone themselves.", "时间自带时区。")));
        } else if utc {
            line(text, &format!("timezone = \"UTC\"  # {}", self.say("a header says so", "表头如此注明")));
        } else if chinese && !traditional {
            line(
                text,
                &format!(
                    "timezone = \"Asia/Shanghai\"  # {}",
                    self.say("the headers are Chinese and the times name no zone", "中文表头且时间不带时区")
                ),
            );
        } else {
            line(
                text,
                &format!(
                    "# timezone = \"Europe/London\"  # {}",
                    self.say("the times name no zone: the connection's counts unless you say one", "时间不带时区: 不写则用连接的时区")
                ),
            );
        }
    }

    fn has_cells(&self, filled: &Filled) -> bool {
        filled.columns.iter().filter_map(|at| self.columns.get(*at)).any(|column| !column.cells.is_empty())
    }

    fn file(&self, text: &mut String) {
        let mut lines = Vec::new();
        if let Some(sheet) = self.chosen.first().and_then(|headed| headed.table.sheet.as_ref()).filter(|_| self.several_sheets) {
            lines.push(format!("sheet = {}", quoted(sheet)));
        }
        let ledger = matches!(self.assigned.kind, Kind::Spend | Kind::BankLines | Kind::Invoices | Kind::ChannelDaily);
        if ledger || self.chosen.iter().any(|headed| headed.has_totals(self.dictionary)) {
            let totals: Vec<String> = self.dictionary.totals.iter().map(|word| quoted(word)).collect();
            lines.push(format!("skip_rows = [{}]  # {}", totals.join(", "), self.say("sums of other rows", "合计行")));
        }
        let mapped = self.assigned.filled.iter().flat_map(|filled| &filled.columns).filter_map(|at| self.columns.get(*at));
        let mut optional: Vec<String> = mapped.filter(|column| column.missing).map(|column| quoted(&column.name)).collect();
        if let Some(name) = self.channel_of_connection() {
            optional.push(quoted(name));
        }
        optional.sort();
        optional.dedup();
        if !optional.is_empty() {
            lines.push(format!(
                "optional = [{}]  # {}",
                optional.join(", "),
                self.say("columns that a file may lack", "文件中可以没有的列")
            ));
        }
        if !lines.is_empty() {
            line(text, &format!("\n[file]\n{}", lines.join("\n")));
        }
    }

    /// Name of a column that the files lack: spend needs a channel, and without such a column the connection's counts.
    fn channel_of_connection(&self) -> Option<&'static str> {
        let needed = self.assigned.kind == Kind::Spend && self.assigned.get(Target::Column("channel")).is_none();
        let free = |name: &&str| !self.columns.iter().any(|column| crate::file::comparable(&column.name) == crate::file::comparable(name));
        needed.then(|| ["渠道", "Channel", "inflow channel"].into_iter().find(free)).flatten()
    }

    /// The headers of a place, as paths.
    fn paths(&self, filled: &Filled) -> String {
        let paths: Vec<String> =
            filled.columns.iter().filter_map(|at| self.columns.get(*at)).map(|column| quoted(&path(&column.name))).collect();
        if let [one] = paths.as_slice() { one.clone() } else { format!("[{}]", paths.join(", ")) }
    }

    fn fields(&self, text: &mut String, lacks: &[String], remarks: &mut Vec<String>) {
        let kind = self.assigned.kind;
        let headers: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let (mut plain, mut tables) = (String::new(), String::new());
        for filled in &self.assigned.filled {
            let Target::Column(name) = filled.target else { continue };
            let form = self.form(filled);
            self.remark(filled, &form, remarks);
            let default = self.dictionary.default(kind, name, &headers).filter(|_| form.unknown_words > 0);
            let comment = self.why(filled, &form);
            if form.words.is_empty() {
                line(&mut plain, &format!("{name} = {}  # {comment}", self.field(filled, &form)));
                continue;
            }
            line(&mut tables, &format!("\n[fields.{name}]  # {comment}\npath = {}", self.paths(filled)));
            if form.unknown_words > 0 {
                line(
                    &mut tables,
                    &format!(
                        "listed = true  # {}",
                        match self.lang {
                            Lang::En => format!(
                                "{} cells hold words that are not listed below: they say nothing until you add them",
                                form.unknown_words
                            ),
                            Lang::Zh => format!("有 {} 个单元格的词不在下表中: 补充之前视为空", form.unknown_words),
                        }
                    ),
                );
            }
            if let Some(value) = default {
                line(&mut tables, &format!("default = {}  # {}", quoted(value), self.say("what other words count as", "其他词按此计")));
            }
            line(&mut tables, &format!("[fields.{name}.words]"));
            for (from, to) in &form.words {
                line(&mut tables, &format!("{} = {}", quoted(from), quoted(to)));
            }
        }
        for column in kind.columns().iter().filter(|column| self.assigned.get(Target::Column(column.name)).is_none()) {
            if let Some(value) = self.dictionary.default(kind, column.name, &headers) {
                line(
                    &mut plain,
                    &format!(
                        "{} = {{ default = {} }}  # {}",
                        column.name,
                        quoted(value),
                        self.say("no header says it: check", "表头未说明: 请核对")
                    ),
                );
            }
        }
        if let Some(name) = self.channel_of_connection() {
            line(
                &mut plain,
                &format!(
                    "channel = {}  # {}",
                    quoted(name),
                    self.say("no header says it: the connection's channel counts", "没有渠道列: 以连接的渠道为准")
                ),
            );
        }
        for names in lacks {
            let first = names.split(" / ").next().unwrap_or(names);
            line(
                &mut plain,
                &format!(
                    "# {first} = \"\"  # {}: {names}",
                    self.say("NEEDED, and no header was understood as it", "必填, 但没有表头被理解为此列")
                ),
            );
        }
        if !plain.is_empty() || !tables.is_empty() {
            plain.push_str(&tables);
            line(text, &format!("\n[fields]\n{}", plain.trim_end()));
        }
    }

    /// The value of a field without words.
    fn field(&self, filled: &Filled, form: &Form) -> String {
        let mut parts = Vec::new();
        if let Some(format) = &form.format {
            parts.push(format!("format = {}", quoted(&format.to_string())));
        }
        if form.ignore {
            let words: Vec<String> = self.dictionary.nothing.iter().map(|word| quoted(word)).collect();
            parts.push(format!("ignore = [{}]", words.join(", ")));
        }
        let paths = self.paths(filled);
        if parts.is_empty() { paths } else { format!("{{ path = {paths}, {} }}", parts.join(", ")) }
    }

    fn identity(&self, text: &mut String) {
        let own: Vec<&Filled> = self.assigned.filled.iter().filter(|filled| filled.target.is_identity()).collect();
        if own.is_empty() {
            return;
        }
        line(
            text,
            &format!(
                "\n# {}\n[identity]",
                self.say("Digested before anything is kept, never stored in clear.", "保存前先取摘要, 不存明文。")
            ),
        );
        for filled in own {
            let name = filled.target.to_string();
            let key = name.strip_prefix("identity.").unwrap_or(&name);
            line(text, &format!("{key} = {}  # {}", self.paths(filled), self.why(filled, &Form::default())));
        }
    }

    fn events(&self, text: &mut String, remarks: &mut Vec<String>) {
        let reason = self.assigned.get(Target::Column("outcome_reason")).map(|filled| self.paths(filled));
        if let Some(stage) = self.assigned.get(Target::Stage) {
            line(
                text,
                &format!("\n# {}\n[[events]]\nname = \"status\"", self.say("The stage that each row has reached.", "每行当前所处的阶段。")),
            );
            line(text, &format!("stage = {}  # {}", self.paths(stage), self.why(stage, &Form::default())));
            match self.assigned.get(Target::StageAt) {
                Some(at) => self.at(text, at, remarks),
                None => line(
                    text,
                    &format!(
                        "# at = \"\"  # {}",
                        self.say("no header says since when: the day of the first import counts", "没有阶段时间列: 以首次导入之时为准")
                    ),
                ),
            }
            if let Some(reason) = &reason {
                line(text, &format!("reason = {reason}"));
            }
        }
        for filled in &self.assigned.filled {
            let Target::Reached(stage) = filled.target else { continue };
            let stage = stage.as_str();
            line(
                text,
                &format!(
                    "\n[[events]]\nname = {0}\nwhen = {{ path = {1}, exists = true }}\nstage = {{ default = {0} }}",
                    quoted(stage),
                    self.paths(filled)
                ),
            );
            self.at(text, filled, remarks);
        }
        if self.assigned.get(Target::Stage).is_some() {
            self.stages(text, remarks);
        }
    }

    fn at(&self, text: &mut String, filled: &Filled, remarks: &mut Vec<String>) {
        let form = self.form(filled);
        self.remark(filled, &form, remarks);
        line(text, &format!("at = {}  # {}", self.field(filled, &form), self.why(filled, &form)));
    }

    fn stages(&self, text: &mut String, remarks: &mut Vec<String>) {
        let own = self.connectors.first().map(|known| &known.spec.stages).filter(|stages| !stages.is_empty());
        let stages = own.unwrap_or(&self.dictionary.stages);
        line(
            text,
            &format!(
                "\n# {}\n[stages]",
                self.say(
                    "Stage words that boards use; those of the connection come first. Add your own.",
                    "招聘网站常用的阶段词, 连接中的 [stages] 优先。可自行补充。"
                )
            ),
        );
        for (word, stage) in stages {
            line(text, &format!("{} = {}", quoted(word), quoted(stage.as_str())));
        }
        let known = |text: &str| {
            text.to_lowercase().parse::<inflow_config::Stage>().is_ok()
                || stages.keys().any(|word| word.to_lowercase() == text.to_lowercase())
        };
        let cells = self
            .assigned
            .get(Target::Stage)
            .into_iter()
            .flat_map(|filled| &filled.columns)
            .filter_map(|at| self.columns.get(*at))
            .flat_map(|column| &column.cells);
        let unknown = cells.filter_map(|(_, datum)| datum.text()).filter(|text| !known(text)).count();
        if unknown > 0 {
            remarks.push(match self.lang {
                Lang::En => format!("{unknown} rows hold a stage word that [stages] does not list: add it, or import and let `inflow doctor` show the lines to paste"),
                Lang::Zh => format!("有 {unknown} 行的阶段词不在 [stages] 中: 请补充, 或导入后由 `inflow doctor` 给出可粘贴的行"),
            });
        }
    }
}

fn is_time(filled: &Filled, kind: Kind) -> bool {
    use crate::spec::FieldType::{Day, Time};
    matches!(filled.target.value(kind), Day | Time)
}

fn shown_format(format: &TimeFormat) -> String {
    match format {
        TimeFormat::IsoLocal => "iso_local (2026-03-01, 2026/3/1 9:05, 2026年3月1日)".to_owned(),
        other => other.to_string(),
    }
}

/// A header as a path of one key; names with signs of paths need quotes of their own.
pub(super) fn path(header: &str) -> String {
    let plain =
        header.parse::<Path>().is_ok_and(|path| !path.is_from_record() && matches!(path.steps(), [Step::Key(key)] if key == header));
    if plain { header.to_owned() } else { format!("[\"{header}\"]") }
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub(super) fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
