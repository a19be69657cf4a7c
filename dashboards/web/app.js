// The page: what the reader chose (language, theme, period, store), loading, and handing reports to the views.
import * as api from "./api.js";
import { cost, funnel, heat, say, trend } from "./charts.js";
import { banners, cards, summary } from "./connections.js";
import { at, fill, h } from "./dom.js";
import { empty, nothingInPeriod, tie } from "./notes.js";
import { day, daysBetween, instant, money, shift } from "./format.js";
import { LANGUAGES, choose, pick, t } from "./i18n.js";
import * as model from "./model.js";
import { languageMarks, preferences } from "./prefs.js";
import { channelTable } from "./table.js";
import { tiles } from "./tiles.js";
import { meaning } from "./words.js";

const root = document.documentElement;
const chosen = { period: "30", from: null, to: null, store: "", heat: "application_heat", heatChannel: "" };
const known = { overview: null, catalogue: new Map(), connections: [], reports: {}, before: null };
let running = null;

/** The choices live in the address, so that a link shows what its sender saw. */
function readAddress() {
  const query = new URLSearchParams(location.search);
  const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "");
  if (["7", "30", "90", "all", "custom"].includes(query.get("period"))) chosen.period = query.get("period");
  if (isDay(query.get("from")) && isDay(query.get("to"))) [chosen.from, chosen.to] = [query.get("from"), query.get("to")];
  else if (chosen.period === "custom") chosen.period = "30";
  chosen.store = query.get("store") ?? "";
}

function writeAddress() {
  const query = new URLSearchParams({ period: chosen.period });
  if (chosen.period === "custom") {
    query.set("from", chosen.from);
    query.set("to", chosen.to);
  }
  if (chosen.store) query.set("store", chosen.store);
  history.replaceState(null, "", `?${query}`);
}

function period() {
  const { today, data } = known.overview;
  if (chosen.period === "custom") return { from: chosen.from, to: chosen.to };
  if (chosen.period === "all") return { from: data.first ?? today, to: data.last > today || !data.last ? today : data.last };
  return { from: shift(today, 1 - Number(chosen.period)), to: today };
}

const names = () => new Map(known.overview.channels.map((channel) => [channel.id, channel.name]));
const zone = () => known.overview.company.timezone;

// ---- loading

async function start() {
  readAddress();
  wire();
  await choose(LANGUAGES.includes(root.lang) ? root.lang : "en");
  marks();
  await loadAll();
}

async function loadAll() {
  try {
    const [overview, metrics, connections] = await Promise.all([api.overview(), api.metrics(), api.connections()]);
    known.overview = overview;
    known.catalogue = new Map(metrics.metrics.map((metric) => [metric.id, metric]));
    known.connections = connections.connections;
  } catch (error) {
    broken(error);
    return;
  }
  if (!known.overview.stores.includes(chosen.store)) chosen.store = "";
  if (known.overview.data.first) await load();
  else render();
}

/** Every report of the page; each may fail alone. A newer choice stops an older load. */
async function load() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  at("board").setAttribute("aria-busy", "true");
  const span = period();
  const filters = chosen.store ? { store: [chosen.store] } : {};
  const get = (metric, by, over = span) => settle(api.report(metric, { by, filters, ...over }, signal));
  const totals = (over) => ({ volumeTotal: get("volume", [], over), conversionTotal: get("conversion", [], over), spendTotal: get("spend", [], over), perResumeTotal: get("cost_per_resume", [], over) });
  const wanted = {
    ...totals(span),
    volume: get("volume", ["channel"]),
    days: get("volume", ["day"]),
    conversion: get("conversion", ["channel"]),
    spend: get("spend", ["channel"]),
    perResume: get("cost_per_resume", ["channel"]),
    perOnboarded: get("cost_per_onboarded", ["channel"]),
    heat: settle(loadHeat(signal)),
    byStore: chosen.store ? settle(api.report("spend", { by: ["store"], ...span }, signal)) : null,
  };
  try {
    known.before = null;
    known.reports = placed(await all(wanted));
    at("board").setAttribute("aria-busy", "false");
    render();
    // The comparison comes after what was asked for, and only where it can be made.
    const earlier = comparable(known.reports) && before(span);
    if (!earlier) return;
    const found = await all(totals(earlier));
    known.before = comparable(found) ? found : null;
    headline(span);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

/** Of one store: money that could not be given to any store is not shown as nothing. */
function placed(reports) {
  if (!(model.spendWithoutStore(reports.byStore) > 0)) return reports;
  const costs = ["spendTotal", "perResumeTotal", "spend", "perResume", "perOnboarded"];
  return { ...reports, ...Object.fromEntries(costs.map((key) => [key, model.unplaced(reports[key])])) };
}

const settle = (promise) =>
  promise.catch((error) => {
    if (error.name === "AbortError") throw error;
    return { failure: error };
  });

async function all(promises) {
  const keys = Object.keys(promises);
  const values = await Promise.all(Object.values(promises));
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}

function loadHeat(signal) {
  const filters = {};
  if (chosen.store) filters.store = [chosen.store];
  if (chosen.heatChannel) filters.channel = [chosen.heatChannel];
  return api.report(chosen.heat, { by: [], filters, ...period() }, signal);
}

/** The period of the same length just before, when the data reaches that far back. */
function before(span) {
  if (chosen.period === "all") return null;
  const length = daysBetween(span.from, span.to);
  const from = shift(span.from, -length);
  return known.overview.data.first && from >= known.overview.data.first ? { from, to: shift(span.from, -1) } : null;
}

// ---- drawing

function render() {
  const { overview, connections, reports } = known;
  const span = period();
  at("company").textContent = overview.company.name || "Inflow";
  document.title = overview.company.name ? `${overview.company.name} · ${t("title")}` : t("title");
  const days = daysBetween(span.from, span.to);
  at("range").textContent = t("range", { from: day(span.from), to: day(span.to), days, zone: zone() });
  at("asof").textContent = t("asof", { at: instant(overview.now, zone()), zone: zone() });
  at("version").textContent = `Inflow ${overview.version}`;
  stores();
  fill(at("connections"), cards(connections, { zone: zone(), names: names() }));
  at("connections-aside").textContent = summary(connections);
  fill(at("notices"), banners(connections, { zone: zone(), names: names(), period: span }));
  for (const node of document.querySelectorAll("[data-meaning]")) fill(node, meaning(known.catalogue, node.dataset.meaning));

  const isEmpty = !overview.data.first;
  at("connections-card").hidden = connections.length === 0;
  at("filters").hidden = isEmpty;
  at("board").hidden = isEmpty;
  at("empty").hidden = !isEmpty;
  if (isEmpty) {
    fill(at("empty"), empty(overview, connections));
    return;
  }
  const elsewhere = model.spendWithoutStore(reports.byStore);
  if (elsewhere > 0) at("notices").append(h("p", { class: "notice warn" }, t("spend_without_store", { amount: money(elsewhere, overview.company.currency) })));
  if (nothing(reports)) at("notices").append(nothingInPeriod(overview.data, () => choosePeriod("all")));
  figures(span);
}

function nothing(reports) {
  const volume = model.total(reports.volumeTotal);
  const spend = model.totalSpend(reports.spendTotal);
  return volume && volume.status !== "no_data" && !volume.applications && !volume.postings && spend?.status !== "unplaced" && !Number(spend?.amount ?? 0);
}

function headline(span) {
  const { overview, reports, catalogue, before: earlier } = known;
  const [outage] = model.gaps(known.connections).values();
  fill(at("tiles"), tiles({ reports, before: earlier, period: span, catalogue, overview, outage, failureWords }));
}

function figures(span) {
  const { overview, reports } = known;
  const gaps = model.gaps(known.connections);
  const currency = overview.company.currency;
  headline(span);

  section("trend", ["days"], () => trend(daily(reports.days, span)));
  const rows = model.channelRows({ overview, ...reports }, gaps);
  const feeds = new Map();
  for (const each of known.connections) for (const id of each.channels) feeds.set(id, [...(feeds.get(id) ?? []), each]);
  section("channels", ["volume"], () => {
    const missing = failed(["conversion", "spend", "perResume", "perOnboarded"]);
    fill(at("channels"), missing ? h("p", { class: "failed" }, failureWords(missing)) : null, channelTable(rows, { currency, zone: zone(), feeds }));
  });
  section("funnel", ["conversionTotal"], () => {
    const data = model.funnel(reports.conversionTotal);
    at("funnel-aside").textContent = t("funnel_aside");
    if (data && data.steps[0].count > 0) funnel(data);
    else say("funnel", "nothing", t("none"));
  });
  section("cost", ["spend", "perResume"], () => {
    cost(rows, model.unallocated(reports.spend), currency);
    fill(at("tie"), tie(model.reconciles(reports.spend), currency, chosen.store !== ""));
  });
  drawHeat();
}

function drawHeat() {
  const options = [h("option", { value: "" }, t("all_channels")), ...known.overview.channels.map((each) => h("option", { value: each.id }, pick(each.name) || each.id))];
  fill(at("heat-channel"), options);
  at("heat-channel").value = chosen.heatChannel;
  section("heat", ["heat"], () => {
    const data = model.heat(known.reports.heat);
    heat(chosen.heat, data);
    at("heat-aside").textContent = [t("heat_zone"), data.leftOut > 0 ? t("left_out", { count: data.leftOut }) : ""].join(" ");
    fill(at("heat-meaning"), meaning(known.catalogue, chosen.heat));
  });
}

/** Draws one section, or says why it cannot be drawn; the others stand. */
function section(id, keys, draw) {
  const failure = failed(keys);
  if (!failure) return draw();
  say(id, "failed", failureWords(failure));
  return undefined;
}

const failed = (keys) => keys.map((key) => known.reports[key]?.failure).find(Boolean) ?? null;

function failureWords(error) {
  const words = error.message === "unreachable" ? t("unreachable") : error.message;
  return h("span", {}, t("failed", { error: words }), error.hint ? ` (${error.hint})` : "", " ", h("button", { type: "button", class: "link", onclick: () => loadAll() }, t("retry")));
}

function broken(error) {
  at("board").hidden = true;
  fill(at("notices"), h("p", { class: "notice bad" }, failureWords(error)));
}

/** Whether totals are whole: a gap in them or a failed answer would make a comparison a lie. */
function comparable(reports) {
  const whole = (report) => report && !report.failure && !["no_data", "partial", "unplaced"].includes(model.total(report)?.status);
  return ["volumeTotal", "conversionTotal", "spendTotal", "perResumeTotal"].every((key) => whole(reports[key]));
}

/** One entry a day of the period; a day that the report leaves out is zero. */
function daily(report, span) {
  const found = new Map(report.rows.map((row) => [model.dayOf(row), row]));
  return Array.from({ length: daysBetween(span.from, span.to) }, (_, index) => {
    const date = shift(span.from, index);
    const row = found.get(date);
    return row ? { day: date, count: row.applications, ...model.state(row) } : { day: date, count: 0, status: "ok", covered: null };
  });
}

// ---- choices

function marks() {
  for (const button of document.querySelectorAll("[data-period]")) button.setAttribute("aria-pressed", String(button.dataset.period === chosen.period));
  languageMarks();
  for (const button of document.querySelectorAll("[data-heat]")) button.setAttribute("aria-pressed", String(button.dataset.heat === chosen.heat));
  at("custom").hidden = chosen.period !== "custom";
}

function stores() {
  const list = known.overview.stores;
  at("store-pick").hidden = list.length === 0;
  fill(at("store"), h("option", { value: "" }, t("all_stores")), list.map((name) => h("option", { value: name }, name)));
  at("store").value = chosen.store;
}

function choosePeriod(next) {
  if (next === "custom" && !chosen.from) Object.assign(chosen, period());
  chosen.period = next;
  if (next === "custom") [at("from").value, at("to").value] = [chosen.from, chosen.to];
  marks();
  writeAddress();
  load();
}

function chooseDays() {
  const [from, to] = [at("from").value, at("to").value];
  if (!from || !to) return;
  at("to").setCustomValidity(from > to ? t("bad_range") : "");
  if (!at("to").reportValidity()) return;
  Object.assign(chosen, { from, to });
  writeAddress();
  load();
}

async function reloadHeat() {
  marks();
  try {
    known.reports.heat = await settle(loadHeat(running?.signal));
  } catch {
    return;
  }
  drawHeat();
}

function wire() {
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("periods").addEventListener("click", ({ target }) => target.dataset.period && choosePeriod(target.dataset.period));
  for (const id of ["from", "to"]) at(id).addEventListener("change", chooseDays);
  at("store").addEventListener("change", ({ target }) => {
    chosen.store = target.value;
    writeAddress();
    load();
  });
  at("heat-kind").addEventListener("click", ({ target }) => {
    if (!target.dataset.heat) return;
    chosen.heat = target.dataset.heat;
    reloadHeat();
  });
  at("heat-channel").addEventListener("change", ({ target }) => {
    chosen.heatChannel = target.value;
    reloadHeat();
  });
  preferences(() => known.overview && render());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => known.overview && render());
  if (chosen.period === "custom") [at("from").value, at("to").value] = [chosen.from, chosen.to];
}

start();
