// What becomes of a page that is left, or that is older than its server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as ask, createServer } from "node:https";
import { after, before, test } from "node:test";
import { address, base, findings, launch, open, row, shot, signedIn, signIn, toast } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function compose(page, subject, words) {
  await page.keyboard.press("c");
  await page.getByLabel("Subject").fill(subject);
  await page.getByRole("textbox", { name: "Message text" }).click();
  await page.keyboard.type(words);
  return page.getByRole("dialog", { name: subject });
}

test("who leaves in the middle of a word is not asked, since nothing is lost", async () => {
  const page = await signedIn(browser);
  const asked = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  const sheet = await compose(page, "In the middle", "Half a sen");
  await page.reload();
  await sheet.getByText("Half a sen").waitFor();
  assert.deepEqual(asked, []);
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.context().close();
});

test("who leaves with a text that neither the server nor the device could keep, is asked first", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, "Nowhere kept", "First.");
  await page.context().setOffline(true);
  // The device is full to the last letter.
  await page.evaluate(() => {
    for (let size = 1 << 22; size >= 1; size >>= 1)
      for (let i = 0; ; i += 1)
        try {
          localStorage.setItem(`full-${size}-${i}`, "x".repeat(size));
        } catch {
          break;
        }
  });
  await page.keyboard.type(" And much more than there is room for.");
  await sheet.getByRole("status").filter({ hasText: "this device has no room" }).waitFor();
  const asked = new Promise((done) => page.once("dialog", (dialog) => void dialog.dismiss().then(() => done(dialog.type()))));
  await page.evaluate(() => void setTimeout(() => location.reload()));
  assert.equal(await asked, "beforeunload");
  await sheet.getByText("First. And much more than there is room for.").waitFor();
  await page.context().close();
});

test("a page older than its server says so, offers to load anew, and keeps what was written", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, "Across versions", "Still here.");
  await page.keyboard.press("Escape");
  await row(page, "Letter 5").click();
  await page.locator(".plain").getByText("This is letter 5.").waitFor();
  // The files of this build are no longer there: what the server answers is its own.
  await page.route(/\/app\/panel-/, (route) => route.continue({ url: `${process.env.URL}/app/panel-0000000000.js` }));
  await page.keyboard.press("y");
  await toast(page, "the server has a newer version. Reload the page; what you wrote is kept.").waitFor();
  await shot(page, "newer-version");
  assert.deepEqual(await findings(page), []);
  await page.unroute(/\/app\/panel-/);
  await Promise.all([page.waitForEvent("load"), page.locator(".toasts").getByRole("button", { name: "Reload" }).press("Enter")]);
  await sheet.getByText("Still here.").waitFor();
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.locator(".plain").getByText("This is letter 5.").waitFor();
  await page.keyboard.press("y");
  await page.getByRole("complementary", { name: "Journey" }).waitFor();
  await page.context().close();
});

test("a window that stays open is told when the server comes back with a newer version", async (its) => {
  const fresh = await launch("--ignore-certificate-errors");
  // The server, and in its place one of another build: its worker names other files.
  let newer = false;
  const read = (name) => readFileSync(`${process.env.CONTROL}/push.test.${name}`);
  const front = createServer({ cert: read("pem"), key: read("key") }, (question, answer) => {
    const changed = newer && question.url === "/service-worker.js";
    const { "accept-encoding": _, "if-none-match": __, ...headers } = question.headers;
    const behind = ask(base + question.url, {
      method: question.method,
      headers: changed ? headers : question.headers,
      rejectUnauthorized: false,
    });
    behind.on("error", () => answer.destroy());
    answer.on("close", () => behind.destroy());
    behind.on("response", (real) => {
      if (!changed) return real.pipe(answer.writeHead(real.statusCode, real.headers));
      const pieces = [];
      real.on("data", (piece) => pieces.push(piece));
      real.on("end", () => {
        const { "content-length": _, etag: __, ...kept } = real.headers;
        const text = Buffer.concat(pieces)
          .toString()
          .replace(/shell-[0-9a-f]{10}/g, "shell-ffffffffff");
        answer.writeHead(200, kept).end(text.replace(/\/app\/main-[^"]+\.js/g, "/icon-192.png"));
      });
    });
    question.pipe(behind);
  });
  its.after(async () => {
    await fresh.close();
    front.closeAllConnections();
    front.close();
  });
  await new Promise((ready) => front.listen(0, "127.0.9.40", ready));
  const url = `https://127.0.9.40:${front.address().port}`;
  const page = await open(fresh, { serviceWorkers: "allow" }, url);
  await signIn(page, "/", { url, address, password: process.env.PASSWORD });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
  await row(page, "Letter 5").waitFor();
  // It comes back as it was: nothing to tell.
  const again = async () => {
    front.closeAllConnections();
    await page.locator(".offline").waitFor();
    await page.locator(".offline").waitFor({ state: "detached" });
  };
  await again();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".toast").count(), 0);
  newer = true;
  await again();
  await toast(page, "A newer version of Posthorn is here.").waitFor();
  await shot(page, "newer-version-here");
  assert.deepEqual(await findings(page), []);
  await Promise.all([page.waitForEvent("load"), page.locator(".toasts").getByRole("button", { name: "Reload" }).click()]);
  await row(page, "Letter 5").waitFor();
  assert.equal(await page.locator(".toast").count(), 0);
});
