// The page: what the reader chose (subject, period, store, channel), loading, and handing reports to the cards.
import { access } from "./access.js";
import * as address from "./address.js";
import * as api from "./api.js";
import { complete, frame } from "./card.js";
import { forget } from "./charts.js";
import { banners } from "./connections.js";
import { at, fill, h } from "./dom.js";
import * as drill from "./drill.js";
import { learn, metricOf } from "./figure.js";
import { day, daysBetween, instant, money, shift } from "./format.js";
import { LANGUAGES, choose as chooseLanguage, pick, t } from "./i18n.js";
import { watch } from "./live.js";
import * as model from "./model.js";
import { SUBJECTS, subjects } from "./nav.js";
import { empty, nothingInPeriod } from "./notes.js";
import { languageMarks, preferences } from "./prefs.js";
import { prepare as preparePrint } from "./print.js";
import { cardsOf } from "./subjects.js";
import { channelNames } from "./views.js";

const root = document.documentElement;
const known = { overview: null, connections: [], reports: new Map(), elsewhere: 0 };
let chosen = address.read(location.search);
let running = null;
/** What is drawn: its subject and cards. Drawn anew from the start when the subject or the language changes. */
let drawn = { key: null, cards: [] };
/** What has the focus while cards are being replaced. */
let focused = null;
const focus = () => document.activeElement?.closest("[data-focus]")?.dataset.focus;

function period() {
  const { today, data } = known.overview;
  if (chosen.period === "custom") return { from: chosen.from, to: chosen.to };
  if (chosen.period === "all") return { from: data.first ?? today, to: !data.last || data.last > today ? today : data.last };
  return { from: shift(today, 1 - Number(chosen.period)), to: today };
}

/** The period of the same length just before, when the data reaches that far back. */
function before(span) {
  if (chosen.period === "all") return null;
  const from = shift(span.from, -daysBetween(span.from, span.to));
  return known.overview.data.first && from >= known.overview.data.first ? { from, to: shift(span.from, -1) } : null;
}

/** What cards are drawn with. */
function context() {
  const { overview, connections } = known;
  const span = period();
  const gaps = model.gaps(connections);
  const { today } = overview;
  return {
    overview,
    connections,
    chosen,
    choose,
    gaps,
    outage: gaps.values().next().value,
    span,
    spans: { before: before(span), coming: { from: today, to: shift(today, 27) }, lately: { from: shift(today, -28), to: shift(today, -1) } },
    currency: overview.company.currency,
    zone: overview.company.timezone,
    stores: overview.stores,
    channels: channelNames(overview),
    rules: new Map(overview.rules.map((rule) => [rule.id, pick(rule.name) || rule.id])),
    drill: (wanted) => choose(wanted),
    failureWords,
    filters,
    meaning: (id) => pick(metricOf(id)?.meaning),
  };
}

/** The chosen filters that a metric can be narrowed by. */
function filters(metric) {
  const accepted = metricOf(metric)?.filters ?? [];
  const wanted = ["store", "channel"].filter((name) => chosen[name] && accepted.includes(name));
  return Object.fromEntries(wanted.map((name) => [name, [chosen[name]]]));
}

/** The chosen filters that a metric cannot be narrowed by. */
const unfiltered = (metric) => ["store", "channel"].filter((name) => chosen[name] && !(name in filters(metric)));

/** Whether the reader's role may see what a card is about: its metric, or where it has none of its own every report that it reads. */
const isOpen = (card) => (card.metric ? [card.metric] : Object.values(card.reports).map(({ metric }) => metric)).every((id) => metricOf(id) !== undefined);

/** The subjects in which the reader's role may see at least one card, in their order. */
const offered = (now) => SUBJECTS.filter((subject) => cardsOf(subject, now).some(isOpen));

// ---- loading

async function start() {
  wire();
  await chooseLanguage(LANGUAGES.includes(root.lang) ? root.lang : "en");
  await access();
  await loadAll();
  watch(() => loadAll(true), lost);
}

async function loadAll(quiet = false) {
  try {
    const [overview, metrics, connections] = await Promise.all([api.overview(), api.metrics(), api.connections()]);
    Object.assign(known, { overview, connections: connections.connections });
    learn(metrics.metrics);
  } catch (error) {
    if (!quiet) broken(error);
    return;
  }
  if (!known.overview.stores.includes(chosen.store)) chosen.store = "";
  if (chosen.channel && !channelNames(known.overview).has(chosen.channel)) chosen.channel = "";
  keepOffered();
  address.write(chosen, false);
  await load(quiet);
}

/** A subject that an address names and the role does not include gives way to the first that it does. */
function keepOffered() {
  const open = offered(context());
  if (!open.includes(chosen.subject)) chosen.subject = open[0] ?? SUBJECTS[0];
}

/** Reports that cost money, in which a store's share may be unknown. */
const MONEY = ["spend", "cost_per_contact", "cost_per_resume", "cost_per_attended", "cost_per_onboarded"];

/**
 * Every report of the subject; each may fail alone, and is drawn when all are there. A newer choice stops an older load. `quiet`: new data
 * for what is shown already; it replaces the figures and nothing else.
 */
async function load(quiet = false) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  focused = focus() ?? null;
  head();
  if (!known.overview.data.first) return;
  if (!quiet) at("board").setAttribute("aria-busy", "true");
  const now = context();
  if (drawn.key !== keyOf()) lay(now);
  const asked = new Map();
  const ask = (wanted) => {
    const over = wanted.over ? now.spans[wanted.over] : now.span;
    if (!over) return null;
    const key = JSON.stringify([wanted, over]);
    if (!asked.has(key)) asked.set(key, api.report(wanted.metric, { by: wanted.by, filters: filters(wanted.metric), ...over }, signal).catch(settle));
    return asked.get(key);
  };
  try {
    const elsewhere = chosen.store ? api.report("spend", { by: ["store"], ...now.span }, signal).then(model.spendWithoutStore, () => 0) : 0;
    const loaded = await Promise.all(
      drawn.cards.map(async (card) => Object.fromEntries(await Promise.all(Object.entries(card.reports).map(async ([name, wanted]) => [name, await ask(wanted)])))),
    );
    known.elsewhere = await elsewhere;
    known.reports = new Map(drawn.cards.map((card, index) => [card.id, placed(loaded[index])]));
  } catch (error) {
    if (error.name === "AbortError") return;
    throw error;
  }
  if (signal.aborted) return;
  at("board").setAttribute("aria-busy", "false");
  draw();
}

const settle = (error) => {
  if (error.name === "AbortError") throw error;
  return { failure: error };
};

/** Of one store: money that could not be given to any store is not shown as nothing. */
function placed(reports) {
  if (!(known.elsewhere > 0)) return reports;
  return Object.fromEntries(Object.entries(reports).map(([name, report]) => [name, MONEY.includes(report?.metric) ? model.unplaced(report) : report]));
}

// ---- drawing

const keyOf = () => `${chosen.subject} ${chosen.heat} ${root.lang}`;

/** Empty cards of the subject, in order. */
function lay(now) {
  drawn = { key: keyOf(), cards: cardsOf(chosen.subject, now).filter(isOpen) };
  // Narrow cards that follow each other flow into columns; wide ones stand alone.
  const parts = [];
  for (const card of drawn.cards) {
    if (card.wide || card.tiles) parts.push(frame(card));
    else if (parts.at(-1)?.classList.contains("columns")) parts.at(-1).append(frame(card));
    else parts.push(h("div", { class: "columns" }, frame(card)));
  }
  fill(at("board"), parts);
  forget();
}

/** What stands above the cards, and what stands in their place while there is nothing. */
function head() {
  const { overview, connections } = known;
  const span = period();
  const zone = overview.company.timezone;
  const names = channelNames(overview);
  const title = t(`title_${chosen.subject}`);
  at("company").textContent = overview.company.name || "Inflow";
  document.title = `${title} · ${overview.company.name || t("title")}`;
  at("subject").textContent = title;
  at("lead").textContent = t(`lead_${chosen.subject}`);
  at("range").textContent = t("range", { from: day(span.from), to: day(span.to), days: daysBetween(span.from, span.to), zone });
  at("asof").textContent = t("asof", { at: instant(overview.now, zone), zone });
  at("version").textContent = `Inflow ${overview.version}`;
  // Taken out for whom the books are not open.
  const books = at("to-books");
  if (books) books.hidden = chosen.subject !== "spend";
  subjects(at("subjects"), offered(context()), chosen.subject, (subject) => address.of({ ...chosen, subject, drill: null }), (subject) => choose({ subject, drill: null }));
  marks(names);
  fill(at("notices"), banners(connections, { zone, names, period: span }));
  const isEmpty = !overview.data.first;
  at("filters").hidden = isEmpty;
  at("board").hidden = isEmpty;
  at("empty").hidden = !isEmpty;
  if (isEmpty) fill(at("empty"), empty(overview, connections));
}

/** All cards of the subject into their places; what the reader opened, reads or has focused stays. */
function draw() {
  const { overview, reports } = known;
  const now = context();
  focused = focus() ?? focused;
  const place = [scrollX, scrollY];
  for (const card of drawn.cards) {
    const own = reports.get(card.id);
    const failure = (card.needs ?? Object.keys(own)).map((name) => own[name]?.failure).find(Boolean);
    if (failure && !card.alone) fill(at(card.id), h("p", { class: "failed" }, failureWords(failure)));
    else card.draw(card, own, now);
    complete(card, failure ? null : own.main, now);
    narrowing(card);
  }
  if (known.elsewhere > 0) at("notices").append(h("p", { class: "notice warn" }, t("spend_without_store", { amount: money(known.elsewhere, now.currency) })));
  const volume = model.total(reports.get("headline")?.volume);
  if (volume && volume.status !== "no_data" && !volume.applications && !volume.postings) at("notices").append(nothingInPeriod(overview.data, () => choose({ period: "all" })));
  if (focused && document.activeElement === document.body) document.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  focused = null;
  scrollTo(...place);
  drill.show(chosen.drill ? { drill: chosen.drill, of: chosen.of, stage: chosen.stage } : null, now);
}

/** Says on a card that a chosen filter does not reach it. */
function narrowing(card) {
  const names = card.metric ? unfiltered(card.metric) : [];
  if (names.length > 0) at(`${card.id}-aside`).append(` ${t("not_filtered", { by: names.map((name) => t(name)).join(", ") })}`);
}

function failureWords(error) {
  const words = error.message === "unreachable" ? t("unreachable") : error.message;
  return h("span", {}, t("failed", { error: words }), error.hint ? ` (${error.hint})` : "", " ", h("button", { type: "button", class: "link", onclick: () => loadAll() }, t("retry")));
}

function broken(error) {
  at("board").hidden = true;
  fill(at("notices"), h("p", { class: "notice bad" }, failureWords(error)));
}

/** The server is gone: what is shown stays, and says that it does. */
function lost(gone) {
  at("lost").hidden = !gone;
}

// ---- choices

/** One way for every choice: into the address as a step that "back" undoes, then onto the page. */
function choose(change) {
  const next = { ...chosen, ...change };
  if (next.period === "custom" && !next.from) Object.assign(next, period());
  const same = address.of(next) === address.of(chosen);
  const onlyDrill = Object.keys(change).every((name) => ["drill", "of", "stage"].includes(name));
  chosen = next;
  if (!same) address.write(chosen, true);
  if (onlyDrill) drill.show(chosen.drill ? { drill: chosen.drill, of: chosen.of, stage: chosen.stage } : null, context());
  else load();
  if ("subject" in change) scrollTo(0, 0);
}

function marks(names) {
  for (const button of document.querySelectorAll("[data-period]")) button.setAttribute("aria-pressed", String(button.dataset.period === chosen.period));
  languageMarks();
  at("custom").hidden = chosen.period !== "custom";
  [at("from").value, at("to").value] = [chosen.from ?? "", chosen.to ?? ""];
  const list = known.overview.stores;
  at("store-pick").hidden = list.length === 0;
  options("store", [["", t("all_stores")], ...list.map((name) => [name, name])]);
  options("channel", [["", t("all_channels")], ...names]);
}

function options(id, pairs) {
  // Filling anew what is open in front of the reader would close it.
  const now = JSON.stringify(pairs);
  if (at(id).dataset.pairs !== now) fill(at(id), pairs.map(([value, words]) => h("option", { value }, words)));
  at(id).dataset.pairs = now;
  at(id).value = chosen[id];
}

function chooseDays() {
  const [from, to] = [at("from").value, at("to").value];
  if (!from || !to) return;
  at("to").setCustomValidity(from > to ? t("bad_range") : "");
  if (at("to").reportValidity()) choose({ from, to });
}

/** Esc closes what was opened last around the focus. */
function escape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || at("drill").open) return;
  const details = document.activeElement?.closest("details[open]");
  if (!details) return;
  details.open = false;
  details.querySelector("summary").focus();
}

async function copyAddress() {
  const button = at("share");
  try {
    await navigator.clipboard.writeText(location.href);
    at("told").textContent = t("copied");
  } catch {
    // Without leave to write there, the address bar holds the same.
    at("told").textContent = t("copy_failed");
  }
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1500);
}

const redraw = () => known.overview && load(true);

function wire() {
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("periods").addEventListener("click", ({ target }) => target.dataset.period && choose({ period: target.dataset.period }));
  for (const id of ["from", "to"]) at(id).addEventListener("change", chooseDays);
  for (const id of ["store", "channel"]) at(id).addEventListener("change", ({ target }) => choose({ [id]: target.value }));
  at("share").addEventListener("click", copyAddress);
  at("print").addEventListener("click", () => print());
  document.addEventListener("keydown", escape);
  window.addEventListener("popstate", () => {
    chosen = address.read(location.search);
    if (!known.overview) return;
    keepOffered();
    load();
  });
  drill.prepare(() => choose({ drill: null, of: "", stage: "" }));
  preparePrint(() => known.overview?.data.first && draw());
  preferences(redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

start();
