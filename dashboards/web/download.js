// What a reader takes away: the rows of a report as csv or xlsx, a drawing as png.
import { workbook } from "./api.js";
import { columnsOf } from "./figure.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** As `inflow report --format csv` writes it: the same columns, order and quotes. */
function csv(report) {
  const columns = columnsOf(report);
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...report.rows.map((row) => columns.map((column) => row[column]))].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

/** Hands `content` to the browser as a file. */
function save(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  // Not at once: some browsers read the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const nameOf = (report, ending) => `inflow-${report.metric}-${report.from}-${report.to}.${ending}`;

/** With a byte order mark: without it Excel reads Chinese as noise. */
const saveCsv = (report) => save(nameOf(report, "csv"), `\uFEFF${csv(report)}`, "text/csv;charset=utf-8");

/** With amounts, shares and days as what Excel reckons with, and a sheet of definitions: the server writes it, as `inflow report --format xlsx` does. */
async function saveXlsx(report, button) {
  button.parentElement.querySelector(".failed")?.remove();
  try {
    const book = await workbook(report);
    save(nameOf(report, "xlsx"), book, book.type);
  } catch (error) {
    const words = error.message === "unreachable" ? t("unreachable") : error.message;
    button.after(h("span", { class: "failed", role: "status" }, t("failed", { error: words })));
  }
}

/** The buttons by which the rows of a report are taken away; `name` tells them from those of other cards. */
export function tableButtons(report, name) {
  const button = (form, onclick, words) => h("button", { type: "button", class: "action", "data-focus": `${form}-${name}`, onclick }, words);
  return [
    button("csv", () => saveCsv(report), t("download_csv")),
    // What the page hides, since nothing is known of a store's share, would stand in the server's file as a figure.
    report.hides ? null : button("xlsx", ({ currentTarget }) => saveXlsx(report, currentTarget), t("download_xlsx")),
  ];
}

/** A drawing as it stands, on the page's own ground, at twice its size. */
export function savePng(chart, report) {
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
  const picture = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: ground });
  h("a", { href: picture, download: nameOf(report, "png") }).click();
}
