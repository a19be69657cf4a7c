// The status strip: who delivers, who fails, since when, and why; and the banner when figures are incomplete.
import { h } from "./dom.js";
import { count, dayIn, instant } from "./format.js";
import { known, pick, t } from "./i18n.js";
import { complaint } from "./words.js";

export function cards(list, { zone, names }) {
  const rank = { failing: 0, never: 1, ok: 2, disabled: 3 };
  return [...list]
    .sort((a, b) => (rank[a.status] ?? 0) - (rank[b.status] ?? 0) || a.name.localeCompare(b.name))
    .map((each) => card(each, zone, names));
}

function card(each, zone, names) {
  const failing = each.status === "failing";
  const idle = each.status === "never" || each.status === "disabled";
  const delivered = each.last_success_at ? t("last_success", { at: instant(each.last_success_at, zone) }) : t("never_delivered");
  const since = each.last_success_at ? t("no_data_since", { since: instant(each.last_success_at, zone) }) : t("no_data_ever");
  const feeds = each.channels.map((id) => pick(names.get(id)) || id).join(", ");
  return h(
    "li",
    { class: `connection ${failing ? "failing hatch" : ""} ${idle ? "idle" : ""}` },
    h("h3", {}, each.name, h("span", { class: `tag ${each.status}` }, known("connection", each.status))),
    failing
      ? h("p", { class: "says" }, h("b", {}, since), h("br"), complaint(each))
      : each.status === "disabled" ? null : h("p", {}, delivered),
    failing ? null : h("p", {}, [each.connector, feeds].filter(Boolean).join(" → ")),
    each.quarantined > 0 ? h("p", {}, t("quarantined", { count: count(each.quarantined) })) : null,
    each.unmapped?.length > 0 ? h("p", {}, t("unmapped", { count: count(each.unmapped.length) })) : null,
  );
}

export function summary(list) {
  const used = list.filter((each) => each.status !== "disabled");
  const failing = used.filter((each) => each.status === "failing").length;
  const never = used.filter((each) => each.status === "never").length;
  if (failing > 0) return t("connections_failing", { total: used.length, failing });
  return never > 0 || used.length === 0 ? "" : t("connections_ok", { total: used.length });
}

/**
 * One line for each connection that fails within the period, above all figures: a broken channel is never shown as
 * a quiet one. A period that ended before the outage is whole.
 */
export function banners(list, { zone, names, period }) {
  const touches = (each) => !each.last_success_at || dayIn(each.last_success_at, zone) <= period.to;
  return list
    .filter((each) => each.status === "failing" && touches(each))
    .map((each) => {
      const channels = each.channels.map((id) => pick(names.get(id)) || id).join(", ") || each.name;
      const words = each.last_success_at
        ? t("gap_banner", { channels, since: instant(each.last_success_at, zone) })
        : t("gap_banner_ever", { channels });
      return h("p", { class: "notice bad" }, words, h("small", {}, `${each.name}: ${complaint(each)}`));
    });
}
