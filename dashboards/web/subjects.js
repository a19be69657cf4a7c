// The eight subjects: which reports each asks for and how they are drawn. A new card is an entry here and its words in zh.json and en.json.
import { costs, funnelCard, heatCard, outlook, trendCard } from "./pictures.js";
import { channelsCard, connectionsCard, headline, spendTiles, wordsCard } from "./views.js";
import { at, fill, h } from "./dom.js";
import * as f from "./format.js";
import { speaks, tableOf } from "./figures.js";
import { known, lang, t } from "./i18n.js";
import { nothing } from "./card.js";
import { FUNNEL } from "./model.js";
import { BUDGET, BUDGET_ADVICE } from "./metrics.js";

const by = (metric, ...dimensions) => ({ metric, by: dimensions });
const among = (rows, key) => new Map(rows.map((row) => [row[key], row]));

/**
 * A card that is a table of one report. `rows(reports, context)` chooses and orders (default: those that say something), `group` is a
 * column that splits the table, `note(rows)` goes beside the title, `drill` names what opens from the first cell.
 */
function figures(id, ask, columns, { rows = ({ main }) => main.rows.filter(speaks), group, note, drill, also = {}, ...rest } = {}) {
  const draw = (card, reports, context) => {
    const shown = rows(reports, context);
    at(`${id}-aside`).textContent = note?.(shown, reports) ?? "";
    if (shown.length === 0) return fill(at(id), nothing(card));
    const opens = drill && ((row) => () => context.drill({ ...drill, of: row.channel ?? "" }));
    const table = (some, label) => tableOf(some, columns(reports), context, { label, drill: opens });
    if (!group) return fill(at(id), table(shown, t(`card_${id}`)));
    const groups = [...new Set(shown.map((row) => row[group.column]))];
    return fill(at(id), groups.flatMap((each) => {
      const some = shown.filter((row) => row[group.column] === each);
      const words = known(group.column, each);
      return [h("h4", {}, words, group.says ? h("small", {}, group.says(some[0])) : null), table(some, words)];
    }));
  };
  return { id, metric: ask.metric, reports: { main: ask, ...also }, draw, ...rest };
}

const cases = ["denominator", "of"];
const channel = ["channel", "name"];
const applications = (stage) => ({ drill: "stage_entries", stage });
const empty = (says, kind) => ({ empty: { says, command: kind && `inflow import ${kind} FILE --connection NAME` } });

// ---- the cards of each subject

const drops = figures("drops", by("channel_drop", "channel"), () => [channel, ["alarm", "word:alarm"], ["since", "day"], ["observed", "count"], ["expected", "decimal"]], {
  rows: ({ main }) => main.rows.filter((row) => row.alarm !== "" || row.status === "no_data"),
  wide: true,
  ...empty("drops"),
});

const cohorts = figures(
  "cohorts",
  by("conversion", "week"),
  () => [["week", "name"], ["denominator", "count", t("resumes")], ["value", "rate", t("to_attended")], ["value", "rate", t("to_onboarded"), (row) => row.onboarded], ["maturity", "share"]],
  {
    rows: ({ main }) => {
      const from = (stage) => among(main.rows.filter((row) => row.from_stage === "applied" && row.to_stage === stage), "week");
      const onboarded = from("onboarded");
      return [...from("attended")].map(([week, row]) => ({ ...row, onboarded: onboarded.get(week) })).filter(speaks);
    },
  },
);

const order = ["viewed", "contacted", ...FUNNEL];
const byStage = (column) => (a, b) => order.indexOf(a[column]) - order.indexOf(b[column]);

const steps = figures("steps", by("step_rate"), () => [["from_stage", "name"], ["to_stage", "name"], ["value", "rate"], cases], {
  rows: ({ main }) => main.rows.filter(speaks).sort(byStage("from_stage")),
});

const stays = figures("stays", by("time_in_stage"), () => [["stage", "name"], ["median", "days"], ["p25", "days"], ["p75", "days"], ["entries", "count"], ["open", "count"]], {
  rows: ({ main }) => main.rows.filter((row) => row.entries > 0).sort(byStage("stage")),
  percent: false,
});

const dropOut = figures("drop_out", by("drop_out"), () => [["stage", "name"], ["value", "rate"], cases, ["withdrawn", "count"], ["silent", "count"], ["rejected", "count"]], {
  rows: ({ main }) => main.rows.filter(speaks).sort(byStage("stage")),
});

const UNIT_COSTS = ["cost_per_contact", "cost_per_resume", "cost_per_attended", "cost_per_onboarded"];
const unitCosts = figures(
  "unit_costs",
  by("spend", "channel"),
  (reports) => [channel, ["amount", "money", t("cost")], ...UNIT_COSTS.map((metric) => {
    const rows = among(reports[metric].rows, "channel");
    return ["value", "money", t(metric), (row) => rows.get(row.channel)];
  })],
  {
    also: Object.fromEntries(UNIT_COSTS.map((metric) => [metric, by(metric, "channel")])),
    rows: ({ main, ...units }) => main.rows.filter((row) => row.status === "no_data" || Number(row.amount) !== 0 || UNIT_COSTS.some((metric) => units[metric].rows.some((each) => each.channel === row.channel && each.denominator > 0))),
    drill: { drill: "spend_entries" },
    wide: true,
    ...empty("spend", "spend"),
  },
);

const months = figures("months", by("spend", "month"), () => [["month", "name"], ["amount", "money", t("cost")], ["as_closed", "money"], ["entries", "count", t("ledger_lines")]], {
  rows: ({ main }) => main.rows.filter((row) => row.month),
  wide: true,
  ...empty("spend", "spend"),
});

const budget = figures(
  "budget",
  by(BUDGET, "month"),
  () => [["month", "name"], ["budget_of", "name"], ["budget", "money"], ["actual", "money"], ["expected", "money", t("month_end")], ["pace", "share"], ["state", "word:budget"]],
  { rows: ({ main }) => main.rows.filter((row) => row.month && row.budget_of), percent: false, wide: true, empty: { says: "budget", command: '[[budget]]\nmonth = "2026-11"\namount = "50000.00"' } },
);

const posting = (id) =>
  figures(
    id,
    by("posting_time", "channel"),
    () => [channel, ["hour", "hours"], ["proof", "word:proof"], ["lift", "decimal"], ["peak_share", "rate"], ["applications", "count", t("resumes")]],
    { rows: ({ main }) => main.rows.filter((row) => row.status === "no_data" || f.isNumber(row.hour) || f.isNumber(row.peak_share)), wide: true, percent: false, ...empty("posting", "postings") },
  );

const fillRate = (part) => figures("fill", by("fill_rate", part), () => [[part, "name"], ["value", "rate"], cases, ["gap", "count"], ["overdue", "count"]], { ...empty("fill", "requisitions") });

const pivot = (rows, key, column) => {
  const found = new Map();
  for (const row of rows) {
    if (!found.has(row[key])) found.set(row[key], { ...row, each: {} });
    found.get(row[key]).each[row[column]] = row;
  }
  return [...found.values()];
};

const retention = figures(
  "retention",
  by("retention_90", "channel"),
  () => [channel, ...[30, 90, 180].map((days) => ["value", "rate", t("after_days", { days }), (row) => row.each[days]]), ["denominator", "count", t("col_due_90"), (row) => row.each[90]]],
  { rows: ({ main }) => pivot(main.rows, "channel", "after_days").filter((row) => row.status === "no_data" || Object.values(row.each).some((each) => each.denominator > 0)), drill: applications("onboarded"), ...empty("employment", "employment") },
);

const quality = figures(
  "quality",
  by("quality_of_hire", "channel"),
  () => [channel, ["value", "decimal", known("component", "performance"), (row) => row.each.performance], ...["performance_passed", "retention_90", "probation_passed"].map((part) => ["value", "rate", known("component", part), (row) => row.each[part]])],
  { rows: ({ main }) => pivot(main.rows, "channel", "component").filter((row) => row.status === "no_data" || Object.values(row.each).some((each) => each.denominator > 0)), drill: applications("onboarded"), percent: false, ...empty("quality", "assessments") },
);

const sources = figures("sources", by("source_of_hire", "channel"), () => [channel, ["official", "count"], ["first_touch", "count"], ["last_touch", "count"], ["recorded", "count"], ["self_reported", "count"], ["value", "rate", t("col_disagree")]], {
  rows: ({ main }) => main.rows.filter((row) => row.status === "no_data" || row.official + row.first_touch + row.last_touch + row.recorded + row.self_reported > 0),
  drill: applications("onboarded"),
  wide: true,
  ...empty("hires"),
});

const started = figures("started", by("onboard_rate", "channel"), () => [channel, ["value", "rate"], cases, ["pending", "count"], ["assumed", "count"]], { drill: applications("onboarded"), ...empty("hires") });
const timeToHire = figures("time_to_hire", by("time_to_hire", "channel"), () => [channel, ["median", "days"], ["p25", "days"], ["p75", "days"], ["accepted", "count"], ["open", "count"]], {
  rows: ({ main }) => main.rows.filter((row) => row.status === "no_data" || row.cases > 0),
  percent: false,
  drill: applications("accepted"),
  ...empty("offers", "events"),
});
const attrition = figures("attrition", by("attrition", "leave_type", "reason"), () => [["leave_type", "name"], ["reason", "name"], ["leavers", "count"], ["share", "share"], ["median_days", "days"]], {
  rows: ({ main }) => main.rows.filter((row) => row.leavers > 0),
  ...empty("employment", "employment"),
});

const shows = figures("shows", by("step_rate", "channel"), () => [channel, ["value", "rate"], cases, ["no_show", "count"], ["untold", "count"]], {
  rows: ({ main }) => main.rows.filter((row) => row.from_stage === "invited" && row.to_stage === "attended" && speaks(row)),
  drill: applications("attended"),
  ...empty("interviews", "invitations"),
});
const noShow = figures("no_show", by("no_show", "channel"), () => [channel, ["value", "rate"], cases, ["declined", "count"], ["undelivered", "count"]], { drill: applications("invited"), ...empty("interviews", "invitations") });
const noReply = figures("no_reply", by("no_reply", "channel"), () => [channel, ["value", "rate"], cases, ["late", "count"], ["undelivered", "count"]], { drill: applications("invited"), ...empty("interviews", "invitations") });
const offers = figures("offers", by("offer_acceptance", "channel"), () => [channel, ["value", "rate"], cases, ["pending", "count"], ["withdrawn", "count"]], { drill: applications("offered"), ...empty("offers", "events") });
const gates = figures("gates", by("assessment_pass"), () => [["kind", "name"], ["value", "rate"], cases, ["pending", "count"], ["missed", "count"]], { ...empty("quality", "assessments") });
/** The first likely cause of a row of alerts, as a row with a text. */
function firstCause(report) {
  const first = new Map(report.rows.filter((row) => row.kind === "threshold" && row.place === 1).map((row) => [`${row.rule} ${row.slice}`, row]));
  return (alert) => ({ text: first.get(`${alert.rule} ${alert.slice}`)?.[`text_${lang()}`] });
}
const alerts = figures("alerts", by("threshold"), ({ main, causes }) => [["rule", "name"], ["slice", "name"], ["state", "word:alert"], ["value", "unit", t("col_figure")], ["raise", "unit"], ["cases", "count"], ["certainty", "word:alarm"], ["text", "text", t("col_likely"), firstCause(causes)]].filter(([column]) => column !== "slice" || main.rows.some((row) => row.slice !== "")), {
  rows: ({ main }) => main.rows.filter((row) => row.rule && row.state !== "clear").sort((a, b) => (a.state < b.state ? -1 : 1)),
  also: { causes: by("alert_cause") },
  note: (shown, reports) => (reports.main.rows.some((row) => row.rule) ? t("alerts_note", { shown: shown.length, all: reports.main.rows.length }) : ""),
  percent: false,
  wide: true,
  empty: { says: "alerts", command: "alerts.toml" },
});

const conflicts = figures("conflicts", by("conflicts", "field"), () => [["field", "name"], ["conflicts", "count"]], { rows: ({ main }) => main.rows.filter((row) => row.conflicts > 0), ...empty("conflicts") });

const moves = figures(
  "moves",
  by(BUDGET_ADVICE, "channel"),
  () => [channel, ["spend", "money", t("col_now")], ["advised", "money"], ["gain", "decimal"], ["probability", "share"], ["reason", "word:advice"], ["basis", "word:basis"]],
  {
    rows: ({ main }) => main.rows.filter((row) => row.people && (Number(row.spend) !== 0 || row.status === "no_data")),
    group: { column: "people", says: (row) => (f.isNumber(row.plan_gain) ? ` · ${t("plan_says", { gain: f.decimal(row.plan_gain), low: f.decimal(row.plan_low), high: f.decimal(row.plan_high), worst: f.decimal(row.plan_worst), probability: f.percent(row.plan_probability, 0) })}` : "") },
    drill: { drill: "spend_entries" },
    wide: true,
    percent: false,
    ...empty("spend", "spend"),
  },
);

const expected = figures("expected", by("forecast", "channel"), () => [channel, ["value", "decimal", t("col_expected_28")], ["low80", "decimal"], ["high80", "decimal"], ["naive", "decimal"], ["method", "word:method"]], {
  rows: ({ main }) => main.rows.filter((row) => row.stage && (f.isNumber(row.value) || row.status === "no_data")),
  group: { column: "stage" },
  wide: true,
  percent: false,
  ...empty("forecast"),
});

/** The subjects' cards; `context` knows whether the company has stores. */
export function cardsOf(subject, context) {
  return {
    channels: [headline, trendCard, channelsCard, drops],
    funnel: [funnelCard, cohorts, steps, stays, dropOut],
    spend: [spendTiles, costs, unitCosts, months, budget],
    heat: [heatCard(context), posting("posting_hours")],
    hires: [fillRate(context.stores.length > 0 ? "store" : "department"), started, timeToHire, retention, quality, attrition, sources],
    interviews: [shows, noShow, noReply, offers, gates, alerts],
    connections: [connectionsCard, wordsCard, conflicts],
    advice: [moves, outlook, expected, posting("repost_plan")],
  }[subject];
}
