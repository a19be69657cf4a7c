// What the page says in whole sentences: the tie to the ledger, an empty store, an empty period.
import { h } from "./dom.js";
import { day, money } from "./format.js";
import { t } from "./i18n.js";

/** Channels + unallocated = ledger, to the cent, or by how much it is off. */
export function tie(sum, currency, oneStore) {
  if (!sum) return h("p", { class: "tie off" }, t("tie_missing"));
  const unit = sum.currency || currency;
  const amount = (value) => money(value, unit);
  const holds = sum.ties === true || sum.ties === 1;
  return [
    h(
      "p",
      { class: `tie ${holds ? "" : "off"}` },
      h("b", {}, t("tie_channels", { amount: amount(sum.channels) })),
      h("span", { class: "op" }, "+"),
      h("b", {}, t("tie_unallocated", { amount: amount(sum.unallocated) })),
      h("span", { class: "op" }, holds ? "=" : "≠"),
      h("b", {}, t("tie_ledger", { amount: amount(sum.ledger) })),
      holds ? h("span", { class: "tag ok" }, `✓ ${t("tie_ok")}`) : h("span", { class: "tag no_data" }, `✗ ${t("tie_off", { amount: amount(sum.difference) })}`),
    ),
    Number(sum.unconverted) > 0 ? h("p", { class: "meaning" }, t("tie_unconverted", { count: sum.unconverted })) : null,
    oneStore ? h("p", { class: "meaning" }, t("tie_all_stores")) : null,
  ];
}

/** Nothing has ever come in: the next step, fitting what is configured. */
export function empty(overview, connections) {
  const failing = connections.some((each) => each.status === "failing");
  const steps = [
    failing ? [t("empty_step_failing"), "inflow doctor"] : null,
    connections.length === 0 ? [t("empty_step_connect"), "inflow validate"] : null,
    [t("empty_step_pull"), "inflow run --once"],
    [t("empty_step_import"), "inflow import applications resumes.csv --connection sheet --mapping sheet.toml"],
  ];
  return [
    h("h2", {}, t("empty_title")),
    h("p", {}, t("empty_lead", { company: overview.company.name || "Inflow" })),
    h("ol", {}, steps.filter(Boolean).map(([words, command]) => h("li", {}, words, h("code", {}, command)))),
  ];
}

export function nothingInPeriod(data, showAll) {
  return h(
    "p",
    { class: "notice" },
    t("empty_period", { first: day(data.first), last: day(data.last) }),
    " ",
    h("button", { type: "button", class: "link", onclick: showAll }, t("show_all")),
  );
}
