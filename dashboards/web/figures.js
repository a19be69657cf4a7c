// A table of figures, drawn from a description of its columns: the drawing of every report that has no picture of its own.
import { REPORT } from "./api.js";
import { h, svg } from "./dom.js";
import { figure, metricOf } from "./figure.js";
import * as f from "./format.js";
import { known, t } from "./i18n.js";
import { state } from "./model.js";
import { noData, tag } from "./words.js";

/** Readings of a column, by kind: row, column and what the page knows -> what stands in the cell. */
const KINDS = {
  count: (row, column) => figure(row, column, f.count(row[column])),
  decimal: (row, column) => figure(row, column, f.decimal(row[column])),
  share: (row, column) => figure(row, column, f.percent(row[column])),
  hours: (row, column) => figure(row, column, f.isNumber(row[column]) ? f.hours(Number(row[column])) : "–"),
  days: (row, column) => (f.isNumber(row[column]) ? figure(row, column, t("in_days", { days: f.decimal(row[column]) })) : "–"),
  money: (row, column, { currency }) => figure(row, column, f.money(row[column], row.currency || currency)),
  day: (row, column) => (row[column] ? figure(row, column, f.day(row[column])) : "–"),
  code: (row, column) => (row[column] ? h("code", {}, row[column]) : "–"),
  text: (row, column) => row[column] || "–",
  /** A value in the unit that its row names: a rate, an amount of money, or a number. */
  unit: (row, column, context) => {
    if (!f.isNumber(row[column])) return "–";
    if (/^[A-Z]{3}$/.test(row.unit)) return figure(row, column, f.money(row[column], row.unit));
    return figure(row, column, row.unit === "share" || row.unit === "rate" || row.unit === "" ? f.percent(row[column]) : `${f.decimal(row[column], 2)} ${known("unit", row.unit)}`, context.attributes);
  },
};

/** The words of a dimension or key. */
export function nameOf(column, value, context) {
  const { channels, rules } = context;
  if (column === "channel") return value === "unallocated" ? t("unallocated") : (channels.get(value) ?? (value || t("unnamed")));
  if (column === "rule") return rules?.get(value) ?? known(column, String(value));
  if (column === "budget_of") return value === "all" ? t("budget_all") : (channels.get(value) ?? value);
  // `channel=boss, store=north`: the slice of an alert.
  if (column === "slice" && value.includes("=")) return value.split(/,\s*/).map((part) => nameOf(part.split("=")[0], part.slice(part.indexOf("=") + 1), context)).join(" · ");
  if (column === "week") return t("week_of", { day: f.shortDay(value) });
  if (column === "month") return value.slice(0, 7);
  if (column === "day") return f.day(value);
  if (["stage", "from_stage", "to_stage"].includes(column)) return known("stage", value);
  return value === "" ? t("unnamed") : known(column, String(value));
}

/** Whether a row says anything: cases, a value, or that nothing is known. */
export const speaks = (row) => row.status === "no_data" || (row.denominator === undefined ? Object.keys(row).some((key) => row[key] === row.value && f.isNumber(row.value)) : Number(row.denominator) > 0);

/**
 * `columns` are `[column, kind, title, row]`; kinds `name` (a dimension; these come first), `rate` (a proportion with its interval), `of`
 * (cases) and those of `KINDS`; `row` gives the row that the figure stands in where it is another one. `drill(row)` gives what opens when
 * the first cell is pressed.
 */
export function tableOf(rows, columns, context, { label, drill } = {}) {
  const scales = new Map(columns.filter(([, kind]) => kind === "rate").map((each) => [each, Math.max(0.05, ...rows.map((row) => highest(row, each)))]));
  const title = ([column, , words]) => words ?? t(`col_${column}`);
  // Where all is well, nothing is said of it.
  const marked = rows.some((row) => row.status !== "no_data" && mark(row));
  const heads = columns.map((each) => h("th", { scope: "col", role: "columnheader", class: isText(each) ? "left" : null }, title(each)));
  if (marked) heads.push(h("th", { scope: "col", role: "columnheader" }, t("status")));
  // Names come first; a row of which nothing is known says so across all figures.
  const names = columns.filter(([, kind]) => kind === "name");
  const lines = rows.map((row) => {
    const cell = (each, extra, ...children) => h("td", { role: "cell", "data-label": title(each), ...extra }, ...children);
    const named = names.map(([column], index) => {
      const words = nameOf(column, row[column], context);
      if (index > 0) return cell(names[index], { class: "left" }, words);
      return h("th", { scope: "row", role: "rowheader" }, drill ? opener(drill(row), words) : words);
    });
    if (row.status === "no_data") {
      return h("tr", { role: "row" }, named, h("td", { class: "hatch gap", role: "cell", colspan: heads.length - names.length }, noData(context.gaps?.get(row.channel), context.zone)));
    }
    const figures = columns.slice(names.length).map((each) => cell(each, ...drawn(row, each, scales, context)));
    return h("tr", { role: "row" }, named, figures, marked ? h("td", { class: "state", role: "cell", "data-label": t("status") }, mark(row)) : null);
  });
  return h(
    "table",
    { class: "channels figures", role: "table", "aria-label": label ?? null },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, lines),
  );
}

const isText = ([, kind]) => ["name", "text", "code"].includes(kind) || kind.startsWith("word:");

/** Attributes and content of a cell. */
function drawn(line, each, scales, context) {
  const [column, kind, , other] = each;
  const row = other ? other(line) : line;
  if (!row) return [{ class: "soft" }, "–"];
  if (other && row.status === "no_data") return [{}, tag("no_data")];
  if (kind === "rate") return [{ class: row.status === "few" ? "soft" : null }, ...rateCell(row, column, scales.get(each))];
  if (kind === "of") return [{ class: "soft" }, ...casesCell(row)];
  if (kind.startsWith("word:")) return [{ class: "left" }, row[column] ? known(kind.slice(5), row[column]) : "–"];
  return [{ class: isText(each) ? "left" : null }, KINDS[kind](row, column, context)];
}

/** How sure a row is; silent where all is well, and where there is nothing to be unsure of. */
function mark(row) {
  const { status, covered } = state(row);
  return status === "ok" || (status === "few" && Number(row.denominator ?? 1) === 0) ? null : tag(status, covered);
}

/** Where the ends of a figure's interval stand. */
const ENDS = { value: ["low", "high"], peak_share: ["peak_low", "peak_high"] };
const ends = (row, column) => (ENDS[column] ?? []).map((end) => row[end]);

function highest(line, [column, , , other]) {
  const row = other ? other(line) : line;
  return Number(ends(row ?? {}, column)[1] ?? row?.[column] ?? 0);
}

function opener(open, words) {
  return open ? h("button", { type: "button", class: "link", "data-focus": `open-${words}`, onclick: open }, words) : words;
}

/** A proportion, its interval drawn beneath and said to who does not see it. */
export function rateCell(row, column, scale) {
  const value = row[column];
  if (!f.isNumber(value)) return ["–"];
  const [low, high] = ends(row, column);
  const head = figure(row, column, f.percent(value));
  if (!f.isNumber(low)) return [head];
  const words = t("interval", { low: f.percent(low), high: f.percent(high) });
  return [head, h("span", { class: "hidden" }, `, ${words}`), whisker({ value: Number(value), low: Number(low), high: Number(high), status: row.status, words }, scale)];
}

const casesCell = (row) => (f.isNumber(row.denominator) ? [figure(row, "numerator", f.count(row.numerator)), " / ", figure(row, "denominator", f.count(row.denominator))] : ["–"]);

/** The interval drawn: the longer the line, the less is known. */
export function whisker({ value, low, high, status, words }, scale) {
  const x = (amount) => 2 + 88 * Math.min(1, amount / scale);
  const line = (kind, from, to, width) => svg("line", { class: kind, x1: x(from), x2: x(to), y1: 4.5, y2: 4.5, "stroke-width": width, "stroke-linecap": "round" });
  const drawing = svg(
    "svg",
    { class: `whisker ${status}`, viewBox: "0 0 92 9", "aria-hidden": "true" },
    line("track", 0, scale, 1),
    line("span", low ?? value, high ?? value, 2.5),
    svg("circle", { class: "dot", cx: x(value), cy: 4.5, r: 3.2 }),
  );
  return words ? h("span", { title: words }, drawing) : drawing;
}

// What stands behind a figure, under "more": cases, the interval, and the same channel's last 90 days where cases are few.
const BEHIND = ["numerator", "denominator", "value", "low", "high", "estimate", "median", "p25", "p75", "low80", "high80", "low95", "high95", "pooled_value"];

/** The table under "more": every row of a report with what its figures stand on, in full. */
export function behind(report, context) {
  const metric = metricOf(report.metric);
  const rows = report.rows.filter((row) => row[REPORT]);
  const names = [...report.by, ...(metric?.keys ?? [])];
  const columns = BEHIND.filter((column) => metric?.columns.includes(column) && rows.some((row) => f.isNumber(row[column])));
  const money = new Set(metric?.money ?? []);
  const write = (row, column) => {
    if (!f.isNumber(row[column])) return "–";
    if (money.has(column)) return f.money(row[column], row.currency || context.currency);
    if (["numerator", "denominator"].includes(column)) return f.count(row[column]);
    return context.percent ? f.percent(row[column], 2) : f.decimal(row[column], 2);
  };
  if (rows.length === 0 || columns.length === 0) return null;
  const shown = rows.slice(0, 300);
  return [
    h(
      "table",
      { class: "plain" },
      h("thead", {}, h("tr", {}, [...names, ...columns].map((column) => h("th", { scope: "col" }, t(`col_${column}`))), h("th", { scope: "col" }, t("status")))),
      h(
        "tbody",
        {},
        shown.map((row) =>
          h(
            "tr",
            {},
            names.map((name, index) => h(index === 0 ? "th" : "td", { scope: index === 0 ? "row" : null }, nameOf(name, row[name], context))),
            columns.map((column) => h("td", {}, figure(row, column, write(row, column)))),
            h("td", {}, known("status", row.status), row.status === "partial" && f.isNumber(row.covered) ? ` ${f.percent(row.covered, 0)}` : ""),
          ),
        ),
      ),
    ),
    rows.length > shown.length ? h("p", { class: "aside" }, t("rows_more", { shown: f.count(shown.length), count: f.count(rows.length) })) : null,
  ];
}
