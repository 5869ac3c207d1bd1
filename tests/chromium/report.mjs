// Opens reports in Chromium with the network off, as their readers do, and looks at what they see.
//
//   node report.mjs CHROMIUM SCREENSHOTS SAMPLE.html LARGE.html
//
// SAMPLE.html is the report of scenarios/src/report/sample.json. Prints a line for each thing looked at; exits 1 if one is not as it has to be.
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder, sample, large] = process.argv.slice(2);
const address = (file) => pathToFileURL(resolve(file)).href;
mkdirSync(folder, { recursive: true });

let failed = 0;
const check = (name, holds, seen = "") => {
  failed += holds ? 0 : 1;
  console.log(`${holds ? "ok  " : "FAIL"}  ${name}${seen === "" ? "" : `: ${seen}`}`);
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

// A page on its own, and everything that it complained about or asked for.
const open = async (file, options, hash = "") => {
  const context = await browser.newContext(options);
  await context.setOffline(true);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) complaints.push(`request: ${request.url()}`); });
  await page.goto(address(file) + hash);
  return { context, page, complaints };
};

const hasNoHorizontalScroll = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
// What is off the screen is only drawn when somebody scrolls there.
const screenshot = async (page, name) => {
  for (let seen = 0; seen < await page.evaluate(() => document.documentElement.scrollHeight); seen += 600) {
    await page.evaluate((top) => new Promise((done) => { scrollTo(0, top); requestAnimationFrame(() => requestAnimationFrame(done)); }), seen);
  }
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, name), fullPage: true });
};
const visibleCases = (page) => page.locator(".case:not([hidden])").count();

for (const [width, height] of [[1280, 900], [390, 844]]) {
  const { context, page, complaints } = await open(sample, { viewport: { width, height } });
  const at = (what) => `${what} at ${width} px`;
  check(at("no horizontal scroll"), await hasNoHorizontalScroll(page));
  check(at("failures stand first, and are open"), await page.locator("section.cases").first().evaluate(
    (section) => section.id === "fail" && [...section.querySelectorAll(":scope > .case")].every((element) => element.open)));
  check(at("a timeline is seen"), await page.locator("#MIRO-RATE-001--wait-seconds .lanes").isVisible());
  check(at("a fault stands out"), await page.locator("#MIRO-RATE-001--wait-seconds tr.fault").count() === 3);
  check(at("a copy button is seen"), await page.locator(".copy:visible").count() > 0);
  await screenshot(page, `report-${width}.png`);

  const all = await visibleCases(page);
  await page.selectOption("[name=verdict]", "fail");
  check(at("a filter by verdict hides the others"), await visibleCases(page) === 2 && !(await page.locator("#pass").isVisible()));
  await page.fill("[name=text]", "retry-after");
  check(at("a filter by text goes with it"), await visibleCases(page) === 1);
  await page.click(".filter [type=reset]");
  await page.waitForFunction((count) => document.querySelectorAll(".case:not([hidden])").length === count, all);
  check(at("a reset shows them all"), await page.locator("[name=shown]").textContent() === `${all} of ${all} cases`);
  await page.selectOption("[name=level]", "should");
  await page.selectOption("[name=family]", "columns");
  check(at("level and family filter as well"), await visibleCases(page) === 1);

  const ran = await page.evaluate(() => window.hostile);
  check(at("no text of a stranger ran"), ran === undefined);
  check(at("no link leads out of the web"), await page.locator("a:not([href^='#']):not([href^='https:']):not([href^='http:'])").count() === 0);
  check(at("no complaint, no request"), complaints.length === 0, complaints.join("; "));
  await context.close();
}

{
  const { context, page } = await open(sample, { viewport: { width: 1280, height: 900 } });
  const links = await page.locator("a[href^='#']").evaluateAll(
    (anchors) => anchors.filter((anchor) => !document.getElementById(anchor.getAttribute("href").slice(1))).map((anchor) => anchor.href));
  check("every anchor that is linked exists", links.length === 0, links.join(" "));
  const checks = await page.locator("#fail tr[id], #fail .case[id]").count();
  check("every failure and each of its checks has an anchor", checks === 2 + 5, String(checks));
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const case_ = page.locator("#MIRO-RATE-001--wait-seconds");
  await case_.locator(".copy").click();
  await page.waitForFunction(() => [...document.querySelectorAll(".copy")].some((button) => button.textContent !== "Copy"));
  const copied = await page.evaluate(() => navigator.clipboard.readText().catch(() => getSelection().toString()));
  check("a copy button copies the command", copied === await case_.locator(".repeat code").textContent(), copied);
  await context.close();
}
{
  const { context, page } = await open(sample, { viewport: { width: 1280, height: 900 } }, "#MIRO-PAGE-001--nothing-lost.audit");
  check("a link to a folded check opens it", await page.locator("[id='MIRO-PAGE-001--nothing-lost.audit']").isVisible());
  await context.close();
}
{
  const backgrounds = [];
  for (const colorScheme of ["light", "dark"]) {
    const { context, page } = await open(sample, { viewport: { width: 1280, height: 900 }, colorScheme });
    backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    if (colorScheme === "dark") await screenshot(page, "report-dark.png");
    await context.close();
  }
  check("dark mode has another background", backgrounds[0] !== backgrounds[1], backgrounds.join(", "));
}
{
  const { context, page } = await open(sample, { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
  check("without JavaScript failures are read and nothing useless is shown",
    await page.locator("#MIRO-RATE-001--wait-seconds .checks").first().isVisible()
      && !(await page.locator("#filter").isVisible()) && await page.locator(".copy:visible").count() === 0);
  await context.close();
}
{
  const { context, page } = await open(sample, { viewport: { width: 1280, height: 900 } });
  await page.pdf({ path: join(folder, "report.pdf"), format: "A4" });
  await page.emulateMedia({ media: "print" });
  check("print leaves out what only works on a screen", !(await page.locator("#filter").isVisible()) && await page.locator(".copy:visible").count() === 0);
  await context.close();
}
for (const width of [1280, 390]) {
  const begun = performance.now();
  const { context, page, complaints } = await open(large, { viewport: { width, height: 900 } });
  const loaded = Math.round(performance.now() - begun);
  const filtered = await page.evaluate(() => new Promise((resolve) => {
    const begun = performance.now();
    const field = document.querySelector("[name=text]");
    field.value = "retry-after";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now() - begun))));
  }));
  const megabytes = (statSync(large).size / 1e6).toFixed(1);
  // Bounds that a busy machine keeps too.
  check(`a large report stays usable at ${width} px`, loaded < 20_000 && filtered < 5_000,
    `${megabytes} MB, ${await page.locator(".case").count()} cases, ${await page.locator(".lanes tbody tr").count()} rows, loaded in ${loaded} ms, filtered in ${filtered} ms`);
  check(`a large report has no horizontal scroll at ${width} px`, await hasNoHorizontalScroll(page));
  check(`a large report complains of nothing at ${width} px`, complaints.length === 0, complaints.join("; "));
  await context.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
