// Report JSON to what the views draw, with how sure it is. The only file that knows the columns of report rows.
import { isNumber } from "./format.js";

/** Stages of the funnel, from the resume on; those that the report has no step to are left out. */
export const FUNNEL = ["applied", "screened", "invited", "attended", "offered", "accepted", "onboarded", "passed_probation"];

/** The channel of ledger lines that name none. */
export const UNALLOCATED = "unallocated";

const num = (value) => (isNumber(value) ? Number(value) : null);

/** How sure a row is. A status that this page does not know is kept and named. */
export const state = (row) => ({ status: row?.status ?? "no_data", covered: num(row?.covered) });

/** A proportion with its interval. */
export function rate(row) {
  if (!row) return null;
  return {
    row,
    ...state(row),
    numerator: num(row.numerator),
    denominator: num(row.denominator),
    value: num(row.value),
    low: num(row.low),
    high: num(row.high),
    pooled: num(row.pooled_value),
    mature: num(row.maturity),
  };
}

export const dayOf = (row) => String(row.day ?? row.period ?? "").slice(0, 10);

/**
 * Of the resumes received in the period, those that have reached a stage so far. The cohort, not the entries of the
 * period: some systems only say that a stage was reached by the time they were asked, which dates no entry.
 */
export const reached = (report, stage) => (report?.rows ?? []).find((each) => each.from_stage === "applied" && each.to_stage === stage) ?? null;

/** Channels in the order of the configuration, unknown ones after them, with every figure that is known. */
export function channelRows({ overview, volume, conversion, spend, perResume, perOnboarded }, gaps) {
  const by = (rows) => new Map((rows ?? []).map((row) => [row.channel, row]));
  const steps = (to) => by(conversion?.rows?.filter((row) => row.from_stage === "applied" && row.to_stage === to));
  const [attended, onboarded] = [steps("attended"), steps("onboarded")];
  const [volumes, costs, units, hires] = [volume, spend, perResume, perOnboarded].map((report) => by(report?.rows));
  const names = new Map(overview.channels.map((channel) => [channel.id, channel.name]));
  const ids = new Set([...names.keys(), ...volumes.keys(), ...attended.keys(), ...costs.keys()]);
  ids.delete("");
  // Spend that belongs to no channel has no people; it is drawn beside the channels' cost only.
  ids.delete(UNALLOCATED);
  return [...ids].map((id) => {
    const v = volumes.get(id);
    return {
      id,
      name: names.get(id) ?? null,
      row: v,
      ...state(v),
      gap: gaps.get(id) ?? null,
      applications: num(v?.applications),
      candidates: num(v?.candidates),
      keyShare: num(v?.key_share),
      postings: num(v?.postings),
      clusters: num(v?.posting_clusters),
      share: num(v?.share),
      attended: rate(attended.get(id)),
      onboarded: rate(onboarded.get(id)),
      spend: amount(costs.get(id)),
      perResume: unit(units.get(id)),
      perOnboarded: unit(hires.get(id)),
    };
  });
}

// Money stays a decimal string.
const amount = (row) => (row ? { row, ...state(row), amount: row.amount ?? null, currency: row.currency } : null);
const unit = (row) =>
  row
    ? { row, ...state(row), value: row.value ?? null, low: row.low ?? null, high: row.high ?? null, people: num(row.denominator), pooled: row.pooled_value ?? null, currency: row.currency }
    : null;

/** What each channel cost and what one of its resumes did, dearest first; spend of no channel stands apart. */
export function costRows(spend, perResume, names) {
  const units = new Map((perResume?.rows ?? []).map((row) => [row.channel, row]));
  return spend.rows.map((row) => ({
    id: row.channel,
    name: names.get(row.channel) ?? row.channel,
    apart: row.channel === UNALLOCATED,
    spend: amount(row),
    unit: row.channel === UNALLOCATED ? null : unit(units.get(row.channel)),
  }));
}

/** Spend that names no store, out of a report by store. */
export const spendWithoutStore = (report) => Number((report?.rows ?? []).find((row) => row.store === "")?.amount ?? 0);

/**
 * A money report of one store while the ledger holds spend that names no store: an amount of nothing then means
 * "not split by store", and is never shown as free.
 */
export function unplaced(report) {
  if (!report?.rows) return report;
  const free = (row) => !(Number(row.amount ?? row.numerator ?? 0) !== 0);
  const hide = (row) => ({ ...row, amount: null, value: null, low: null, high: null, pooled_value: null, status: "unplaced" });
  return { ...report, hides: true, rows: report.rows.map((row) => (free(row) && row.status !== "no_data" ? hide(row) : row)) };
}

export const total = (report) => report?.rows?.[0] ?? null;

/** The funnel of one cohort: stage, count, share of the stage before and of the first. */
export function funnel(report) {
  const rows = (report?.rows ?? []).filter((row) => row.from_stage === "applied");
  if (rows.length === 0) return null;
  const reached = new Map(rows.map((row) => [row.to_stage, num(row.numerator)]));
  const origin = new Map([["applied", [rows[0], "denominator"]], ...rows.map((row) => [row.to_stage, [row, "numerator"]])]);
  const first = num(rows[0].denominator);
  if (first === null) return null;
  reached.set("applied", first);
  const stages = FUNNEL.filter((stage) => reached.has(stage) && reached.get(stage) !== null);
  return {
    ...state(rows[0]),
    young: rows.some((row) => rate(row).mature !== null && rate(row).mature < 1),
    steps: stages.map((stage, index) => ({
      stage,
      count: reached.get(stage),
      origin: origin.get(stage),
      ofPrevious: index > 0 && reached.get(stages[index - 1]) > 0 ? reached.get(stage) / reached.get(stages[index - 1]) : null,
      ofFirst: first > 0 ? reached.get(stage) / first : null,
    })),
  };
}

/** 168 cells, weekday 1..7 by hour 0..23; null where nothing is known. */
export function heat(report) {
  const cells = new Map();
  for (const row of report?.rows ?? []) {
    cells.set(`${row.weekday}-${row.hour}`, { row, weekday: num(row.weekday), hour: num(row.hour), ...state(row), count: num(row.count), rate: num(row.rate) });
  }
  const list = [...cells.values()].filter((cell) => cell.count !== null);
  const sum = list.reduce((all, cell) => all + cell.count, 0);
  const peak = list.reduce((best, cell) => (best === null || cell.count > best.count ? cell : best), null);
  const first = report?.rows?.[0];
  return { cells, peak: sum > 0 ? peak : null, average: sum / 168, leftOut: num(first?.left_out) ?? 0, ...state(first) };
}

/** Channel id -> the connection whose failure leaves it without data, the longest outage first. */
export function gaps(connections) {
  const found = new Map();
  for (const connection of connections) {
    if (connection.status !== "failing") continue;
    for (const channel of connection.channels) {
      const known = found.get(channel);
      const since = connection.last_success_at ?? null;
      if (!known || since === null || (known.since !== null && since < known.since)) found.set(channel, { since, connection });
    }
  }
  return found;
}

export const reconciles = (report) => report?.reconciles ?? null;
