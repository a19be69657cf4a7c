// What people do on the page, step by step. Each walk gets a fresh page; `say` is a finding.
import { readFileSync } from "node:fs";

/** Tab reaches everything that can be pressed, in the order in which it lies, and shows where it is; Esc closes what was opened. */
export async function keyboard({ page, loaded, say, address }) {
  await page.goto(`${address}/?subject=channels`);
  await loaded(page);
  const all = await page.evaluate(() => {
    const list = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter((node) => node.checkVisibility() && !node.disabled && !node.closest("dialog:not([open])"));
    for (const [index, node] of list.entries()) node.dataset.walk = index;
    return list.map((node) => `${node.tagName.toLowerCase()} ${node.getAttribute("aria-label") ?? node.textContent.trim().slice(0, 30)}`);
  });
  const order = [];
  for (let step = 0; step < all.length + 2; step += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      if (!node || node === document.body) return null;
      const style = getComputedStyle(node);
      return { index: node.dataset.walk === undefined ? null : Number(node.dataset.walk), seen: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2, name: node.textContent.trim().slice(0, 30) };
    });
    if (at === null) break;
    if (!at.seen) say(`the focus is not to be seen on ${at.name}`);
    order.push(at.index);
  }
  const missed = all.filter((_, index) => !order.includes(index));
  if (missed.length > 0) say(`Tab does not reach ${missed.join(", ")}`);
  if (order.some((index, place) => place > 0 && index !== null && index < order[place - 1])) say("Tab jumps back");

  await page.locator("#trend-more summary").focus();
  await page.keyboard.press("Enter");
  if (!(await page.locator("#trend-table table").isVisible())) say("Enter does not open the table under more");
  await page.keyboard.press("Escape");
  if (await page.locator("#trend-more").evaluate((node) => node.open)) say("Esc does not close more");
  // The skip link is the first stop and leads past the head.
  await page.evaluate(() => document.activeElement.blur());
  await page.goto(`${address}/?subject=funnel`);
  await loaded(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  if (!(await page.evaluate(() => document.activeElement.id === "main" || location.hash === "#main"))) say("the skip link skips nothing");
}

/** From a figure to the ids and ledger lines behind it, and back to where one was. */
export async function drill({ page, loaded, accessible, say, address, out }) {
  await page.goto(`${address}/?subject=channels`);
  await loaded(page);
  const more = page.locator('[data-focus="detail-boss"]');
  await more.focus();
  await page.keyboard.press("Enter");
  await page.locator("#detail-boss").waitFor();
  await page.locator('[data-focus="stage_entries-boss"]').press("Enter");
  await page.locator("#drill-body table").waitFor();
  const ids = await page.locator("#drill-body tbody th code").allTextContents();
  if (ids.length === 0 || !ids.every((id) => /^[a-z0-9_]+\/\S+$/.test(id))) say(`application ids are ${ids.slice(0, 3)}`);
  await accessible(page, "drill");
  await page.screenshot({ path: `${out}/drill-applications.png` });
  await page.locator("#drill-stage").selectOption("attended");
  await page.waitForURL(/stage=attended/);
  await page.locator("#drill-body table").waitFor();
  await page.keyboard.press("Escape");
  if (await page.locator("#drill").evaluate((node) => node.open)) say("Esc does not close the dialog");
  if (/drill=/.test(page.url())) say("the address still names the dialog");
  const back = await page.evaluate(() => document.activeElement?.dataset.focus);
  if (back !== "stage_entries-boss") say(`after the dialog the focus is on ${back}`);
  await page.locator('[data-focus="spend_entries-boss"]').click();
  await page.locator("#drill-body table").waitFor();
  const shown = await page.locator("#drill-body data").evaluateAll((nodes) => nodes.reduce((sum, node) => sum + Math.round(Number(node.value) * 100), 0));
  const spent = await page.locator('#channels data[data-figure="spend/amount"][data-row*="boss"]').getAttribute("value");
  if (shown !== Math.round(Number(spent) * 100)) say(`ledger lines come to ${shown / 100}, the channel to ${spent}`);
  await page.screenshot({ path: `${out}/drill-ledger.png` });
}

/** "Back" undoes one choice at a time, a dialog too. */
export async function back({ page, loaded, say, address }) {
  await page.goto(`${address}/`);
  await loaded(page);
  await page.locator("#subjects a").nth(1).click();
  await page.locator('#subjects a[aria-current="page"]').nth(0).waitFor();
  await page.locator('[data-period="7"]').click();
  await page.locator("#store").selectOption({ index: 1 });
  await page.waitForURL(/store=/);
  await loaded(page);
  const filters = () => page.evaluate(() => [new URLSearchParams(location.search).get("subject"), document.querySelector('[data-period][aria-pressed="true"]').dataset.period, document.getElementById("store").selectedIndex].join(" "));
  const steps = [await filters()];
  for (let step = 0; step < 3; step += 1) {
    await page.goBack();
    await page.waitForTimeout(50);
    steps.push(await filters());
  }
  const expected = ["funnel 7 1", "funnel 7 0", "funnel 30 0", "channels 30 0"];
  if (steps.join() !== expected.join()) say(`back goes ${steps.join(", ")}`);
}

/** The copied link shows another reader the same. */
export async function share({ page, context, loaded, say, address }) {
  await page.goto(`${address}/?subject=spend&period=custom&from=2026-10-05&to=2026-10-18&channel=boss`);
  await loaded(page);
  await page.locator("#share").click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await other.goto(link);
  await loaded(other);
  const says = (each) => each.evaluate(() => [document.getElementById("subject").textContent, document.getElementById("range").textContent, document.getElementById("channel").value, document.getElementById("spend_headline").innerText].join("\n"));
  if ((await says(page)) !== (await says(other))) say("the link shows something else");
  if (!/BOSS|boss/.test(await other.locator("#unit_costs").innerText())) say("the channel is not the one of the link");
  if (/Zhaopin/.test(await other.locator("#unit_costs").innerText())) say("the filter by channel lets others through");
}

/** What is taken away: csv and xlsx as the command line writes them (compared by the test), the drawing as a picture. */
export async function takeaway({ page, loaded, say, address, out, seen }) {
  for (const [subject, card, by] of [["channels", "channels", "channel"], ["spend", "cost", "channel"], ["heat", "heat", "none"]]) {
    await page.goto(`${address}/?subject=${subject}`);
    await loaded(page);
    await page.locator(`#${card}-more summary`).click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-focus="csv-${card}"]`).click()]);
    const text = readFileSync(await file.path(), "utf8");
    const [, metric, from, to] = /^inflow-([a-z_]+)-(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)\.csv$/.exec(file.suggestedFilename()) ?? [];
    if (!metric) say(`the file is called ${file.suggestedFilename()}`);
    if (!text.startsWith("\uFEFF")) say("Excel would not know that the file is UTF-8");
    seen.csv.push({ metric, by, from, to, text: text.slice(1) });
    const [book] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-focus="xlsx-${card}"]`).click()]);
    if (book.suggestedFilename() !== file.suggestedFilename().replace(/csv$/, "xlsx")) say(`the workbook is called ${book.suggestedFilename()}`);
    const kept = `${out}/${card}.xlsx`;
    await book.saveAs(kept);
    seen.xlsx.push({ metric, by, from, to, file: kept });
    if (card === "channels") continue;
    const [picture] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-focus="png-${card}"]`).click()]);
    const bytes = readFileSync(await picture.path());
    if (bytes.subarray(1, 4).toString() !== "PNG" || bytes.length < 5000) say(`the picture of ${card} is ${bytes.length} bytes`);
  }
}

/** A month that is over, figure by figure, where the same figures stand in finance's workbooks too. */
export async function month({ page, loaded, say, address, figures, seen }) {
  for (const subject of ["channels", "spend"]) {
    await page.goto(`${address}/?subject=${subject}&period=custom&from=2026-10-01&to=2026-10-31`);
    await loaded(page);
    // The rows under "more" hold every figure of a report, few cases and no data too.
    const found = await page.evaluate(figures);
    if (found.length === 0) say(`${subject} has no figure`);
    seen.month.push(...found.map((figure) => ({ subject, ...figure })));
  }
}

/** Each role is offered the subjects in which it may see something, and nothing that it is refused is asked for. */
export async function roles({ open, loaded, say, address, tokens, seen }) {
  for (const [role, token] of Object.entries(tokens)) {
    const where = { now: `as ${role}` };
    const { page, context } = await open(where, token);
    await page.goto(`${address}/`);
    await loaded(page);
    const links = page.locator("#subjects a");
    const subjects = (await links.evaluateAll((nodes) => nodes.map((node) => new URL(node.href).searchParams.get("subject"))));
    for (const subject of subjects) {
      await page.goto(`${address}/?subject=${subject}`);
      await loaded(page);
      if ((await page.locator('#subjects a[aria-current="page"]').count()) !== 1) say(`${role} is offered ${subject} and does not get there`);
      if ((await page.locator("#board section").count()) === 0) say(`${role} is offered ${subject}, which shows nothing`);
    }
    // An address that somebody else sent leads to what there is.
    await page.goto(`${address}/?subject=advice`);
    await loaded(page);
    seen.roles[role] = { subjects, advice: new URL(page.url()).searchParams.get("subject") };
    await context.close();
  }
}

/** New data replaces the figures and nothing else: what is open stays open, the focus and the place stay. */
export async function live({ page, loaded, say, address }) {
  await page.goto(`${address}/?subject=channels`);
  await loaded(page);
  await page.locator('[data-focus="detail-boss"]').click();
  await page.locator("#trend-more summary").click();
  const button = page.locator('[data-focus="stage_entries-boss"]');
  await button.focus();
  await button.scrollIntoViewIfNeeded();
  // Until the first stamp is known there is nothing to compare with.
  await page.waitForResponse(/api\/v1\/stamp/, { timeout: 1000 }).catch(() => {});
  const before = await page.evaluate(() => scrollY);
  await page.route("**/api/v1/stamp", (route) => route.fulfill({ json: { stamp: "newer", analysing: false, today: "2026-10-31" } }));
  await page.route("**/api/v1/report/volume?*by=none*", async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    if (route.request().url().includes("from=2026-10-02")) json.rows[0].applications += 1000;
    return route.fulfill({ json });
  });
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  const first = page.locator('#headline data[data-figure="volume/applications"]');
  await page.waitForFunction(() => Number(document.querySelector('#headline data[data-figure="volume/applications"]').value) > 2500);
  if (!/2,9\d\d/.test(await first.textContent())) say(`the new figure reads ${await first.textContent()}`);
  const after = await page.evaluate(() => ({ scroll: scrollY, focus: document.activeElement?.dataset.focus, detail: Boolean(document.getElementById("detail-boss")), more: document.getElementById("trend-more").open }));
  if (Math.abs(after.scroll - before) > 2) say(`the place moved from ${before} to ${after.scroll}`);
  if (after.focus !== "stage_entries-boss") say(`the focus went to ${after.focus}`);
  if (!after.detail || !after.more) say("what was open closed");
  // While an analysis runs, nothing is asked.
  let asked = 0;
  await page.unroute("**/api/v1/stamp");
  await page.route("**/api/v1/stamp", (route) => route.fulfill({ json: { stamp: "newest", analysing: true, today: "2026-10-31" } }));
  page.on("request", (request) => request.url().includes("/report/") && (asked += 1));
  await Promise.all([page.waitForResponse(/api\/v1\/stamp/), page.evaluate(() => window.dispatchEvent(new Event("focus")))]);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  if (asked > 0) say(`${asked} reports were asked for while an analysis runs`);
}

/** A broken channel is never a quiet one, few cases never a sure rate, zero never nothing. */
export async function outage({ page, loaded, accessible, say, address, out }) {
  await page.route("**/api/v1/connections", async (route) => {
    const json = await (await route.fetch()).json();
    const one = json.connections.find((each) => each.channels.length === 1 && each.channels[0] === "douyin");
    Object.assign(one, { status: "failing", error_kind: "unauthorised", last_success_at: "2026-10-20T04:00:00Z", unmapped: [{ of: "channel", kind: "applications", word: "某某网", records: 37, section: "source_map", line: '"某某网" = "boss"' }] });
    return route.fulfill({ json });
  });
  await page.route("**/api/v1/report/*", async (route) => {
    const json = await (await route.fetch()).json();
    for (const row of json.rows) {
      if (row.channel === "douyin") Object.assign(row, { status: "no_data", applications: 0, candidates: 0, share: 0, value: null, numerator: 0, covered: 0 });
      if (row.channel === "zhaopin") Object.assign(row, { status: "partial", covered: 0.4 });
      if (row.day === "2026-10-21") Object.assign(row, { status: "no_data", applications: 0 });
    }
    return route.fulfill({ json });
  });
  for (const subject of ["channels", "hires", "spend", "connections"]) {
    await page.goto(`${address}/?subject=${subject}`);
    await loaded(page);
    await accessible(page, `outage ${subject}`);
    await page.screenshot({ path: `${out}/outage-${subject}.png`, fullPage: true });
    if (!/Douyin jobs: no data since 20 Oct/.test(await page.locator("#notices").innerText())) say(`${subject} does not say which channel is broken`);
    if (subject === "channels") {
      const row = page.locator("#channels tbody tr", { hasText: "Douyin jobs" });
      if (!/no data since 20 Oct/.test(await row.innerText()) || (await row.locator(".hatch").count()) === 0) say(`the broken channel reads ${await row.innerText()}`);
      if (!/partly covered 40/.test(await page.locator("#channels tbody tr", { hasText: "Zhaopin" }).innerText())) say("the part that is covered is not said");
    }
    if (subject === "hires" && !/no data since 20 Oct/.test(await page.locator("#started tr", { hasText: "Douyin jobs" }).innerText())) say("a table shows a broken channel as a quiet one");
    if (subject === "connections" && !/\[source_map\]/.test(await page.locator("#words").innerText())) say("a word without a meaning has no line to paste");
  }
}

/** On paper: light although the screen is dark, whole cards, few pages; afterwards as before. */
export async function print({ page, loaded, say, address, out }) {
  await page.emulateMedia({ colorScheme: "dark" });
  for (const [subject, most] of [["channels", 3], ["funnel", 3], ["spend", 3], ["heat", 2], ["hires", 4], ["interviews", 3], ["connections", 3], ["advice", 5]]) {
    await page.emulateMedia({ media: null, colorScheme: "dark" });
    await page.goto(`${address}/?subject=${subject}`);
    await loaded(page);
    const paper = await page.pdf({ path: `${out}/print-${subject}.pdf`, preferCSSPageSize: true, printBackground: true });
    const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    if (pages === 0 || pages > most) say(`${subject} takes ${pages} pages`);
    if ((await page.locator("html").getAttribute("data-theme")) === "light") say(`${subject}: the screen stays light after printing`);
  }
}

/** The server goes away: the figures stay, and the page says so; it comes back, and the page notices. One report fails alone. */
export async function closeness({ page, loaded, say, address }) {
  await page.route("**/api/v1/report/spend?*", (route) => route.fulfill({ status: 503, json: { title: "Unavailable", status: 503, detail: "the store is busy", hint: "try again" } }));
  await page.goto(`${address}/?subject=spend`);
  await loaded(page);
  if (!/the store is busy/.test(await page.locator("#cost").innerText())) say("a report that fails does not say why");
  if (!/¥\d/.test(await page.locator('#spend_headline li:nth-child(3)').innerText())) say("the other figures fell with the one that failed");
  await page.unroute("**/api/v1/report/spend?*");
  await page.locator("#cost button.link").click();
  await page.locator("#cost canvas").waitFor();
  await page.route("**/api/v1/stamp", (route) => route.abort("connectionrefused"));
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await page.locator("#lost:not([hidden])").waitFor();
  if (!(await page.locator("#cost canvas").isVisible())) say("the figures went with the server");
  await page.unroute("**/api/v1/stamp");
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await page.locator("#lost").waitFor({ state: "hidden" });
}

/** A company without data is told what to do next. */
export async function empty({ page, accessible, layout, say, address, out }) {
  await page.goto(`${address}/`);
  await page.locator("#empty:not([hidden])").waitFor();
  const words = await page.locator("#empty").innerText();
  if (!/inflow run --once/.test(words) || !/inflow import/.test(words)) say(`the empty page says ${words}`);
  for (const wrong of await page.evaluate(layout)) say(wrong);
  await accessible(page, "empty");
  await page.screenshot({ path: `${out}/empty.png`, fullPage: true });
  await page.goto(`${address}/?subject=connections`);
  await page.locator("#empty:not([hidden])").waitFor();
}
