// One Chromium for all tests of a file; a page that has logged in; axe; letters by curl.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const { URL: url, PASSWORD, SUBMISSIONS, IMAPS, SHOTS, CONTROL } = process.env;
export const address = "alice@blue.test";
const run = promisify(execFile);
export const base = url;

export async function launch(...more) {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      ...more,
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page on a fresh profile. Every request that leaves our server, every script error and every refusal by the policy is remembered. */
export async function open(browser, options = {}, own = url) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    // High enough that the rows the tests are about exist: the list draws only what is on screen.
    viewport: { width: 1280, height: 2000 },
    locale: "en-GB",
    serviceWorkers: "block",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // Whether there is a session is found by asking.
    if (message.type() === "error" && !/status of 401/.test(message.text())) page.troubles.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(own) && !/^(data|blob|about):/.test(request.url()))
      page.troubles.push(`left: ${request.url()}`);
  });
  return page;
}

export async function signIn(page, path = "/", who = { url, address, password: PASSWORD }) {
  await page.goto(who.url + path);
  await page.locator("input[name=username]").fill(who.address);
  await page.locator("input[name=password]").fill(who.password);
  await page.locator("button[type=submit]").click();
  await page.locator("main.panes").waitFor();
}

export async function signedIn(browser, options, path) {
  const page = await open(browser, options);
  await signIn(page, path);
  return page;
}

const axe = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Serious and critical findings of axe, as text. The script comes by the debugger, so the page's policy stays as it is. */
export async function findings(page, within = "html") {
  await page.evaluate(axe);
  const result = await page.evaluate(
    (within) => globalThis.axe.run(within, { iframes: false, resultTypes: ["violations"] }),
    within,
  );
  return result.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) =>
      one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`),
    );
}

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** A part of the page is clean wide and light, narrow and dark; a picture of each. */
export async function cleanEverywhere(page, name, within = "body") {
  const before = page.viewportSize();
  for (const [size, viewport, colorScheme] of [
    ["wide", { width: 1280, height: 800 }, "light"],
    ["narrow", PHONE.viewport, "dark"],
  ]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.locator(within).evaluate((one) => one.scrollIntoView());
    await shot(page, `${name}-${size}-${colorScheme}`);
    assert.deepEqual(await findings(page, within), [], `${name} ${size} ${colorScheme}`);
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(fits, `${name} is wider than the screen`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light" });
}

export async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

/** A letter from carol, as a mail app would send it. */
export async function deliver(message, from = "carol@blue.test", to = [address]) {
  const child = run("curl", [
    "-sk",
    "--url",
    `smtps://${SUBMISSIONS}`,
    "--user",
    `${from}:${PASSWORD}`,
    "--mail-from",
    from,
    ...to.flatMap((one) => ["--mail-rcpt", one]),
    "-T",
    "-",
  ]);
  child.child.stdin.end(message.replace(/\r?\n/g, "\r\n"));
  await child;
}

export async function imap(command, mailbox = "INBOX", server = IMAPS, user = address, password = PASSWORD) {
  const { stdout } = await run("curl", [
    "-sk",
    `imaps://${server}/${encodeURIComponent(mailbox)}`,
    "--user",
    `${user}:${password}`,
    "-X",
    command,
  ]);
  return stdout;
}

export async function until(what, message, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) throw new Error(`in ${seconds} s not: ${message}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const row = (page, text) => page.getByRole("row").filter({ hasText: text });

/** The words of the toast; it is announced once and goes by itself. */
export const toast = (page, text) => page.locator(".toasts").getByText(text).first();

/** The code that an app shows for a key (RFC 6238). */
export function codeOf(secret, at = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((one) => Number.parseInt(one, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** The server is killed as by a power cut, and started again; the Python around us does it. */
export async function killServer() {
  writeFileSync(`${CONTROL}/kill`, "");
  await until(() => !existsSync(`${CONTROL}/kill`), "the server is up again", 60);
}
