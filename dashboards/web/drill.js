// What stands behind a figure, in a dialog over the page: opened from a figure, closed by Esc, by its button or by going back.
import * as api from "./api.js";
import { tableButtons } from "./download.js";
import { at, fill, h } from "./dom.js";
import { applicationIds, ledgerLines } from "./entries.js";
import { count } from "./format.js";
import { known, t } from "./i18n.js";
import { FUNNEL } from "./model.js";

const SAYS = { stage_entries: "drill_applications", spend_entries: "drill_ledger" };
/** The reports that lie behind others. */
export const DRILLS = Object.keys(SAYS);
const ORDER = ["viewed", "contacted", ...FUNNEL];

let shown = null;

/** Shows `{drill, of, stage}`, or closes the dialog; `context` has the period, filters, names and what to do on another choice. */
export async function show(wanted, context) {
  const dialog = at("drill");
  shown = wanted;
  if (!wanted) {
    if (dialog.open) dialog.close();
    return;
  }
  const name = wanted.of === "" ? t("all_channels") : wanted.of === "unallocated" ? t("unallocated") : (context.channels.get(wanted.of) ?? wanted.of);
  const title = t(SAYS[wanted.drill], { channel: name });
  at("drill-title").textContent = title;
  at("drill-meaning").textContent = context.meaning(wanted.drill);
  fill(at("drill-controls"));
  fill(at("drill-body"), h("p", { class: "nothing" }, t("loading")));
  if (!dialog.open) dialog.showModal();
  const filters = { ...context.filters(wanted.drill), ...(wanted.of === "" ? {} : { channel: [wanted.of] }) };
  const by = wanted.drill === "spend_entries" ? ["channel", "kind"] : ["channel", "day"];
  let report;
  try {
    report = await api.report(wanted.drill, { by, ...context.span, filters });
  } catch (error) {
    if (shown === wanted) fill(at("drill-body"), h("p", { class: "failed" }, context.failureWords(error)));
    return;
  }
  // Closed, or another one opened meanwhile.
  if (shown !== wanted) return;
  const takes = tableButtons(report, "drill");
  if (wanted.drill === "spend_entries") {
    fill(at("drill-controls"), takes);
    fill(at("drill-body"), ledgerLines(report, title, context.currency));
    return;
  }
  const found = new Map(ORDER.map((stage) => [stage, []]));
  for (const row of report.rows) {
    if (!row.stage) continue;
    if (!found.has(row.stage)) found.set(row.stage, []);
    found.get(row.stage).push(row);
  }
  const stage = found.has(wanted.stage) ? wanted.stage : "applied";
  const choice = h(
    "select",
    { id: "drill-stage", onchange: ({ target }) => context.choose({ ...wanted, stage: target.value }) },
    [...found].filter(([each, rows]) => rows.length > 0 || each === stage).map(([each, rows]) => h("option", { value: each, selected: each === stage }, `${known("stage", each)} (${count(rows.length)})`)),
  );
  fill(at("drill-controls"), h("label", { class: "pick small" }, h("span", {}, t("col_stage")), choice), takes);
  fill(at("drill-body"), applicationIds(found.get(stage), title, context.zone));
}

/** Wires the dialog once: whatever closes it tells the page. */
export function prepare(closed) {
  const dialog = at("drill");
  at("drill-close").addEventListener("click", () => dialog.close());
  // A press on the ground beside the dialog.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    if (shown) closed();
  });
}
