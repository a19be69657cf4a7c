// What a reader takes away: the rows of a report as csv, a drawing as png.
import { columnsOf } from "./figure.js";
import { h } from "./dom.js";

/** As `inflow report --format csv` writes it: the same columns, order and quotes. */
export function csv(report) {
  const columns = columnsOf(report);
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...report.rows.map((row) => columns.map((column) => row[column]))].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** Hands `content` to the browser as a file. */
export function save(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  // Not at once: some browsers read the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const nameOf = (report, ending) => `inflow-${report.metric}-${report.from}-${report.to}.${ending}`;

/** With a byte order mark: without it Excel reads Chinese as noise. */
export const saveCsv = (report) => save(nameOf(report, "csv"), `\uFEFF${csv(report)}`, "text/csv;charset=utf-8");

/** A drawing as it stands, on the page's own ground, at twice its size. */
export function savePng(chart, report) {
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
  const picture = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: ground });
  h("a", { href: picture, download: nameOf(report, "png") }).click();
}
