// The finance page: months, loading, and one table for each question of a controller. Every figure is a row of a report; nothing is added up here.
import { access } from "./access.js";
import * as api from "./api.js";
import { at, fill, h } from "./dom.js";
import { ledgerLines } from "./entries.js";
import { learn, metricOf } from "./figure.js";
import { count, day, decimal, instant, isNumber, money, percent } from "./format.js";
import { LANGUAGES, choose, known, pick, t } from "./i18n.js";
import { BUDGET } from "./metrics.js";
import { SUBJECTS, subjects } from "./nav.js";
import { languageMarks, preferences } from "./prefs.js";
import { meaning } from "./words.js";

const root = document.documentElement;
const chosen = { from: null, to: null, channel: null };
const state = { overview: null, reports: {}, entries: null };
let running = null;

const isMonth = (text) => /^\d{4}-\d\d$/.test(text ?? "");

/** The choices live in the address, so that a link shows what its sender saw. */
function readAddress() {
  const query = new URLSearchParams(location.search);
  if (isMonth(query.get("from")) && isMonth(query.get("to"))) [chosen.from, chosen.to] = [query.get("from"), query.get("to")].sort();
  chosen.channel = query.get("channel");
}

function writeAddress() {
  const query = new URLSearchParams({ from: chosen.from, to: chosen.to });
  if (chosen.channel !== null) query.set("channel", chosen.channel);
  history.replaceState(null, "", `?${query}`);
}

/** All months of the data, newest first. */
function months() {
  const { data, today } = state.overview;
  const last = (data.last && data.last < today ? data.last : today).slice(0, 7);
  let [year, month] = (data.first ?? today).split("-").map(Number);
  const all = [];
  for (let each = ""; each < last && all.length < 600; month += 1) {
    if (month > 12) [year, month] = [year + 1, 1];
    each = `${year}-${String(month).padStart(2, "0")}`;
    all.unshift(each);
  }
  return all.length > 0 ? all : [last];
}

const lastDay = (month) => {
  const [year, number] = month.split("-").map(Number);
  return `${month}-${String(new Date(Date.UTC(year, number, 0)).getUTCDate()).padStart(2, "0")}`;
};
const span = () => ({ from: `${chosen.from}-01`, to: lastDay(chosen.to) });
const names = () => new Map([...state.overview.channels.map((channel) => [channel.id, pick(channel.name)]), ["unallocated", t("unallocated")]]);
const channelOf = (row) => names().get(row.channel) ?? row.channel;

// ---- loading

async function start() {
  readAddress();
  wire();
  await choose(LANGUAGES.includes(root.lang) ? root.lang : "en");
  await access();
  languageMarks();
  try {
    const [overview, metrics] = await Promise.all([api.overview(), api.metrics()]);
    state.overview = overview;
    learn(metrics.metrics);
  } catch (error) {
    broken(error);
    return;
  }
  const all = months();
  if (!all.includes(chosen.from) || !all.includes(chosen.to)) chosen.from = chosen.to = all[0];
  if (state.overview.data.first) await load();
  else render();
}

/** Every report of the page; each may fail alone. A newer choice stops an older load. */
async function load() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  at("board").setAttribute("aria-busy", "true");
  const get = (metric, by = []) => settle(api.report(metric, { by, ...span() }, signal));
  const wanted = {
    total: get("cash"),
    cash: get("cash", ["channel"]),
    months: get("cash", ["month"]),
    closed: get("spend", ["month"]),
    closings: get("closings", ["month"]),
    bank: get("bank", ["channel"]),
    invoices: get("invoices", ["channel"]),
    ties: get("ties"),
    faults: get("ledger_faults", ["channel"]),
    budget: get(BUDGET, ["month"]),
    wallets: get("wallet", ["channel", "account"]),
    packages: get("packages", ["channel"]),
    entries: chosen.channel === null ? null : entries(signal),
  };
  try {
    const loaded = await Promise.all(Object.entries(wanted).map(async ([name, report]) => [name, await report]));
    state.reports = Object.fromEntries(loaded);
  } catch (error) {
    if (error.name === "AbortError") return;
    throw error;
  }
  writeAddress();
  render();
}

const entries = (signal) => settle(api.report("spend_entries", { by: ["channel", "kind"], filters: { channel: [chosen.channel] }, ...span() }, signal));

async function settle(asked) {
  try {
    return { ok: await asked };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { failed: error };
  }
}

function broken(error) {
  const says = error.message === "unreachable" ? t("unreachable") : error.message;
  fill(at("notices"), h("p", { class: "notice bad" }, says, error.hint ? h("small", {}, error.hint) : null));
  at("board").hidden = true;
}

// ---- drawing

function render() {
  const { overview } = state;
  at("company").textContent = overview.company.name || "Inflow";
  at("version").textContent = `Inflow ${overview.version}`;
  at("asof").textContent = t("as_of", { at: day(overview.today) });
  for (const node of document.querySelectorAll("[data-meaning]")) fill(node, ...meaning(metricOf(node.dataset.meaning === "budget" ? BUDGET : node.dataset.meaning)));
  // Whom the books are open to may see a card of every subject.
  subjects(at("subjects"), SUBJECTS, "spend", (subject) => `/?subject=${subject}`);
  drawMonths();
  const nothing = !overview.data.first;
  at("board").hidden = nothing;
  at("empty").hidden = !nothing;
  if (nothing) {
    fill(at("empty"), h("h2", {}, t("finance_empty")), h("p", {}, t("finance_empty_says")), h("ol", {}, h("li", {}, t("finance_empty_step"), h("code", {}, "inflow import spend ledger.csv --connection ledger"))));
    return;
  }
  tilesOf(state.reports);
  each("cash", cashTable);
  each("ties", tiesTable);
  each("faults", faultsTable);
  each("months", monthsTable);
  each("closings", closingsTable);
  each("bank", bankTable);
  each("invoices", invoicesTable);
  each("budget", budgetTable);
  each("wallets", walletsTable);
  each("packages", packagesTable);
  drawEntries();
  at("board").setAttribute("aria-busy", "false");
}

/** A report into the place of its name; what failed says so where it would stand. */
function each(name, draw) {
  const report = state.reports[name];
  if (!report) return;
  fill(at(name), report.failed ? h("p", { class: "failed" }, report.failed.message) : draw(report.ok));
}

function drawMonths() {
  const all = months();
  for (const [id, value] of [["from", chosen.from], ["to", chosen.to]]) {
    fill(at(id), all.map((month) => h("option", { value: month, selected: month === value }, month)));
  }
  const { from, to } = span();
  at("range").textContent = `${day(from)} – ${day(to)}`;
}

const currency = () => state.overview.company.currency;
const cash = (value) => money(value, currency());

function tilesOf({ total, ties, faults }) {
  const row = total.ok?.rows[0] ?? {};
  const open = ties.ok ? ties.ok.rows.filter((tie) => !tie.ties).length : null;
  const found = faults.ok ? faults.ok.rows.length : null;
  const tile = (title, value, line, bad = false) => h("li", { class: "tile" }, h("h3", {}, title), h("p", { class: `big${bad ? " off" : ""}` }, value), h("p", { class: "line" }, line));
  fill(
    at("tiles"),
    tile(t("accrued"), cash(row.accrued), t("accrued_says")),
    tile(t("paid"), cash(row.paid), t("paid_says")),
    tile(t("into_wallets"), cash(row.wallets), t("into_wallets_says")),
    tile(t("into_prepaid"), cash(row.prepaid), t("into_prepaid_says")),
    tile(t("ties_title"), open === null ? "–" : open === 0 ? t("tie_ok") : t("ties_open", { count: open }), "", open > 0),
    tile(t("to_check"), found === null ? "–" : count(found), t("to_check_says"), found > 0),
  );
}

/** A table of a report: heads with a kind each, rows of cells; amounts to the right. */
function table(caption, heads, rows, nothing) {
  if (rows.length === 0) return h("p", { class: "nothing" }, nothing);
  return h(
    "table",
    { class: "plain ledger" },
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows.map(({ cells, total }) => h("tr", { class: total ? "total" : null }, cells.map((cell, index) => (index === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell)))))),
  );
}

function cashTable(report) {
  const columns = ["paid", "wallets", "prepaid", "input_vat", "payable", "accrued"];
  const cells = (row) => columns.map((column) => (row.status === "no_data" ? h("span", { class: "hatch-text" }, t("status_no_data")) : cash(row[column])));
  const open = (row) =>
    h(
      "button",
      {
        type: "button",
        class: "link",
        "aria-expanded": String(chosen.channel === row.channel),
        title: t("entries_of", { channel: channelOf(row) }),
        onclick: () => openEntries(row.channel),
      },
      channelOf(row),
    );
  const rows = report.rows.map((row) => ({ cells: [open(row), ...cells(row)] }));
  const total = state.reports.total.ok?.rows[0];
  if (total) rows.push({ cells: [t("total"), ...cells(total)], total: true });
  return table(t("cash_title"), [t("channel"), t("paid"), t("into_wallets"), t("into_prepaid"), t("into_vat"), t("still_owed"), t("accrued")], rows, t("nothing_in_period"));
}

async function openEntries(channel) {
  chosen.channel = chosen.channel === channel ? null : channel;
  writeAddress();
  state.reports.entries = chosen.channel === null ? null : await entries();
  render();
}

function drawEntries() {
  const report = state.reports.entries;
  if (!report || chosen.channel === null) {
    fill(at("entries"));
    return;
  }
  if (report.failed) {
    fill(at("entries"), h("p", { class: "failed" }, report.failed.message));
    return;
  }
  const title = t("entries_of", { channel: channelOf({ channel: chosen.channel }) });
  fill(at("entries"), h("h3", {}, title), ledgerLines(report.ok, title, currency()), h("p", { class: "meaning" }, ...meaning(metricOf("spend_entries"))));
}

function tiesTable(report) {
  const rows = report.rows.map((row) => ({
    cells: [
      known("ties", row.tie),
      cash(row.amount),
      cash(row.against),
      cash(row.difference),
      row.open > 0 ? t("tie_unconverted", { count: count(row.open) }) : "",
      h("span", { class: `tag ${row.ties ? "ok" : "failing"}` }, row.ties ? t("tie_ok") : t("tie_differs")),
    ],
  }));
  return table(t("ties_title"), [t("tie"), t("amount"), t("against"), t("difference"), "", t("status")], rows, t("nothing_in_period"));
}

function faultsTable(report) {
  if (report.rows.length === 0) return h("p", { class: "aside" }, t("faults_none"));
  const rows = report.rows.slice(0, 200).map((row) => ({
    cells: [known("fault", row.reason), channelOf(row), row.account || "", row.entry, row.document || "", day(row.day), decimal(row.says, 4), decimal(row.expected, 4)],
  }));
  return table(t("to_check"), [t("to_check"), t("channel"), t("account"), t("entry"), t("document"), t("day"), t("says"), t("expected")], rows, "");
}

function monthsTable(report) {
  const columns = ["paid", "wallets", "prepaid", "input_vat", "payable", "accrued"];
  const closed = new Map((state.reports.closed.ok?.rows ?? []).map((row) => [row.month, row.as_closed]));
  const rows = report.rows.map((row) => ({ cells: [row.month.slice(0, 7), ...columns.map((column) => cash(row[column])), cash(closed.get(row.month))] }));
  const heads = [t("month"), t("paid"), t("into_wallets"), t("into_prepaid"), t("into_vat"), t("still_owed"), t("accrued"), t("as_closed")];
  return table(t("months_title"), heads, rows, t("nothing_in_period"));
}

function closingsTable(report) {
  const rows = report.rows.map((row) => ({
    cells: [
      `${row.month.slice(0, 7)} (${row.closing})`,
      row.closed_by,
      instant(row.closed_at, state.overview.company.timezone),
      cash(row.as_closed),
      cash(row.as_now),
      cash(row.difference),
      count(row.later_lines),
      row.reopened_by ? `${row.reopened_by}: ${row.reopen_reason}` : row.despite || "",
      h("code", { title: row.hash }, String(row.hash).slice(0, 12)),
    ],
  }));
  const heads = [t("month"), t("closed_by"), t("closed_at"), t("as_closed"), t("as_now"), t("difference"), t("later_lines"), t("reason"), t("hash")];
  return table(t("closings_title"), heads, rows, t("closings_none"));
}

/** What is in order as sums, everything else line by line. */
function matches(report, outcome, prefix, cells, heads, nothing, title) {
  const shown = report.rows.slice(0, 200);
  const rows = shown.map((row) => ({
    cells: [channelOf(row) || "–", known("side", row.side), known(prefix, row[outcome]), row.day_booked ? row.entry : t("lines_of", { count: count(row.lines) }), money(row.amount, row.currency || currency()), ...cells(row)],
  }));
  return table(title, [t("channel"), t("side"), t("status"), t("entry"), t("amount_alone"), ...heads], rows, nothing);
}

const dayOr = (text) => (text && text !== "1970-01-01" ? day(text) : "–");

function bankTable(report) {
  const cells = (row) => [dayOr(row.day_booked), row.counterparty || "", row.document || "", row.candidate || "", isNumber(row.difference) ? money(row.difference, row.currency || currency()) : ""];
  const heads = [t("day"), t("counterparty"), t("document"), t("candidate"), t("difference")];
  return matches(report, "outcome", "match", cells, heads, t("bank_none"), t("bank_title"));
}

/** A row for each channel and status: how many, how much, since when, and which to look at first. */
function invoicesTable(report) {
  const rows = report.rows.map((row) => ({
    cells: [
      channelOf(row) || "–",
      known("side", row.side),
      known("invoiced", row.state),
      count(row.lines),
      money(row.amount, row.currency || currency()),
      dayOr(row.oldest),
      dayOr(row.due_on),
      isNumber(row.difference) ? money(row.difference, row.currency || currency()) : "",
      row.numbers ? `${row.examples} · ${row.numbers}` : row.examples || "",
    ],
  }));
  const heads = [t("channel"), t("side"), t("status"), t("lines"), t("amount_alone"), t("oldest"), t("due_on"), t("difference"), t("examples")];
  return table(t("invoices_title"), heads, rows, t("invoices_none"));
}

function budgetTable(report) {
  const name = (row) => (row.budget_of === "all" ? t("budget_all") : (names().get(row.budget_of) ?? row.budget_of));
  const rows = report.rows.map((row) => ({
    cells: [
      `${row.month.slice(0, 7)} · ${name(row)}`,
      cash(row.budget),
      cash(row.actual),
      cash(row.left),
      percent(row.pace),
      row.days_left > 0 ? [cash(row.expected), h("small", {}, t("interval", { low: cash(row.expected_low), high: cash(row.expected_high) }))] : cash(row.expected),
      h("span", { class: `tag ${{ within: "ok", may_exceed: "partial" }[row.state] ?? "failing"}` }, known("budget", row.state)),
    ],
  }));
  return table(t("budget_title"), [t("month"), t("budget"), t("actual"), t("left"), t("pace"), t("month_end"), t("status")], rows, t("budget_none"));
}

function walletsTable(report) {
  const units = (value) => decimal(value, 2);
  const rows = report.rows.map((row) => ({
    cells: [
      [channelOf(row), row.account ? ` · ${row.account}` : ""],
      row.measure === "units" ? t("units") : row.measure,
      ...["opening", "recharged", "granted", "credited", "used", "refunded", "expired", "closing"].map((column) => units(row[column])),
      cash(row.closing_value),
      isNumber(row.stated) ? [units(row.stated), Number(row.difference) === 0 ? "" : h("small", { class: "off" }, t("differs_by", { by: units(row.difference) }))] : "–",
    ],
  }));
  const heads = [t("account"), t("measure"), t("opening"), t("recharged"), t("granted"), t("credited"), t("used"), t("refunded"), t("expired"), t("closing"), t("worth"), t("stated")];
  return table(t("wallets_title"), heads, rows, t("wallets_none"));
}

function packagesTable(report) {
  const rows = report.rows.map((row) => ({
    cells: [
      `${channelOf(row)} · ${row.document}${row.item ? ` · ${row.item}` : ""}`,
      known("rule", row.rule),
      `${day(row.valid_from)} – ${day(row.valid_to)}`,
      ...["entitled", "used", "left", "expired"].map((column) => decimal(row[column], 2)),
      ...["cost", "cost_used", "cost_left", "cost_expired"].map((column) => cash(row[column])),
    ],
  }));
  const heads = [t("package"), t("rule"), t("valid"), t("entitled"), t("used"), t("left"), t("expired"), t("cost"), t("cost_used"), t("cost_left"), t("cost_expired")];
  return table(t("packages_title"), heads, rows, t("packages_none"));
}

// ---- what the reader does

function wire() {
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("change", () => {
    [chosen.from, chosen.to] = [at("from").value, at("to").value].sort();
    load();
  });
  preferences(() => state.overview && render());
}

start();
