// The lines behind figures: ledger lines behind money, application ids behind counts. Ids only, never people.
import { h } from "./dom.js";
import { figure } from "./figure.js";
import { count, day, instant, money } from "./format.js";
import { known, t } from "./i18n.js";

const MOST = 500;

function table(label, heads, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      { class: "plain ledger" },
      h("caption", { class: "hidden" }, label),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, index) => (index === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell)))))),
    ),
  );
}

const rest = (rows) => (rows.length > MOST ? h("p", { class: "aside" }, t("entries_more", { shown: count(MOST), count: count(rows.length) })) : null);

/** Ledger lines, each with the part of it that is this period's cost. */
export function ledgerLines(report, label, currency) {
  if (report.rows.length === 0) return [h("p", { class: "nothing" }, t("nothing_here"))];
  const rows = report.rows.slice(0, MOST).map((row) => [
    row.entry,
    known("kind", row.kind),
    row.document || "–",
    row.booked_on ? day(row.booked_on) : "–",
    row.service_from && row.service_from !== row.service_to ? `${day(row.service_from)} – ${day(row.service_to)}` : "",
    row.line_currency ? money(row.gross, row.line_currency) : "–",
    row.invoice_number ? `${row.invoice_number} ${known("invoice", row.invoice_type)}` : "–",
    row.allocation || "",
    figure(row, "amount", money(row.amount, row.currency || currency)),
  ]);
  const heads = [t("entry"), t("kind"), t("document"), t("booked_on"), t("service"), t("gross"), t("invoice"), t("allocation"), t("accrued")];
  return [table(label, heads, rows), rest(report.rows)];
}

/** Applications that entered a stage: which, when, and how exactly that is known. */
export function applicationIds(rows, label, zone) {
  if (rows.length === 0) return [h("p", { class: "nothing" }, t("nothing_here"))];
  const lines = rows.slice(0, MOST).map((row) => [
    h("code", {}, row.application),
    known("stage", row.stage),
    row.precision === "exact" ? instant(row.entered_at, zone) : row.day ? day(row.day) : instant(row.entered_at, zone),
    known("precision", row.precision),
  ]);
  return [table(label, [t("application"), t("col_stage"), t("entered"), t("col_precision")], lines), rest(rows)];
}
