// What ECharts draws: days, cost, hours, the funnel's shape. Colours come from the style sheet, so that both
// themes hold; each drawing has words for a screen reader and a table beside it.
import { init } from "./echarts.bundle.js";
import { at, fill, h, plainTable } from "./dom.js";
import * as f from "./format.js";
import { figure } from "./figure.js";
import { t } from "./i18n.js";

const charts = new Map();

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const colours = () =>
  Object.fromEntries(["ink", "ink-2", "ink-3", "line", "surface", "raised", "sunken", "accent", "accent-2", "accent-soft", "warn", "heat-0", "heat-1", "heat-2", "heat-3", "hatch", "hatch-ground"].map((name) => [name, token(name)]));

/** The chart of an element, made at first use; what it says goes to `aria-label`. */
function show(id, option, says) {
  const node = at(id);
  if (!charts.has(id) || charts.get(id).isDisposed()) {
    node.replaceChildren();
    const chart = init(node, null, { renderer: "canvas" });
    charts.set(id, chart);
    new ResizeObserver(() => !chart.isDisposed() && chart.resize()).observe(node);
  }
  if (node.style.height === "auto") node.style.removeProperty("height");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", says);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  charts.get(id).setOption({ animation: !calm, animationDuration: 350, ...option }, true);
}

/** The chart that stands in an element, if one does. */
export const chartOf = (id) => charts.get(id === "funnel" ? "funnel-shape" : id) ?? null;

/** Forgets charts whose elements are gone. */
export function forget() {
  for (const [id, chart] of charts) {
    if (chart.getDom().isConnected) continue;
    chart.dispose();
    charts.delete(id);
  }
}

/** Words in place of a drawing. */
export function say(id, ...words) {
  charts.get(id)?.dispose();
  charts.delete(id);
  const node = at(id);
  node.removeAttribute("role");
  node.removeAttribute("aria-label");
  node.style.height = "auto";
  if (at(`${id}-table`)) fill(at(`${id}-table`));
  fill(node, ...words);
}

/** Stripes: on grey "not known", unlike any amount, zero too; on the bars' own colour "part of it". */
function hatch(c, ground = c["hatch-ground"], stripe = c.hatch) {
  const size = 8;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = stripe;
  pen.lineWidth = ground === c["hatch-ground"] ? 1.4 : 3;
  for (const offset of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(offset, size);
    pen.lineTo(offset + size, 0);
    pen.stroke();
  }
  return { image: tile, repeat: "repeat" };
}

const text = (c) => ({ color: c["ink-3"], fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 });
const tip = (c, formatter) => ({
  trigger: "item",
  confine: true,
  backgroundColor: c.raised,
  borderColor: c.line,
  padding: [8, 12],
  extraCssText: "box-shadow:0 6px 20px rgb(0 0 0 / .16);border-radius:9px",
  formatter: (item) => {
    const [title, ...lines] = formatter(item);
    return h("div", { class: "tip" }, h("b", {}, title), lines.filter(Boolean).map((line) => h("span", {}, line)));
  },
});

/** Resumes a day; a day without full coverage is hatched. */
export function trend(days) {
  const c = colours();
  const most = days.reduce((best, day) => ((day.count ?? -1) > (best?.count ?? -1) ? day : best), null);
  const sum = days.reduce((all, day) => all + (day.count ?? 0), 0);
  const high = Math.max(1, most?.count ?? 0);
  const unknown = (day) => day.status === "no_data";
  const partly = hatch(c, c["accent-soft"], c.accent);
  const option = {
    textStyle: text(c),
    grid: { left: 4, right: 4, top: 14, bottom: 4, containLabel: true },
    tooltip: tip(c, ({ dataIndex }) => {
      const day = days[dataIndex];
      return [f.weekdayDay(day.day), unknown(day) ? t("no_data_words") : `${f.count(day.count)} ${t("resumes")}`, day.status === "partial" ? t("partial_says", { covered: f.percent(day.covered, 0) }) : null];
    }),
    xAxis: { type: "category", data: days.map((day) => f.shortDay(day.day)), axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, axisLabel: { color: c["ink-3"], hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3, axisLabel: { color: c["ink-3"] }, splitLine: { lineStyle: { color: c.line } } },
    series: [
      {
        type: "bar",
        barCategoryGap: days.length > 120 ? "5%" : "28%",
        barMaxWidth: 34,
        data: days.map((day) => ({
          value: unknown(day) ? high * 0.5 : day.count,
          itemStyle: unknown(day)
            ? { color: hatch(c), borderRadius: 3 }
            : { color: day.status === "partial" ? partly : c.accent, opacity: f.isWeekend(day.day) ? 0.5 : 0.92, borderRadius: [3, 3, 0, 0] },
        })),
      },
    ],
  };
  const says = most ? t("trend_says", { from: f.day(days[0].day), to: f.day(days.at(-1).day), total: f.count(sum), day: f.day(most.day), most: f.count(most.count) }) : "";
  show("trend", option, says);
  fill(at("trend-table"), plainTable([t("day"), t("resumes")], days.map((day) => [f.day(day.day), unknown(day) ? t("status_no_data") : figure(day.row, "applications", f.count(day.count))])));
}

/** Net cost of each channel as bars, what one resume costs written at their end. Says whether there was any cost to draw. */
export function cost(rows, { currency, gaps }) {
  const c = colours();
  const shown = rows.filter((bar) => Number(bar.spend?.amount ?? 0) !== 0).sort((a, b) => Number(a.spend.amount) - Number(b.spend.amount));
  if (shown.length === 0) return false;
  const unit = (bar) => (f.isNumber(bar.unit?.value) ? f.money(bar.unit.value, currency) : null);
  const gap = (bar) => gaps.has(bar.id) || bar.unit?.status === "no_data";
  const amount = (bar) => f.money(bar.spend.amount, currency);
  const node = at("cost");
  node.style.height = `${Math.max(190, 34 * shown.length + 40)}px`;
  const paint = (bar) => (gap(bar) ? hatch(c) : bar.apart ? c["ink-3"] : c["accent-2"]);
  show(
    "cost",
    {
      textStyle: text(c),
      grid: { left: 4, right: 138, top: 4, bottom: 4, containLabel: true },
      tooltip: tip(c, ({ dataIndex }) => {
        const bar = shown[dataIndex];
        return [bar.name, `${t("cost")} ${amount(bar)}`, unit(bar) === null ? null : `${t("per_resume")} ${unit(bar)}`, gap(bar) ? t("no_data_words") : null];
      }),
      xAxis: { type: "value", splitNumber: 3, axisLabel: { color: c["ink-3"], hideOverlap: true, formatter: (value) => f.compactMoney(value, currency) }, splitLine: { lineStyle: { color: c.line } } },
      yAxis: { type: "category", data: shown.map((bar) => bar.name), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: c.ink, width: 110, overflow: "truncate" } },
      series: [
        {
          type: "bar",
          barMaxWidth: 18,
          data: shown.map((bar) => ({ value: Number(bar.spend.amount), itemStyle: { color: paint(bar), borderRadius: [0, 4, 4, 0] } })),
          label: {
            show: true,
            position: "right",
            formatter: ({ dataIndex }) => {
              const bar = shown[dataIndex];
              return `{a|${f.money(bar.spend.amount, currency, true)}}${unit(bar) === null ? "" : `  {b|${unit(bar)}/${t("one_resume")}}`}`;
            },
            rich: { a: { color: c.ink, fontWeight: 600 }, b: { color: c["ink-3"], fontSize: 11 } },
          },
        },
      ],
    },
    t("cost_says", { list: [...shown].reverse().map((bar) => `${bar.name} ${amount(bar)}`).join(", ") }),
  );
  fill(at("cost-table"), plainTable([t("channel"), t("cost"), t("per_resume")], [...shown].reverse().map((bar) => [bar.name, figure(bar.spend.row, "amount", amount(bar)), unit(bar) === null ? "–" : figure(bar.unit.row, "value", unit(bar))])));
  return true;
}

/** Weekday by hour; the busiest cell is outlined and named. */
export function heat(kind, data) {
  const c = colours();
  const when = (cell) => `${f.weekday(cell.weekday)} ${f.hours(cell.hour)}`;
  const high = Math.max(1, data.peak?.count ?? 0);
  const all = [];
  for (let weekday = 1; weekday <= 7; weekday += 1) {
    for (let hour = 0; hour < 24; hour += 1) {
      const cell = data.cells.get(`${weekday}-${hour}`);
      const unknown = !cell || cell.count === null || cell.status === "no_data";
      const isPeak = data.peak !== null && cell === data.peak;
      all.push({
        cell: cell ?? { weekday, hour, count: null },
        unknown,
        value: [hour, 7 - weekday, unknown ? 0 : cell.count],
        itemStyle: unknown ? { color: hatch(c) } : isPeak ? { borderColor: c.ink, borderWidth: 2.5 } : {},
        ...(unknown ? { visualMap: false } : {}),
      });
    }
  }
  // Drawn last, so that no neighbour covers the outline of the busiest cell.
  all.sort((a, b) => Number(a.cell === data.peak) - Number(b.cell === data.peak));
  const [head, ...rest] = peakWords(kind, data, when);
  fill(at("heat-lead"), head, rest);
  const narrow = at("heat").clientWidth < 560;
  show(
    "heat",
    {
      textStyle: text(c),
      grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
      tooltip: tip(c, ({ data: item }) => [
        when(item.cell),
        item.unknown ? t("status_no_data") : f.count(item.cell.count),
        !item.unknown && item.cell.rate !== null ? t("rate_hour", { rate: f.decimal(item.cell.rate, 3) }) : null,
      ]),
      xAxis: { type: "category", data: Array.from({ length: 24 }, (_, hour) => (narrow ? hour : `${String(hour).padStart(2, "0")}:00`)), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: c["ink-3"], interval: narrow ? 5 : 2 } },
      yAxis: { type: "category", data: [7, 6, 5, 4, 3, 2, 1].map((day) => f.weekday(day, narrow ? "narrow" : "short")), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: c["ink-2"] } },
      visualMap: { show: false, min: 0, max: high, inRange: { color: [c["heat-0"], c["heat-1"], c["heat-2"], c["heat-3"]] } },
      series: [{ type: "heatmap", data: all, itemStyle: { borderColor: c.surface, borderWidth: narrow ? 1 : 2.5, borderRadius: narrow ? 2 : 5 }, emphasis: { itemStyle: { borderColor: c["accent-2"], borderWidth: 2 } } }],
    },
    at("heat-lead").textContent,
  );
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const value = (weekday, hour) => {
    const cell = data.cells.get(`${weekday}-${hour}`);
    return cell && cell.count !== null ? figure(cell.row, "count", f.count(cell.count)) : t("status_no_data");
  };
  fill(at("heat-table"), plainTable([t("hour"), ...[1, 2, 3, 4, 5, 6, 7].map((day) => f.weekday(day, "short"))], hours.map((hour) => [f.hours(hour), ...[1, 2, 3, 4, 5, 6, 7].map((day) => value(day, hour))])));
}

function peakWords(kind, data, when) {
  if (data.peak === null) return [t("peak_none")];
  const words = t(`peak_${kind}`, { when: "\u0000", count: f.count(data.peak.count), times: f.decimal(data.peak.count / data.average, 1) });
  const [before, after] = words.split("\u0000");
  return [before, h("b", {}, when(data.peak)), after];
}

/** The funnel's shape on the left, its words on the right, row by row. */
export function funnel(data) {
  const c = colours();
  const steps = data.steps;
  const rowHeight = Math.max(58, Math.min(92, Math.floor(400 / steps.length)));
  const shape = h("div", { class: "funnel-shape", id: "funnel-shape" });
  shape.style.height = `${rowHeight * steps.length}px`;
  const stages = h("ol", { class: "stages" }, steps.map((each) => h("li", {}, h("span", {}, t(`stage_${each.stage}`)))));
  const counts = h(
    "ol",
    { class: "counts", "aria-hidden": "true" },
    steps.map((each) => h("li", {}, h("b", {}, figure(...each.origin, f.count(each.count))), each.ofPrevious === null ? null : [h("small", {}, t("of_previous", { share: f.percent(each.ofPrevious) })), h("small", {}, t("of_first", { share: f.percent(each.ofFirst) }))])),
  );
  stages.setAttribute("aria-hidden", "true");
  const says = t("funnel_says", {
    steps: steps.map((each) => `${t(`stage_${each.stage}`)} ${f.count(each.count)} (${t("of_first", { share: f.percent(each.ofFirst) })})`).join(", "),
  });
  charts.get("funnel-shape")?.dispose();
  charts.delete("funnel-shape");
  const grid = h("div", { class: "funnel" }, stages, shape, counts);
  grid.style.setProperty("--step", `${rowHeight}px`);
  fill(at("funnel"), grid, data.young ? h("p", { class: "aside" }, t("funnel_young")) : null);
  show(
    "funnel-shape",
    {
      tooltip: tip(c, ({ dataIndex }) => {
        const each = steps[dataIndex];
        return [t(`stage_${each.stage}`), f.count(each.count), each.ofPrevious === null ? null : t("of_previous", { share: f.percent(each.ofPrevious) }), t("of_first", { share: f.percent(each.ofFirst) })];
      }),
      series: [
        {
          type: "funnel",
          sort: "none",
          left: 0,
          right: 0,
          top: 0,
          bottom: 0,
          gap: 3,
          min: 0,
          max: Math.max(1, steps[0].count),
          minSize: "0%",
          label: { show: false },
          itemStyle: { borderWidth: 0 },
          data: steps.map((each, index) => ({ value: each.count, name: t(`stage_${each.stage}`), itemStyle: { color: c.accent, opacity: 1 - (0.6 * index) / Math.max(1, steps.length - 1) } })),
        },
      ],
    },
    says,
  );
}

/** What came and what is expected to come: the forecast with its 80 and 95 % bands. */
export function outlookChart(past, coming) {
  const c = colours();
  const days = [...past.map((day) => day.day), ...coming.map((row) => row.day)];
  const before = past.map(() => null);
  const band = (low, high, opacity) => {
    const bar = { type: "line", stack: `band-${high}`, symbol: "none", silent: true, lineStyle: { opacity: 0 } };
    return [
      { ...bar, data: [...before, ...coming.map((row) => row[low])] },
      { ...bar, data: [...before, ...coming.map((row) => row[high] - row[low])], areaStyle: { color: c["accent-2"], opacity } },
    ];
  };
  const option = {
    textStyle: text(c),
    grid: { left: 4, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      ...tip(c, ([first]) => {
        const row = coming[first.dataIndex - past.length];
        const day = past[first.dataIndex];
        return row
          ? [f.weekdayDay(row.day), `${t("expected_resumes")} ${f.decimal(row.value)}`, t("band", { share: "80 %", low: f.count(row.low80), high: f.count(row.high80) }), t("band", { share: "95 %", low: f.count(row.low95), high: f.count(row.high95) })]
          : [f.weekdayDay(day.day), day.status === "no_data" ? t("no_data_words") : `${f.count(day.count)} ${t("resumes")}`];
      }),
      trigger: "axis",
    },
    xAxis: { type: "category", data: days.map(f.shortDay), axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false }, axisLabel: { color: c["ink-3"], hideOverlap: true } },
    yAxis: { type: "value", min: 0, splitNumber: 3, axisLabel: { color: c["ink-3"] }, splitLine: { lineStyle: { color: c.line } } },
    series: [
      ...band("low95", "high95", 0.14),
      ...band("low80", "high80", 0.22),
      { type: "line", symbol: "none", lineStyle: { color: c.accent, width: 2 }, itemStyle: { color: c.accent }, data: past.map((day) => (day.status === "no_data" ? null : day.count)) },
      { type: "line", symbol: "none", lineStyle: { color: c["accent-2"], width: 2, type: "dashed" }, itemStyle: { color: c["accent-2"] }, data: [...before, ...coming.map((row) => row.value)] },
    ],
  };
  const sum = coming.reduce((all, row) => all + Number(row.value), 0);
  show("outlook", option, t("outlook_says", { from: f.day(coming[0].day), to: f.day(coming.at(-1).day), total: f.count(sum) }));
  at("outlook-lead").textContent = t("outlook_says", { from: f.day(coming[0].day), to: f.day(coming.at(-1).day), total: f.count(sum) });
  const heads = [t("day"), t("expected_resumes"), "80 %", "95 %", t("col_naive")];
  const ends = (row, low, high) => [figure(row, low, f.count(row[low])), " – ", figure(row, high, f.count(row[high]))];
  fill(at("outlook-table"), plainTable(heads, coming.map((row) => [f.day(row.day), figure(row, "value", f.decimal(row.value)), ends(row, "low80", "high80"), ends(row, "low95", "high95"), figure(row, "naive", f.decimal(row.naive))])));
}
