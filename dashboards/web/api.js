// Requests. Every answer that is not 200 becomes a Failure with the server's own sentence and hint.

/** From a row to the report that it stands in, so that every figure drawn can say where it comes from. */
export const REPORT = Symbol("report");

export class Failure extends Error {
  constructor(message, hint, status) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

async function ask(path, headers, signal) {
  try {
    return await fetch(path, { signal, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("unreachable", null, 0);
  }
}

async function get(path, signal) {
  const answer = await ask(path, { accept: "application/json" }, signal);
  let body = null;
  try {
    body = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (!answer.ok || body === null) throw new Failure(body?.detail ?? `HTTP ${answer.status}`, body?.hint, answer.status);
  return body;
}

export const overview = (signal) => get("/api/v1/overview", signal);
export const metrics = (signal) => get("/api/v1/metrics", signal);
export const connections = (signal) => get("/api/v1/connections", signal);
/** Changes whenever figures may have changed: cheap to ask for. */
export const stamp = (signal) => get("/api/v1/stamp", signal);

/** One metric over the period; `filters` values are lists. */
export async function report(metric, { by = [], from, to, filters = {} }, signal) {
  const query = new URLSearchParams({ from, to });
  // No dimension at all must be said: silence is the metric's own grouping.
  query.set("by", by.length > 0 ? by.join(",") : "none");
  for (const [dimension, values] of Object.entries(filters)) {
    for (const value of values) query.append(dimension, value);
  }
  const path = `/api/v1/report/${encodeURIComponent(metric)}?${query}`;
  const answer = await get(path, signal);
  Object.assign(answer, { by, path });
  for (const row of answer.rows) row[REPORT] = answer;
  return answer;
}

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A report that was read, as the workbook that the server writes of it in the reader's language. */
export async function workbook({ path }) {
  const answer = await ask(path, { accept: XLSX, "accept-language": document.documentElement.lang });
  if (answer.ok) return answer.blob();
  const said = await answer.json().catch(() => null);
  throw new Failure(said?.detail ?? `HTTP ${answer.status}`, said?.hint, answer.status);
}
