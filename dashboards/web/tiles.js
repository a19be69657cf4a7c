// The row of headline figures.
import { h } from "./dom.js";
import { count, daysBetween, money, percent } from "./format.js";
import { pick, t } from "./i18n.js";
import { reachedOf, state, total, totalSpend, totalUnit } from "./model.js";
import { noData, tag } from "./words.js";

/** `before` holds the same reports over the period before, or nothing where that cannot be compared. */
export function tiles({ reports, before, period, catalogue, overview, outage, failureWords }) {
  const zone = overview.company.timezone;
  const days = daysBetween(period.from, period.to);
  const volume = total(reports.volumeTotal);
  const spend = totalSpend(reports.spendTotal);
  const unit = totalUnit(reports.perResumeTotal);
  const currency = overview.company.currency;
  const was = (read) => (before ? read(before) : null);
  const meaningOf = (id) => pick(catalogue.get(id)?.meaning);
  const people = (key) => (row) => Number(total(row.volumeTotal)?.[key] ?? Number.NaN);

  const tile = (report, title, value, { status, covered, previous, words, says }) => {
    const head = h("h3", {}, title);
    if (report?.failure) return h("li", { class: "tile" }, head, h("p", { class: "failed" }, failureWords(report.failure)));
    const unknown = status === "no_data" || value === null;
    return h(
      "li",
      { class: "tile" },
      head,
      unknown ? h("p", { class: "big unknown hatch" }, status === "unplaced" ? h("span", { class: "hatch-text" }, t("status_unplaced")) : noData(outage, zone)) : h("p", { class: "big" }, words(value)),
      h("p", { class: "line" }, status === "partial" || status === "few" ? [tag(status, covered), " "] : null, delta(value, previous, days)),
      h("p", { class: "meaning" }, says),
    );
  };

  const plain = (title, key, says) =>
    tile(reports.volumeTotal, title, volume?.[key] ?? null, { ...state(volume), previous: was(people(key)), words: count, says });
  const reached = (title, stage, says) => {
    const now = reachedOf(reports.conversionTotal, stage);
    return tile(reports.conversionTotal, title, now?.count ?? null, {
      ...(now?.status === "few" ? { status: "ok" } : now),
      // The period before has had longer to get there: no comparison.
      previous: null,
      words: count,
      says,
    });
  };
  const keyed = volume?.key_share;
  return [
    plain(t("resumes"), "applications", meaningOf("volume")),
    plain(t("candidates"), "candidates", keyed === null || keyed === undefined ? "" : t("per_person", { keyed: percent(keyed, 0) })),
    reached(t("attended"), "attended", t("attended_meaning")),
    reached(t("onboarded"), "onboarded", t("onboarded_meaning")),
    tile(reports.spendTotal, t("net_cost"), spend?.amount ?? null, {
      ...(spend ?? { status: "no_data" }),
      previous: was((row) => Number(totalSpend(row.spendTotal)?.amount ?? Number.NaN)),
      words: (value) => h("span", { title: money(value, currency) }, money(value, currency, true)),
      says: meaningOf("spend"),
    }),
    tile(reports.perResumeTotal, t("cost_per_resume"), unit?.value ?? null, {
      ...(unit ?? { status: "no_data" }),
      previous: was((row) => Number(totalUnit(row.perResumeTotal)?.value ?? Number.NaN)),
      words: (value) => money(value, currency),
      says: meaningOf("cost_per_resume"),
    }),
  ];
}

/** A plain comparison with the period before; silent where one side is unknown or nothing to divide by. */
function delta(value, previous, days) {
  if (value === null || !Number.isFinite(previous) || previous <= 0) return null;
  const change = Number(value) / previous - 1;
  if (Math.abs(change) < 0.0005) return t("delta_same", { days });
  return t(change > 0 ? "delta_up" : "delta_down", { change: percent(Math.abs(change), Math.abs(change) < 0.1 ? 1 : 0), days });
}
