// Words and marks for how sure a figure is. Never only a colour.
import { h } from "./dom.js";
import { instant, percent } from "./format.js";
import { known, pick, t } from "./i18n.js";

/** The name of a channel; one that the configuration does not know shows its own word. */
export const channelName = (row) => pick(row.name) || row.id;

export function tag(status, covered = null) {
  const words = known("status", status);
  const share = status === "partial" && covered !== null ? ` ${percent(covered, 0)}` : "";
  return h("span", { class: `tag ${status}` }, `${words}${share}`);
}

/** "no data since 3 Nov, 14:05": what stands where a number would be a lie. */
export function noData(gap, zone) {
  const words = gap?.since ? t("no_data_since", { since: instant(gap.since, zone) }) : t("no_data_ever");
  return h("span", { class: "hatch-text", title: t("no_data_words") }, words);
}

/** What is wrong with a connection, in the reader's language, with the board's own words where there are any. */
export function complaint(connection) {
  const words = connection.error_kind ? known("error", connection.error_kind) : "";
  return words === connection.error_kind ? connection.error || words : words || connection.error || "";
}

/** The one-line meaning of a metric under its figure. */
export function meaning(metric) {
  return metric ? [h("b", {}, pick(metric.title)), ` · ${pick(metric.meaning)}`] : [];
}
