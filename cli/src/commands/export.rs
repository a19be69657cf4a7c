//! `inflow export`

use crate::app::{App, Opened, shown};
use crate::args::{ExportFormat, ExportMonthArgs, ExportVouchersArgs};
use crate::failure::Failure;
use crate::month_end;
use crate::vouchers::{Form, Template, write};
use inflow_analytics::{Month, month_closing, month_end as read_month, month_postings};
use inflow_config::Lang;
use inflow_ledger::voucher::{Grouping, Side, VoucherError, vouchers as of_postings};
use rust_decimal::Decimal;
use rust_xlsxwriter::XlsxError;
use std::path::{Path, PathBuf};

/// Writes the month-end workbook.
pub async fn month(app: &App, args: &ExportMonthArgs) -> Result<u8, Failure> {
    let lang = app.printer.lang;
    let out = args.out.clone().unwrap_or_else(|| {
        let name = if lang == Lang::Zh { "月末费用表" } else { "month-end" };
        let extension = if args.format == ExportFormat::Xlsx { ".xlsx" } else { "" };
        PathBuf::from(format!("{name}-{}{extension}", args.month))
    });
    free(&out, args.force)?;
    let opened = app.attach().await?;
    let now = opened.clock.now();
    let over = begun(app, &opened, args.month)?;
    let month = read_month(&opened.store, &opened.config, args.month, now).await;
    let config = opened.config.clone();
    opened.close().await;
    let made = month_end::made(&month?, &config, lang, now);
    match args.format {
        ExportFormat::Xlsx => put(&out, &month_end::workbook(&made.book).map_err(too_large)?)?,
        ExportFormat::Csv => {
            std::fs::create_dir_all(&out).map_err(|error| unwritable(&out, &error))?;
            for (name, bytes) in month_end::files(&made.book).map_err(Failure::ours)? {
                put(&out.join(name), &bytes)?;
            }
        }
    }
    app.printer.result(&shown(&out));
    if !over {
        app.printer
            .warn(&format!("{} is not over: later days are not in it", args.month), &format!("{} 尚未结束,不含之后的日期", args.month));
    }
    if made.unconverted > 0 {
        let many = made.unconverted;
        app.printer.warn(
            &format!("{many} ledger lines have no rate on their booking day and are in no sum; add [[rates]] to inflow.toml"),
            &format!("{many} 行台账在入账日没有汇率,未计入任何合计;请在 inflow.toml 补充 [[rates]]"),
        );
    }
    if made.faults > 0 {
        let many = made.faults;
        app.printer.warn(
            &format!("{many} faults of the ledger in this month: see the sheet Faults"),
            &format!("本月台账有 {many} 个问题,见“待处理问题”"),
        );
    }
    if !made.ties {
        app.printer.warn("not everything ties: see the sheet Ties", "有未勾稽一致的项目,见“勾稽”");
    }
    Ok(0)
}

/// Writes the month's vouchers.
pub async fn vouchers(app: &App, args: &ExportVouchersArgs) -> Result<u8, Failure> {
    let template = Template::load(&args.template).map_err(|error| Failure::user(error.message, error.hint))?;
    let out = args.out.clone().unwrap_or_else(|| {
        let own = if template.format == Form::Csv { "csv" } else { "xlsx" };
        PathBuf::from(format!("vouchers-{}.{}", args.month, template.extension.as_deref().unwrap_or(own)))
    });
    free(&out, args.force)?;
    let opened = app.attach().await?;
    let over = begun(app, &opened, args.month)?;
    let now = opened.clock.now();
    let postings = month_postings(&opened.store, args.month, now).await;
    let closing = month_closing(&opened.store, &opened.config, args.month, now).await;
    let config = opened.config.clone();
    opened.close().await;
    let grouping = Grouping { split: template.voucher_per.into(), detail: args.detail };
    let made = of_postings(&postings?, &template.chart(), grouping).map_err(|error| match error {
        VoucherError::NoAccount { .. } | VoucherError::TooLarge { .. } => {
            Failure::user(format!("{}: {error}", args.template), "docs/finance.md says how a template maps accounts")
        }
        unbalanced @ VoucherError::Unbalanced { .. } => Failure::ours(unbalanced),
    })?;
    if made.is_empty() {
        return Err(Failure::user(
            format!("the journal of {} has nothing to book", args.month),
            "`inflow report spend` shows which months have cost; `inflow analyze` makes the journal",
        ));
    }
    let written = write(&made, &template, &config, args.month.last()).map_err(Failure::ours)?;
    put(&out, &written.bytes)?;
    app.printer.result(&shown(&out));
    let sum = |side| Decimal::from(made.iter().map(|voucher| voucher.total(side)).sum::<i128>()) / Decimal::ONE_HUNDRED;
    let (debit, credit, entries) = (sum(Side::Debit), sum(Side::Credit), made.iter().map(|voucher| voucher.entries.len()).sum::<usize>());
    let (many, currency) = (made.len(), config.settings.company.currency);
    app.printer.note(
        &format!("vouchers: {many}, entries: {entries}; debits {debit:.2} = credits {credit:.2} {currency}"),
        &format!("{many} 张凭证,{entries} 条分录;借方 {debit:.2} = 贷方 {credit:.2} {currency}"),
    );
    if !over {
        app.printer
            .warn(&format!("{} is not over: later days are not in it", args.month), &format!("{} 尚未结束,不含之后的日期", args.month));
    }
    if let Some(closing) = closing? {
        let at = closing.closed_at;
        app.printer.warn(
            &format!("{} was closed at {at}, and vouchers are of the journal as it is now: what came later is in them", args.month),
            &format!("{} 已于 {at} 关账,凭证取自当前分录,含其后的变动", args.month),
        );
    }
    for table in ["suppliers", "departments", "projects"] {
        let names: Vec<&str> = written.uncoded.iter().filter(|(of, _)| *of == table).map(|(_, name)| name.as_str()).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            app.printer.warn(
                &format!("no code in [{table}] for {names}: the file has their names; a template of your own says the codes"),
                &format!("[{table}] 中没有 {names} 的编码,文件中为其名称;请在自己的模板中给出编码"),
            );
        }
    }
    if written.unencodable {
        app.printer.warn("some letters do not exist in the encoding and were replaced", "有字符无法用该编码表示,已替换");
    }
    Ok(0)
}

/// Whether the month is over; an error when it has not begun.
fn begun(app: &App, opened: &Opened, month: Month) -> Result<bool, Failure> {
    let today = opened.clock.now().with_timezone(&opened.config.settings.company.timezone).date_naive();
    if month.first() > today {
        let hint = app.printer.pick("name a month that has begun, such as 2026-10", "请指定已开始的月份,如 2026-10");
        return Err(Failure::user(format!("{month} has not begun (it is {today})"), hint));
    }
    Ok(month.last() < today)
}

pub(super) fn free(out: &Path, force: bool) -> Result<(), Failure> {
    if out.exists() && !force {
        return Err(Failure::user(format!("{} is there already", shown(out)), "--force writes over it, or name another file"));
    }
    Ok(())
}

/// Whole or not at all.
pub(super) fn put(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = out.as_os_str().to_owned();
    beside.push(".part");
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, out));
    written.map_err(|error| {
        let _nothing_there = std::fs::remove_file(&beside);
        unwritable(out, &error)
    })
}

fn unwritable(out: &Path, error: &std::io::Error) -> Failure {
    Failure::user(format!("{}: cannot be written: {error}", shown(out)), "name another file")
}

pub(super) fn too_large(error: XlsxError) -> Failure {
    match error {
        XlsxError::RowColumnLimitError => {
            Failure::user("a sheet of a workbook holds 1048576 rows, and the month has more ledger lines", "ask for --format csv")
        }
        other => Failure::ours(other),
    }
}
