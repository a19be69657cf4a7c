// The channel table: sortable, one row to open for what stands behind the figures.
import { h, svg } from "./dom.js";
import { figure } from "./figure.js";
import { rateCell } from "./figures.js";
import { count, isNumber, money, percent } from "./format.js";
import { known, t } from "./i18n.js";
import { channelName, complaint, noData, tag } from "./words.js";

const sorting = { key: null, descending: true };
const open = new Set();

const KEYS = {
  name: (row) => channelName(row),
  applications: (row) => row.applications,
  share: (row) => row.share,
  attended: (row) => certain(row.attended),
  onboarded: (row) => certain(row.onboarded),
  spend: (row) => number(row.spend?.amount),
  perResume: (row) => (row.perResume?.status === "few" ? null : number(row.perResume?.value)),
};
const number = (value) => (value === null || value === undefined ? null : Number(value));
// Too few cases are not ranked: they sort after those that are.
const certain = (rate) => (rate === null || rate.status === "few" ? null : rate.value);

export function channelTable(rows, context) {
  const columns = [
    ["name", t("channel")],
    ["applications", t("resumes")],
    ["share", t("share")],
    ["attended", t("to_attended")],
    ["onboarded", t("to_onboarded")],
    ["spend", t("cost")],
    ["perResume", t("per_resume")],
  ];
  const table = h("table", { class: "channels", role: "table" });
  const draw = () => {
    const heads = columns.map(([key, label]) =>
      h(
        "th",
        { scope: "col", role: "columnheader", "aria-sort": sorting.key === key ? (sorting.descending ? "descending" : "ascending") : null },
        h("button", { type: "button", "data-focus": `sort-${key}`, title: t("sort_by", { column: label }), onclick: () => sortBy(key, draw) }, label),
      ),
    );
    heads.push(h("th", { scope: "col", role: "columnheader" }, t("status")));
    // The widest cell of each rate column, so that whiskers of a column share one scale.
    const scale = (key) => Math.max(0.05, ...rows.map((row) => row[key]?.high ?? 0));
    const most = Math.max(0, ...rows.map((row) => row.share ?? 0));
    const scales = { attended: scale("attended"), onboarded: scale("onboarded"), share: most };
    const body = sorted(rows).flatMap((row) => lines(row, columns, scales, context, draw));
    table.replaceChildren(h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)), h("tbody", { role: "rowgroup" }, body));
  };
  draw();
  return table;
}

function sortBy(key, draw) {
  sorting.descending = sorting.key === key ? !sorting.descending : key !== "name";
  sorting.key = key;
  draw();
  document.querySelector(".channels th[aria-sort] button")?.focus();
}

/** Most resumes first unless the reader chose; rows without the figure always last. */
function sorted(rows) {
  const read = KEYS[sorting.key ?? "applications"];
  const sign = sorting.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [read(a), read(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return typeof x === "string" ? sign * x.localeCompare(y) : sign * (x - y);
  });
}

function lines(row, columns, scales, context, draw) {
  const { currency, zone } = context;
  const name = channelName(row);
  const expanded = open.has(row.id);
  const detail = `detail-${row.id}`;
  const toggle = () => {
    if (!open.delete(row.id)) open.add(row.id);
    draw();
    document.querySelector(`[data-focus="${CSS.escape(detail)}"]`)?.focus();
  };
  const cell = (index, extra, ...children) =>
    h("td", { role: "cell", "data-label": columns[index]?.[1] ?? t("status"), ...extra }, ...children);
  const head = cell(
    0,
    {},
    h("span", { class: "name" }, chevron(name, detail, expanded, toggle), name),
  );
  const costs = [
    ["no_data", "unplaced"].includes(row.spend?.status)
      ? cell(5, {}, tag(row.spend.status))
      : cell(5, {}, isNumber(row.spend?.amount) ? figure(row.spend.row, "amount", money(row.spend.amount, currency, true), { title: money(row.spend.amount, currency) }) : "–"),
    cell(6, { class: row.perResume?.status === "few" ? "soft" : null }, row.perResume ? figure(row.perResume.row, "value", money(row.perResume.value, currency)) : "–"),
  ];
  const figures =
    row.status === "no_data"
      ? [cell(-1, { class: "hatch gap", colspan: 4 }, noData(row.gap, zone)), ...costs]
      : [
          cell(1, {}, figure(row.row, "applications", count(row.applications))),
          cell(2, {}, figure(row.row, "share", percent(row.share)), row.share === null ? null : shareBar(row.share, scales.share)),
          rateOf(cell, 3, row.attended, scales.attended),
          rateOf(cell, 4, row.onboarded, scales.onboarded),
          ...costs,
        ];
  const main = h("tr", { role: "row" }, head, figures, cell(-1, { class: "state" }, marks(row)));
  if (!expanded) return [main];
  return [main, h("tr", { class: "detail", role: "row", id: detail }, h("td", { colspan: 8, role: "cell" }, facts(row, context)))];
}

function marks(row) {
  const few = row.status === "ok" && (row.attended?.status === "few" || row.onboarded?.status === "few");
  return few ? tag("few") : tag(row.status, row.covered);
}

function chevron(name, controls, expanded, onclick) {
  return h(
    "button",
    { type: "button", class: "more", "aria-expanded": String(expanded), "aria-controls": expanded ? controls : null, "data-focus": controls, "aria-label": t("more", { channel: name }), title: t("more", { channel: name }), onclick },
    svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: "M5.5 3l5 5-5 5", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" })),
  );
}

function shareBar(share, most) {
  const bar = h("i");
  bar.style.width = `${most > 0 ? (share / most) * 100 : 0}%`;
  return h("span", { class: "sharebar", "aria-hidden": "true" }, bar);
}

function rateOf(cell, index, rate, scale) {
  if (!rate || rate.value === null) return cell(index, { class: "soft" }, "–");
  return cell(index, { class: rate.status === "few" ? "soft" : null, title: t("of", { n: count(rate.numerator), d: count(rate.denominator) }) }, ...rateCell(rate.row, "value", scale));
}

const intervalWords = (rate) => t("interval", { low: percent(rate.low), high: percent(rate.high) });

/** What stands behind the row's figures. */
function facts(row, { currency, feeds, drill }) {
  const fact = (title, value, ...small) =>
    h("div", {}, h("dt", {}, title), h("dd", {}, value, ...small.filter(Boolean).map((text) => h("small", {}, text))));
  const rateFact = (title, rate) =>
    rate && rate.denominator !== null
      ? fact(
          title,
          `${percent(rate.value)} (${t("of", { n: count(rate.numerator), d: count(rate.denominator) })})`,
          rate.value === null ? null : intervalWords(rate),
          rate.mature !== null && rate.mature < 1 ? t("matured", { share: percent(rate.mature, 0) }) : null,
          rate.status === "few" ? t("few_says") : null,
          rate.status === "few" && rate.pooled !== null ? t("pooled", { value: percent(rate.pooled) }) : null,
        )
      : null;
  const unitFact = (title, unit) =>
    unit && isNumber(unit.value)
      ? fact(
          title,
          money(unit.value, currency),
          t("interval", { low: money(unit.low, currency), high: money(unit.high, currency) }),
          unit.status === "few" ? t("few_says") : null,
          unit.status === "few" && isNumber(unit.pooled) ? t("pooled", { value: money(unit.pooled, currency) }) : null,
        )
      : null;
  const sources = feeds.get(row.id) ?? [];
  const opens = (words, wanted) => h("button", { type: "button", class: "action", "data-focus": `${wanted.drill}-${row.id}`, onclick: () => drill({ ...wanted, of: row.id }) }, words);
  return [
    factList(row, sources, { fact, rateFact, unitFact }),
    h("p", { class: "actions" }, opens(t("open_applications"), { drill: "stage_entries", stage: "applied" }), opens(t("open_ledger"), { drill: "spend_entries" })),
  ];
}

function factList(row, sources, { fact, rateFact, unitFact }) {
  return h(
    "dl",
    { class: "facts" },
    row.status === "no_data" ? null : fact(t("candidates"), figure(row.row, "candidates", count(row.candidates)), row.keyShare === null ? null : t("per_person", { keyed: percent(row.keyShare, 0) })),
    row.postings === null ? null : fact(t("postings"), figure(row.row, "postings", count(row.postings)), t("postings_clusters", { clusters: count(row.clusters) })),
    rateFact(t("to_attended"), row.attended),
    rateFact(t("to_onboarded"), row.onboarded),
    unitFact(t("cost_per_resume"), row.perResume),
    unitFact(t("cost_per_onboarded"), row.perOnboarded),
    row.status === "partial" && row.covered !== null ? fact(t("status"), t("partial_says", { covered: percent(row.covered, 0) })) : null,
    sources.length === 0
      ? null
      : fact(t("source"), sources.map((each) => each.name).join(", "), ...sources.filter((each) => each.status === "failing").map((each) => `${known("connection", each.status)}: ${complaint(each)}`)),
  );
}
