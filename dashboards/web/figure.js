// A figure on the page: `<data>` with the value as the report has it, to the last digit, and where it stands there.
import { REPORT } from "./api.js";
import { h } from "./dom.js";

let catalogue = new Map();

/** What the server says of its metrics; asked for once, read everywhere. */
export function learn(metrics) {
  catalogue = new Map(metrics.map((metric) => [metric.id, metric]));
}

export const metricOf = (id) => catalogue.get(id);

/** The dimensions and keys of a row: what tells it from the others of its report. */
export function keysOf(report, row) {
  const metric = catalogue.get(report.metric);
  return [...(metric?.dimensions ?? []), ...(metric?.keys ?? [])].filter((name) => name in row);
}

/** `text` as the figure in `column` of a report's row. A row that was made here, not read, is text alone. */
export function figure(row, column, text, attributes = {}) {
  const report = row?.[REPORT];
  if (!report || row[column] === null || row[column] === undefined) return h("span", attributes, text);
  const key = Object.fromEntries(keysOf(report, row).map((name) => [name, row[name]]));
  return h(
    "data",
    { value: String(row[column]), "data-figure": `${report.metric}/${column}`, "data-by": report.by.join(","), "data-span": `${report.from}/${report.to}`, "data-row": JSON.stringify(key), ...attributes },
    text,
  );
}

/** The columns of a report's rows in the order of `inflow report --format csv`. */
export function columnsOf(report) {
  const metric = catalogue.get(report.metric);
  const known = [...report.by, ...(metric?.keys ?? []), ...(metric?.columns ?? [])];
  return known.length > 0 ? known : Object.keys(report.rows[0] ?? {});
}
