// Headline figures: one large number each, how it compares with the period before, and what it means.
import { h } from "./dom.js";
import { figure, metricOf } from "./figure.js";
import { count, daysBetween, money, percent } from "./format.js";
import { pick, t } from "./i18n.js";
import { reached, state, total } from "./model.js";
import { noData, tag } from "./words.js";

/** The tiles of channel overview, from reports over everything; `was*` are those of the period before. */
export function channelTiles(reports, context) {
  const { currency } = context;
  const keyed = total(reports.volume)?.key_share;
  const meaningOf = (id) => pick(metricOf(id)?.meaning);
  // The period before has had longer to get anywhere: no comparison.
  const stage = (title, to, says) => tile(context, { title, report: reports.conversion, row: reached(reports.conversion, to), column: "numerator", words: count, says, few: true });
  return [
    tile(context, { title: t("resumes"), report: reports.volume, column: "applications", was: reports.wasVolume, words: count, says: meaningOf("volume") }),
    tile(context, { title: t("candidates"), report: reports.volume, column: "candidates", was: reports.wasVolume, words: count, says: keyed === null || keyed === undefined ? "" : t("per_person", { keyed: percent(keyed, 0) }) }),
    stage(t("attended"), "attended", t("attended_meaning")),
    stage(t("onboarded"), "onboarded", t("onboarded_meaning")),
    tile(context, { title: t("net_cost"), report: reports.spend, column: "amount", was: reports.wasSpend, words: (value) => money(value, currency, true), full: (value) => money(value, currency), says: meaningOf("spend") }),
    tile(context, { title: t("cost_per_resume"), report: reports.perResume, column: "value", was: reports.wasPerResume, words: (value) => money(value, currency), says: meaningOf("cost_per_resume") }),
  ];
}

/** The tiles of spend: what all cost, and what one of each costs. */
export function costTiles(reports, context) {
  const { currency } = context;
  const each = (metric, was) =>
    tile(context, { title: t(metric), report: reports[metric], column: "value", was: reports[was], words: (value) => money(value, currency), says: pick(metricOf(metric)?.meaning) });
  return [
    tile(context, { title: t("net_cost"), report: reports.spend, column: "amount", was: reports.wasSpend, words: (value) => money(value, currency, true), full: (value) => money(value, currency), says: pick(metricOf("spend")?.meaning) }),
    each("cost_per_contact"),
    each("cost_per_resume", "wasPerResume"),
    each("cost_per_attended"),
    each("cost_per_onboarded"),
  ];
}

function tile({ span, zone, outage, failureWords }, { title, report, row = total(report), column, was, words, full, says, few = false }) {
  const head = h("h3", {}, title);
  if (report?.failure) return h("li", { class: "tile" }, head, h("p", { class: "failed" }, failureWords(report.failure)));
  const { status, covered } = state(row);
  const value = row?.[column] ?? null;
  const marked = status === "partial" || (status === "few" && !few);
  return h(
    "li",
    { class: "tile" },
    head,
    status === "no_data" || value === null
      ? h("p", { class: "big unknown hatch" }, status === "unplaced" ? h("span", { class: "hatch-text" }, t("status_unplaced")) : status === "few" ? h("span", { class: "hatch-text" }, t("nobody_yet")) : noData(outage, zone))
      : h("p", { class: "big" }, figure(row, column, words(value), { title: full?.(value) ?? null })),
    h("p", { class: "line" }, marked ? [tag(status, covered), " "] : null, whole(report) && whole(was) ? delta(value, total(was)?.[column], daysBetween(span.from, span.to)) : null),
    h("p", { class: "meaning" }, says),
  );
}

/** Whether a total is whole: a gap in it or a failed answer would make a comparison a lie. */
const whole = (report) => report && !report.failure && !["no_data", "partial", "unplaced"].includes(state(total(report)).status);

/** A plain comparison with the period before; silent where one side is unknown or nothing to divide by. */
function delta(value, before, days) {
  const previous = Number(before ?? Number.NaN);
  if (value === null || !Number.isFinite(previous) || previous <= 0) return null;
  const change = Number(value) / previous - 1;
  if (Math.abs(change) < 0.0005) return t("delta_same", { days });
  return t(change > 0 ? "delta_up" : "delta_down", { change: percent(Math.abs(change), Math.abs(change) < 0.1 ? 1 : 0), days });
}
