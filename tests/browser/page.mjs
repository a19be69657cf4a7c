// Drives headless Chromium over the built-in page, looks at every subject as people do, and writes what it saw.
//
//   INFLOW_PAGE   address of the page of the demo       INFLOW_EMPTY   of a company without data
//   INFLOW_OUT    folder for screenshots and seen.json  CHROMIUM       the browser
//   INFLOW_MODULES  folder below which playwright-core and axe-core are installed
//   INFLOW_TOKENS   JSON: a token of each role that is looked at
//
// seen.json: `{findings: [..], figures: [..], month: [..], csv: [..], xlsx: [..], roles: {..}}`. Findings are sentences; the test that runs
// this wants none. Figures and files are compared there with `inflow report`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { back, closeness, drill, empty, keyboard, live, month, outage, print, roles, share, takeaway } from "./walks.mjs";

const { INFLOW_PAGE, INFLOW_EMPTY, INFLOW_OUT, INFLOW_MODULES, INFLOW_TOKENS, CHROMIUM } = process.env;
const require = createRequire(`${INFLOW_MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const SUBJECTS = ["channels", "funnel", "spend", "heat", "hires", "interviews", "connections", "advice"];
/** Both languages, both themes, phone and wide; each pair of them at least once. */
const LOOKS = [
  { lang: "en", theme: "light", width: 1440 },
  { lang: "zh", theme: "dark", width: 1440 },
  { lang: "zh", theme: "light", width: 375 },
  { lang: "en", theme: "dark", width: 375 },
];

const seen = { findings: [], figures: [], month: [], csv: [], xlsx: [], roles: {} };
const say = (where, what) => seen.findings.push(`${where}: ${what}`);

/** Answers of reports by address and form: what differs between two looks is the page, so the engine is asked once. */
const answers = new Map();
async function remembered(route) {
  const asked = route.request();
  const url = `${asked.url()} ${asked.headers().accept}`;
  if (!answers.has(url)) answers.set(url, route.fetch().then(async (answer) => ({ status: answer.status(), headers: answer.headers(), body: await answer.body() })));
  try {
    await route.fulfill(await answers.get(url));
  } catch (error) {
    // The page that asked is gone, or a newer choice stopped it.
    answers.delete(url);
    await route.abort("aborted").catch(() => {});
  }
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

/** A page whose complaints are findings. */
async function open({ lang, theme, width }, where, { excused = () => false, token = null } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 812 : 900 },
    colorScheme: theme,
    locale: lang === "zh" ? "zh-CN" : "en-GB",
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    extraHTTPHeaders: token ? { authorization: `Bearer ${token}` } : {},
  });
  // What one role was told is not for another.
  if (!token) await context.route("**/api/v1/report/**", remembered);
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !excused(message.text()) && say(where.now, `console: ${message.text()}`));
  page.on("pageerror", (error) => say(where.now, `uncaught: ${error.stack}`));
  // An older load that a newer choice stops is no failure.
  page.on("requestfailed", (request) => request.failure()?.errorText !== "net::ERR_ABORTED" && !excused(request.failure()?.errorText ?? "") && say(where.now, `request failed: ${request.url()} (${request.failure()?.errorText})`));
  page.on("response", (answer) => answer.status() >= 400 && !excused(String(answer.status())) && say(where.now, `${answer.status()} for ${answer.url()}`));
  page.on("request", (request) => !request.url().startsWith("http://127.0.0.1:") && !request.url().startsWith("data:") && !request.url().startsWith("blob:") && say(where.now, `asks elsewhere: ${request.url()}`));
  return { page, context };
}

export const loaded = (page) => page.locator('#board[aria-busy="false"]').waitFor();

/** axe-core over the page as it stands. Injected past the page's own policy, which stays in force for the page. */
async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const each of violations.filter(({ impact }) => ["serious", "critical"].includes(impact))) {
    say(where, `axe ${each.impact} ${each.id}: ${each.help}; ${each.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  }
}

/** What is wrong with how the page lies. Runs in the page. */
function layout() {
  const wrong = [];
  const visible = (node) => node.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) && node.getClientRects().length > 0;
  const name = (node) => `<${node.tagName.toLowerCase()}${node.id ? ` id=${node.id}` : ""}> ${node.textContent.trim().slice(0, 40)}`;
  const extra = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (extra > 0) wrong.push(`${extra} px wider than the window`);
  const hidden = (node) => node.closest(".hidden, .skip, [aria-hidden=true]");
  for (const node of document.querySelectorAll("h1, h2, h3, h4, button, a, th, td, dt, dd, p, select, summary, .tag")) {
    if (!visible(node) || hidden(node)) continue;
    const style = getComputedStyle(node);
    if (style.overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1 && !node.closest(".scroll")) wrong.push(`clipped: ${name(node)}`);
    const box = node.getBoundingClientRect();
    if (box.width > 0 && (box.left < -1 || box.right > innerWidth + 1) && !node.closest(".scroll")) wrong.push(`outside the window: ${name(node)}`);
  }
  // A word without a translation shows its key.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const free = node.parentElement.closest("script, style, code, .connection, .words, .meaning, .method, noscript, th[scope=row]");
    if (!free && /^[a-z]+(_[a-z0-9]+)+$/.test(text)) wrong.push(`not translated: ${text}`);
  }
  for (const card of document.querySelectorAll("section.card")) {
    if (visible(card) && card.innerText.trim().split("\n").length < 3) wrong.push(`an empty box: ${name(card)}`);
  }
  for (const drawing of document.querySelectorAll(".chart canvas")) {
    const box = drawing.getBoundingClientRect();
    if (box.width < 80 || box.height < 60) wrong.push(`a drawing of ${box.width} x ${box.height}`);
  }
  // Two texts of one table row or card head that lie on each other.
  for (const row of document.querySelectorAll(".card-head, .top-row, .bar-row, .subject-head, .figures tr, .tile")) {
    // On a phone the head of a table is for who does not see.
    if (row.closest("thead") && innerWidth <= 860) continue;
    const boxes = [...row.children].filter((node) => visible(node) && !hidden(node) && node.textContent.trim() !== "").map((node) => [node, node.getBoundingClientRect()]);
    for (const [index, [one, a]] of boxes.entries()) {
      for (const [other, b] of boxes.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // On a phone the state of a row stands at the end of its name's line, which is as wide as the row.
        if (across > 2 && down > 2 && !other.matches(".state")) wrong.push(`on each other: ${name(one)} and ${name(other)}`);
      }
    }
  }
  return [...new Set(wrong)];
}

/** Every figure that stands on the page, as it is written and as the report has it. Runs in the page. */
const figures = () =>
  [...document.querySelectorAll("data[data-figure]")].map((node) => ({
    figure: node.dataset.figure,
    by: node.dataset.by,
    span: node.dataset.span,
    row: JSON.parse(node.dataset.row),
    value: node.getAttribute("value"),
    text: node.textContent,
  }));

mkdirSync(INFLOW_OUT, { recursive: true });
for (const look of LOOKS) {
  const where = { now: "" };
  const { page, context } = await open(look, where);
  const kind = `${look.width}-${look.theme}-${look.lang}`;
  for (const subject of SUBJECTS) {
    where.now = `${subject} ${kind}`;
    await page.goto(`${INFLOW_PAGE}/?subject=${subject}`);
    await loaded(page);
    await page.screenshot({ path: `${INFLOW_OUT}/${subject}-${kind}.png`, fullPage: true });
    for (const wrong of await page.evaluate(layout)) say(where.now, wrong);
    if ((await page.locator("html").getAttribute("lang")) !== look.lang) say(where.now, "not in the browser's language");
    await accessible(page, where.now);
    if (look === LOOKS[0]) {
      const found = await page.evaluate(figures);
      if (found.length === 0 && subject !== "connections") say(where.now, "no figure at all");
      seen.figures.push(...found.map((figure) => ({ subject, ...figure })));
    }
  }
  where.now = `finance ${kind}`;
  await page.goto(`${INFLOW_PAGE}/finance`);
  await loaded(page);
  await page.screenshot({ path: `${INFLOW_OUT}/finance-${kind}.png`, fullPage: true });
  for (const wrong of await page.evaluate(layout)) say(where.now, wrong);
  await accessible(page, where.now);
  await context.close();
}

// Walks, each on a fresh page; a walk that loses its way is a finding too, and the others are made all the same.
const wide = LOOKS[0];
for (const walk of [keyboard, drill, back, share, takeaway, month, roles, live, outage, print, closeness, empty]) {
  const where = { now: walk.name };
  const { page, context } = await open(wide, where, { excused: (text) => walk === closeness && /503|ERR_/.test(text) });
  page.setDefaultTimeout(60_000);
  try {
    await walk({ page, context, loaded, accessible, layout, say: (what) => say(walk.name, what), address: walk === empty ? INFLOW_EMPTY : INFLOW_PAGE, out: INFLOW_OUT, seen, figures, tokens: JSON.parse(INFLOW_TOKENS), open: (other, token) => open(wide, other, { token }) });
  } catch (error) {
    say(walk.name, `lost its way: ${error.message}`);
    await page.screenshot({ path: `${INFLOW_OUT}/${walk.name}-lost.png` }).catch(() => {});
  }
  await context.close();
}

await browser.close();
writeFileSync(`${INFLOW_OUT}/seen.json`, JSON.stringify(seen, null, 1));
