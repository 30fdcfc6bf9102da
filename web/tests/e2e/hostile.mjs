// Opens every letter of the inbox, then every draft, as a reader does, and writes down whatever a letter should not be able to do: a script, a
// dialog, a request, a page that goes elsewhere, markup that the rebuilt page must not have. Then the same watch over the letters' own markup
// without protection, which shows that it sees. Called by tests/hostile/trial.py; the last line of the output is the report.
import { chromium } from "playwright-core";

const { URL: base, USER_ADDRESS, PASSWORD, SINK, OWN, NETLOG, LETTERS, DRAFTS, CONTROLS } = process.env;
const hits = [];
let where = "start";
const hit = (what) => hits.length < 200 && hits.push(`${where}: ${String(what).slice(0, 300)}`);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // All names of the corpus lead to the sink, by any port; others, which the browser itself may ask for, lead nowhere.
    `--host-resolver-rules=MAP *.test ${SINK},MAP * ~NOTFOUND,EXCLUDE ${OWN}`,
    `--log-net-log=${NETLOG}`,
  ],
});

/** Every sign of a letter that does something. */
async function watched(isOwn) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    serviceWorkers: "block",
  });
  await context.addInitScript(() => {
    for (const name of ["alert", "confirm", "prompt", "print"]) globalThis[name] = (x) => console.log(`RAN ${name} ${x}`);
    if (globalThis.top === globalThis) localStorage.setItem("settings", JSON.stringify({ conversations: false, language: "en" }));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  context.on("page", (other) => hit(`a window opened: ${other.url()}`));
  context.on("request", (request) => {
    if (!isOwn(request.url())) hit(`request: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    hit(`dialog: ${dialog.message()}`);
    void dialog.dismiss().catch(() => {});
  });
  page.on("download", (download) => hit(`download: ${download.url()}`));
  page.on("pageerror", (error) => hit(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.text().startsWith("RAN ")) hit(`console: ${message.text()}`);
  });
  page.on("framenavigated", (frame) => {
    if (!isOwn(frame.url())) hit(`a frame went to ${frame.url()}`);
  });
  return page;
}

/** In the letter's frame, as the browser parsed it: what must not be there. */
function frameFaults() {
  const out = [];
  const allowed =
    /^(align|alt|bgcolor|border|cellpadding|cellspacing|color|colspan|content|charset|dir|face|height|href|id|lang|name|rel|rowspan|size|src|start|style|target|title|type|valign|value|width)$/;
  for (const one of document.querySelectorAll("*")) {
    const own = one.parentElement === document.head || one === document.head || one === document.documentElement;
    if (one.namespaceURI !== "http://www.w3.org/1999/xhtml") out.push(`namespace of ${one.nodeName}`);
    if (
      !own &&
      /^(script|style|iframe|frame|frameset|object|embed|form|input|button|select|textarea|base|meta|link|video|audio|source|template|noscript|dialog|svg|math)$/i.test(
        one.nodeName,
      )
    )
      out.push(`element ${one.nodeName}`);
    for (const { name, value } of one.attributes) {
      if (!allowed.test(name)) out.push(`attribute ${name} of ${one.nodeName}`);
      if (
        name === "style" &&
        /url|image|@|\\|position|var\(|expression|src\(|attr\(|env\(|element\(/i.test(value.replace(/'[^']*'/g, ""))
      )
        out.push(`style ${value}`);
      if (name === "src" && !/^data:image\/(png|gif|jpeg|webp);base64,/i.test(value) && !value.startsWith("/imgproxy"))
        out.push(`src ${value}`);
    }
    if (one.nodeName === "A" && one.hasAttribute("href")) {
      if (!/^(https?|mailto):$/.test(one.protocol) && !one.getAttribute("href").startsWith("#m-"))
        out.push(`href ${one.getAttribute("href")}`);
      if (!one.getAttribute("href").startsWith("#") && (one.target !== "_blank" || !one.relList.contains("noopener")))
        out.push(`a link without noopener`);
    }
  }
  if (document.querySelectorAll("style").length !== 1) out.push("style sheets");
  return out;
}

/** In our own page: nothing of a letter but text and our own elements. */
function pageFaults(root) {
  const out = [];
  const box = document.querySelector(root);
  if (document.scripts.length !== globalThis.ownScripts) out.push("a script element was added");
  for (const one of box?.querySelectorAll("*") ?? []) {
    for (const { name, value } of one.attributes) {
      if (name.startsWith("on")) out.push(`attribute ${name}`);
      if (/^(src|srcset|background|action|formaction|ping|data)$/.test(name) && !/^(\/body\/|\/jmap\/|blob:)/.test(value))
        out.push(`${name} ${value}`);
      if (name === "style" && root === ".editor" && /url|@|\\|position/i.test(value)) out.push(`style ${value}`);
    }
    if (/^(script|object|embed|form|base|meta|link|video|audio|template|math)$/i.test(one.nodeName))
      out.push(`element ${one.nodeName}`);
    if (one.nodeName === "A" && one.getAttribute("href") && !/^(https?|mailto):$/.test(one.protocol))
      out.push(`href ${one.getAttribute("href")}`);
  }
  return out;
}

const page = await watched((url) => url.startsWith(`${base}/`) || /^(data|blob):|^about:(blank|srcdoc)$/.test(url));
await page.goto(base);
await page.getByLabel("Mail address").fill(USER_ADDRESS);
await page.getByLabel("Password").fill(PASSWORD);
hits.length = 0; // the question whether there is a session is answered 401, which the console calls an error
await page.getByRole("button", { name: "Sign in" }).click();
await page.getByRole("grid").waitFor();
await page.evaluate(() => {
  globalThis.ownScripts = document.scripts.length;
  document.addEventListener(
    "load",
    (event) => event.target.nodeName === "IFRAME" && event.target.setAttribute("data-loaded", ""),
    true,
  );
});

/** Waits until another letter is open and its frame, if it has one, is read. Answers its subject and whether it has a frame. */
const settled = (before) =>
  page.evaluate(async (before) => {
    const end = performance.now() + 15_000;
    for (;;) {
      const one = document.querySelector("article.message");
      const frame = one?.querySelector("iframe");
      if (one && one.dataset.email !== before && (!frame || frame.hasAttribute("data-loaded")))
        return { id: one.dataset.email, framed: Boolean(frame), subject: document.querySelector(".thread-head h1").textContent };
      if (performance.now() > end)
        return {
          id: null,
          same: one?.dataset.email === before,
          subject: document.querySelector(".reader")?.textContent?.slice(0, 200),
        };
      await new Promise((done) => setTimeout(done, 4));
    }
  }, before);

const started = Date.now();
let opened = 0;
let framed = 0;
let id = null;
const row = page.locator("#row-0");
await row.waitFor();
await row.click();
for (let i = 0; i < Number(LETTERS); i += 1) {
  where = `letter ${i}`;
  let now = await settled(id);
  // A key that a busy machine lost is no attack; a letter that will not open at all is one.
  for (let tries = 0; tries < 2 && !now.id; tries += 1) {
    if (now.same) await page.keyboard.press("j");
    now = await settled(id);
  }
  if (!now.id) {
    hit(`did not open: ${now.subject}`);
    break;
  }
  id = now.id;
  where = `letter ${i}, ${now.subject.slice(0, 60)}`;
  opened += 1;
  if (now.framed) {
    framed += 1;
    const frame = page.frames().find((one) => one !== page.mainFrame());
    for (const one of (await frame?.evaluate(frameFaults)) ?? ["the frame is gone"]) hit(one);
    // The same text without its formatting, and what the header fields say.
    await page.evaluate(() => {
      document.querySelector(".body > .notice button")?.click();
      document.querySelector(".body > button.link")?.click();
    });
  }
  await page.evaluate(() => document.querySelector(".to-line button")?.click());
  for (const one of await page.evaluate(pageFaults, ".reader")) hit(one);
  for (const one of await page.evaluate(pageFaults, ".list")) hit(one);
  if (new URL(page.url()).pathname.split("/")[1] !== "mail") hit(`the page went to ${page.url()}`);
  // Some are answered and forwarded: their words get into a page of ours.
  if (i % 25 === 0) {
    for (const key of ["r", "f"]) {
      await page.keyboard.press(key);
      await page.locator(".sheet .editor").first().waitFor();
      for (const one of await page.evaluate(pageFaults, ".editor")) hit(one);
      await page.locator(".sheet-foot button").last().click();
      await page.locator(".sheet .editor").waitFor({ state: "detached" });
    }
    await page.evaluate(() => document.activeElement?.blur());
  }
  if (i + 1 < Number(LETTERS)) await page.keyboard.press("j");
}
const seconds = (Date.now() - started) / 1000;

let drafts = 0;
if (Number(DRAFTS)) {
  where = "drafts";
  await page.goto(`${base}/mail/drafts`);
  await page.evaluate(() => {
    globalThis.ownScripts = document.scripts.length;
  });
  for (let i = 0; i < Number(DRAFTS); i += 1) {
    where = `draft ${i}`;
    await page.locator(`#row-${i}`).click();
    await page.locator(".sheet .editor, .sheet textarea").first().waitFor();
    where = `draft ${i}, ${await page.locator(".sheet-head h2").first().textContent()}`;
    for (const one of await page.evaluate(pageFaults, ".editor")) hit(one);
    await page.locator(".sheet-head button").last().click();
    await page.locator(".sheet").first().waitFor({ state: "detached" });
    drafts += 1;
  }
}
const found = [...hits];
const watchedUntil = Date.now();

// The control: the same letters' markup on a page of its own, without a policy and without a rebuild, under the same watch.
hits.length = 0;
const bare = await watched((url) => url.startsWith("http://control.test") || /^(data|blob|about):/.test(url));
let alive = 0;
const numbers = JSON.parse(CONTROLS);
for (const number of numbers) {
  where = `control ${number}`;
  const before = hits.length;
  hits.length = Math.min(before, 100);
  const from = hits.length;
  await bare.goto(`http://control.test:${SINK.split(":")[1]}/raw/${number}`, { waitUntil: "commit" }).catch(() => {});
  await bare.waitForTimeout(250).catch(() => {});
  if (hits.length > from) alive += 1;
}
await bare.goto("about:blank").catch(() => {});
const example = hits.slice(0, 3);
await browser.close();
console.log(
  JSON.stringify({
    opened,
    framed,
    seconds,
    drafts,
    watchedUntil,
    hits: found,
    control: { shown: numbers.length, alive, example },
  }),
);
