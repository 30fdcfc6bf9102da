// The browser's part of bench/webmail. The last line of the output is a list of [name, value, unit, target].
import { chromium } from "playwright-core";

const { URL: url, USER_ADDRESS, PASSWORD } = process.env;
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
  ],
});
const fresh = (state) =>
  browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    serviceWorkers: "block",
    ...(state ? { storageState: state } : {}),
  });
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const worst = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const figures = [];

// Signed in once; each cold browser then has the cookie and nothing else.
const first = await fresh();
const login = await first.newPage();
await login.goto(url);
await login.locator("input[name=username]").fill(USER_ADDRESS);
await login.locator("input[name=password]").fill(PASSWORD);
await login.locator("button[type=submit]").click();
const began = Date.now();
await login.locator(".row:not(.skeleton)").first().waitFor();
figures.push(["first list after signing in, the account not yet in memory", Date.now() - began, "ms", null]);
const state = await first.storageState();
await first.close();

const lists = [];
for (let i = 0; i < 5; i += 1) {
  const context = await fresh(state);
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "commit" });
  lists.push(
    await page.evaluate(
      () =>
        new Promise((done) => {
          const look = () =>
            document.querySelector(".row:not(.skeleton)") ? done(performance.now()) : requestAnimationFrame(look);
          look();
        }),
    ),
  );
  await context.close();
}
figures.push(
  ["first list from a cold browser, median of 5", median(lists), "ms", 1000],
  ["first list from a cold browser, worst of 5", worst(lists, 1), "ms", 1000],
);

const context = await fresh(state);
const page = await context.newPage();
await page.goto(url);
await page.locator(".row:not(.skeleton)").first().waitFor();
figures.push([
  "rows of the list",
  await page.evaluate(() => Number(document.getElementById("list").getAttribute("aria-rowcount"))),
  "",
  null,
]);

// Messages that nothing has fetched: far from one another.
const open = (row) =>
  page.evaluate(async (row) => {
    const list = document.getElementById("list");
    const height = document.querySelector(".row").getBoundingClientRect().height;
    list.scrollTop = row * height;
    const deadline = performance.now() + 5000;
    let target;
    while (!(target = document.querySelector(`#row-${row}`))) {
      if (performance.now() > deadline) throw new Error(`row ${row} does not come`);
      await new Promise(requestAnimationFrame);
    }
    // What the list fetches meanwhile is not this message's.
    await new Promise((done) => setTimeout(done, 300));
    const before = document.querySelector("article.message")?.dataset.email;
    const start = performance.now();
    target.click();
    for (;;) {
      const now = document.querySelector("article.message");
      if (now && now.dataset.email !== before && now.querySelector(".plain, iframe")) return performance.now() - start;
      if (performance.now() > start + 5000) throw new Error(`row ${row} does not open`);
      await new Promise(requestAnimationFrame);
    }
  }, row);
const opened = [];
const rows = figures.at(-1)[1];
for (let i = 1; i <= 30; i += 1) opened.push(await open(Math.floor((rows * i) / 32)));
figures.push(
  ["a message that was not fetched opens, median of 30", median(opened), "ms", 150],
  ["a message that was not fetched opens, 90th percentile", worst(opened, 0.9), "ms", 150],
);

// A wheel that turns for some seconds: how many frames had a row without its message, and how long the longest run of them was.
const scroll = (pixels, frames) =>
  page.evaluate(
    async ([pixels, frames]) => {
      const list = document.getElementById("list");
      list.scrollTop = 0;
      await new Promise((done) => setTimeout(done, 500));
      let blank = 0;
      let run = 0;
      let longest = 0;
      let last = performance.now();
      let slowest = 0;
      for (let i = 0; i < frames; i += 1) {
        list.scrollTop += pixels;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        slowest = Math.max(slowest, now - last);
        last = now;
        const box = list.getBoundingClientRect();
        const height = list.querySelector(".row").getBoundingClientRect().height;
        const covered = [...list.querySelectorAll(".row")].filter((one) => {
          const at = one.getBoundingClientRect();
          return at.bottom > box.top + 1 && at.top < box.bottom - 1;
        });
        const empty =
          covered.length < Math.floor(box.height / height) || covered.some((one) => one.classList.contains("skeleton"));
        blank += empty ? 1 : 0;
        run = empty ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      return { blank, longest, slowest };
    },
    [pixels, frames],
  );
for (const [name, pixels] of [
  ["a wheel turned steadily (40 px a frame)", 40],
  ["a wheel turned fast (120 px a frame)", 120],
]) {
  const seen = await scroll(pixels, 300);
  figures.push(
    [`${name}: longest run of frames with a row not there yet`, seen.longest, "frames", 2],
    [`${name}: such frames of 300`, seen.blank, "frames", null],
  );
}
const jumped = [];
for (const share of [0.5, 0.1, 0.9, 0.3, 0.7]) {
  jumped.push(
    await page.evaluate(async (share) => {
      const list = document.getElementById("list");
      const start = performance.now();
      list.scrollTop = list.scrollHeight * share;
      await new Promise(requestAnimationFrame);
      for (;;) {
        const rows = [...list.querySelectorAll(".row")];
        if (rows.length && !rows.some((one) => one.classList.contains("skeleton"))) return performance.now() - start;
        if (performance.now() > start + 5000) return 5000;
        await new Promise(requestAnimationFrame);
      }
    }, share),
  );
}
figures.push(["a jump to another place of the list, median of 5", median(jumped), "ms", null]);

const searches = [];
for (const words of ["subject:garden", "from:ana", "winter coffee", "is:unread from:tom", "before:2021-01-01 music"]) {
  await page.locator("#search").fill(words);
  const start = Date.now();
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () =>
      location.pathname.startsWith("/search/") &&
      document.querySelector("#list[aria-busy=false]") &&
      (document.querySelector(".row:not(.skeleton)") || document.querySelector(".empty")),
  );
  searches.push(Date.now() - start);
}
figures.push(
  ["a search until its first rows, median of 5", median(searches), "ms", 200],
  ["a search until its first rows, worst of 5", worst(searches, 1), "ms", 200],
);
await browser.close();
console.log(JSON.stringify(figures));
