// What the reader chose, in the address: a link shows what its sender saw, and "back" undoes a choice.
import { DRILLS } from "./drill.js";
import { SUBJECTS } from "./nav.js";

const PERIODS = ["7", "30", "90", "all", "custom"];
const HEATS = ["application_heat", "posting_heat"];
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "");
const oneOf = (list, value, otherwise) => (list.includes(value) ? value : otherwise);

/** Choices out of a query string; what is not there or not understood is the first of its kind. */
export function read(search) {
  const query = new URLSearchParams(search);
  const days = isDay(query.get("from")) && isDay(query.get("to")) && query.get("from") <= query.get("to");
  const period = oneOf(PERIODS, query.get("period"), "30");
  return {
    subject: oneOf(SUBJECTS, query.get("subject"), SUBJECTS[0]),
    period: period === "custom" && !days ? "30" : period,
    from: days ? query.get("from") : null,
    to: days ? query.get("to") : null,
    store: query.get("store") ?? "",
    channel: query.get("channel") ?? "",
    heat: oneOf(HEATS, query.get("heat"), HEATS[0]),
    drill: oneOf(DRILLS, query.get("drill"), null),
    of: query.get("of") ?? "",
    stage: query.get("stage") ?? "",
  };
}

/** The address of choices, without those that need not be said. */
export function of({ subject, period, from, to, store, channel, heat, drill, of: behind, stage }) {
  const query = new URLSearchParams({ subject, period });
  if (period === "custom") {
    query.set("from", from);
    query.set("to", to);
  }
  if (store) query.set("store", store);
  if (channel) query.set("channel", channel);
  if (subject === "heat" && heat !== HEATS[0]) query.set("heat", heat);
  if (drill) {
    query.set("drill", drill);
    query.set("of", behind);
    if (stage) query.set("stage", stage);
  }
  return `/?${query}`;
}

/** Into the browser's address: a step of its own, or in place of the last. */
export function write(chosen, step) {
  const address = of(chosen);
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
