// Cards that are pictures: days, the funnel, cost, hours of the week, the forecast.
import { nothing } from "./card.js";
import { cost, funnel, heat, outlookChart, say, trend } from "./charts.js";
import { at, fill, h } from "./dom.js";
import { daysBetween, shift } from "./format.js";
import { t } from "./i18n.js";
import * as model from "./model.js";
import { tie } from "./notes.js";

/** One entry a day of the period; a day that the report leaves out is zero. */
function daily(report, { from, to }) {
  const found = new Map(report.rows.map((row) => [model.dayOf(row), row]));
  return Array.from({ length: daysBetween(from, to) }, (_, index) => {
    const day = shift(from, index);
    const row = found.get(day);
    return row ? { day, row, count: row.applications, ...model.state(row) } : { day, row: null, count: 0, status: "ok", covered: null };
  });
}

export const trendCard = {
  id: "trend",
  metric: "volume",
  chart: "short",
  wide: true,
  twin: true,
  legend: () =>
    h(
      "ul",
      { class: "legend" },
      [["solid", "legend_weekday"], ["pale", "legend_weekend"], ["striped", "status_partial"], ["hatch", "legend_no_data"]].map(([kind, words]) => h("li", {}, h("i", { class: `swatch ${kind}` }), t(words))),
    ),
  reports: { main: { metric: "volume", by: ["day"] } },
  draw: (card, { main }, { span }) => trend(daily(main, span)),
};

export const funnelCard = {
  id: "funnel",
  metric: "conversion",
  wide: true,
  reports: { main: { metric: "conversion", by: [] } },
  draw: (card, { main }) => {
    const data = model.funnel(main);
    at("funnel-aside").textContent = t("funnel_aside");
    if (data && data.steps[0].count > 0) funnel(data);
    else say("funnel", nothing(card));
  },
};

export const costs = {
  id: "cost",
  metric: "spend",
  chart: "tall",
  wide: true,
  twin: true,
  empty: { says: "spend", command: "inflow import spend ledger.csv --connection ledger" },
  reports: { main: { metric: "spend", by: ["channel"] }, perResume: { metric: "cost_per_resume", by: ["channel"] } },
  draw: (card, { main, perResume }, context) => {
    const rows = model.costRows(main, perResume, context.channels);
    if (!cost(rows, context)) say("cost", rows.some((row) => row.spend.status === "unplaced") ? h("p", { class: "nothing" }, t("status_unplaced")) : nothing(card));
    fill(at("cost-below"), tie(model.reconciles(main), context.currency, context.chosen.store !== "" || context.chosen.channel !== ""));
  },
};

/** Which hours are shown is the reader's choice and stands in the address. */
export const heatCard = ({ chosen, choose }) => ({
  id: "heat",
  metric: chosen.heat,
  chart: "heat",
  wide: true,
  twin: true,
  controls: h(
    "div",
    { class: "seg small", role: "group", "aria-label": t("heat_kind") },
    ["application_heat", "posting_heat"].map((kind) => h("button", { type: "button", "aria-pressed": String(kind === chosen.heat), "data-focus": kind, onclick: () => choose({ heat: kind }) }, t(`heat_${kind}`))),
  ),
  reports: { main: { metric: chosen.heat, by: [] } },
  draw: (card, { main }) => {
    const data = model.heat(main);
    heat(chosen.heat, data);
    at("heat-aside").textContent = [t("heat_zone"), data.leftOut > 0 ? t("left_out", { count: data.leftOut }) : ""].join(" ");
  },
});

/** Four weeks that were and four that are expected. */
export const outlook = {
  id: "outlook",
  metric: "forecast",
  chart: "medium",
  wide: true,
  twin: true,
  empty: { says: "forecast" },
  reports: { main: { metric: "forecast", by: ["day"], over: "coming" }, lately: { metric: "volume", by: ["day"], over: "lately" } },
  draw: (card, { main, lately }, { spans }) => {
    const coming = main.rows.filter((row) => row.stage === "applied" && row.value !== null);
    if (coming.length === 0) return say(card.id, nothing(card));
    return outlookChart(daily(lately, spans.lately), coming);
  },
};
