// The frame of a drawing: its title, the drawing, what it means, and under "more" the table, the method and what can be taken away.
import { chartOf } from "./charts.js";
import { at, fill, h } from "./dom.js";
import { savePng, tableButtons } from "./download.js";
import { metricOf } from "./figure.js";
import { behind } from "./figures.js";
import { pick, t } from "./i18n.js";

/** The cards that a reader has opened stay open when they are drawn anew. */
const open = new Set();

/** An empty card; `renderCard` fills it. The drawing goes into the element of the card's id, its aside into `ID-aside`. */
export function frame(card) {
  if (card.tiles) {
    return h("section", { class: "wide", id: `card-${card.id}`, "aria-labelledby": `h-${card.id}` }, h("h3", { id: `h-${card.id}`, class: "hidden" }, t("headline")), h("ul", { class: "tiles", id: card.id }));
  }
  const more = h(
    "details",
    { class: "as-table more-of", id: `${card.id}-more`, open: open.has(card.id), ontoggle: ({ target }) => (target.open ? open.add(card.id) : open.delete(card.id)) },
    h("summary", { "aria-label": `${t("more_of")}: ${t(`card_${card.id}`)}` }, t("more_of")),
    h("div", { class: "scroll", id: `${card.id}-table`, tabindex: "0", role: "region", "aria-label": `${t(`card_${card.id}`)}: ${t("as_table")}` }),
    h("dl", { class: "method", id: `${card.id}-method` }),
    h("p", { class: "actions", id: `${card.id}-actions` }),
  );
  return h(
    "section",
    { class: `card ${card.wide ? "wide" : ""}`, id: `card-${card.id}`, "aria-labelledby": `h-${card.id}` },
    h("div", { class: "card-head" }, h("h3", { id: `h-${card.id}` }, t(`card_${card.id}`)), card.controls ?? null, card.legend?.() ?? null, h("p", { class: "aside", id: `${card.id}-aside` })),
    h("p", { class: "peak", id: `${card.id}-lead` }),
    h("div", { id: card.id, class: card.chart ? `chart ${card.chart}` : "body" }, h("p", { class: "nothing" }, t("loading"))),
    h("div", { id: `${card.id}-below` }),
    h("p", { class: "meaning", id: `${card.id}-meaning` }),
    card.bare ? null : more,
  );
}

/** Meaning, method, table and downloads of a card that has been drawn from `report`. */
export function complete(card, report, context) {
  const metric = metricOf(report?.metric ?? card.metric);
  if (card.tiles) return;
  fill(at(`${card.id}-meaning`), metric ? [h("b", {}, pick(metric.title)), ` · ${pick(metric.meaning)}`] : []);
  if (card.bare) return;
  at(`${card.id}-more`).hidden = !metric;
  if (!metric) return;
  const said = [
    ["method_numerator", metric.numerator],
    ["method_denominator", metric.denominator],
    ["method_clock", metric.clock],
    ["method_exclusions", metric.exclusions],
  ];
  // What a definition says in full is written once, in English; its one line is in both.
  fill(at(`${card.id}-method`), said.map(([key, words]) => h("div", {}, h("dt", {}, t(key)), h("dd", { lang: "en" }, words))), h("div", {}, h("dt", {}, t("method_version")), h("dd", {}, h("code", {}, `${metric.id} v${metric.version}`))));
  if (!card.twin) fill(at(`${card.id}-table`), report ? behind(report, { ...context, percent: card.percent !== false && !metric.money.includes("value") }) : null);
  at(`${card.id}-table`).hidden = at(`${card.id}-table`).childElementCount === 0;
  const chart = chartOf(card.id);
  fill(
    at(`${card.id}-actions`),
    report ? tableButtons(report, card.id) : null,
    report && chart ? h("button", { type: "button", class: "action", "data-focus": `png-${card.id}`, onclick: () => savePng(chart, report) }, t("download_png")) : null,
  );
}

/** Words in place of a drawing: nothing came in yet, and what brings it. */
export function nothing(card) {
  const { empty } = card;
  return h("div", { class: "nothing" }, h("p", {}, t(empty ? `empty_${empty.says}` : "nothing_here")), empty?.command ? h("code", {}, empty.command) : null);
}
