// Letters that wait on the server for their time: a place of their own, the same in every window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, cleanEverywhere, imap, launch, open, signIn, toast, until } from "./browser.mjs";

const dora = { url: base, address: "dora@blue.test", password: process.env.PASSWORD };
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function window_(options, path = "/") {
  const page = await open(browser, options);
  await page.addInitScript(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 5 })));
  await signIn(page, path, dora);
  return page;
}

async function schedule(page, subject) {
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill(subject);
  await page.getByRole("textbox", { name: "Message text" }).fill("See you then.");
  await page.getByRole("dialog", { name: subject }).getByRole("button", { name: "Send later" }).click();
  await page.getByRole("menuitem", { name: "Monday morning" }).click();
  await toast(page, "Will be sent").waitFor();
}

const place = (page) => page.getByRole("navigation").getByRole("link", { name: /^Scheduled/ });
const line = (page, subject) => page.locator(".page").getByRole("listitem").filter({ hasText: subject });
const time = (page, subject) => line(page, subject).locator("time").getAttribute("datetime");
const inBox = async (box, subject) =>
  /SEARCH \d+/.test(await imap(`UID SEARCH SUBJECT "${subject}"`, box, undefined, dora.address).catch(() => ""));
const arrived = async (subject) =>
  (
    /SEARCH([ \d]*)/
      .exec(await imap(`UID SEARCH SUBJECT "${subject}"`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test"))?.[1]
      .match(/\d+/g) ?? []
  ).length;

test("letters for later: whom, what and when; another time and back to the drafts; two browsers agree all the while", async () => {
  const one = await window_();
  const two = await window_({ viewport: { width: 1000, height: 700 } });
  assert.equal(await place(one).count(), 0, "nothing waits, so there is no such place");
  await schedule(one, "The rent");
  for (const page of [one, two]) {
    await place(page).filter({ hasText: "1" }).waitFor();
    await place(page).click();
    await line(page, "The rent").getByText("To: bob@green.test").waitFor();
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Scheduled");
  }
  const monday = await time(one, "The rent");
  assert.equal(new Date(monday).getDay(), 1);
  assert.equal(new Date(monday).getHours(), 8);
  await cleanEverywhere(one, "scheduled", ".page");
  // Another time, in the one window; by keys.
  await line(two, "The rent").getByRole("button", { name: "Change the time" }).press("Enter");
  await two.getByRole("menuitem", { name: "Pick a time" }).press("Enter");
  await two.getByRole("dialog").getByLabel("Date").fill("2027-06-01T09:30");
  await two.keyboard.press("Enter");
  await toast(two, "Will be sent").waitFor();
  for (const page of [one, two]) {
    const there = new Date(2027, 5, 1, 9, 30).getTime();
    await until(async () => Math.abs(Date.parse(await time(page, "The rent")) - there) < 60_000, "the new time is shown");
    assert.equal(await line(page, "The rent").count(), 1);
  }
  assert.notEqual(await two.evaluate(() => document.activeElement?.nodeName), "BODY");
  // And back, by z.
  await two.keyboard.press("z");
  for (const page of [one, two])
    await until(
      async () => Math.abs(Date.parse(await time(page, "The rent")) - Date.parse(monday)) < 60_000,
      "the old time again",
    );
  assert.ok(await inBox("Sent", "The rent"));
  // Its place has an address of its own.
  await one.reload();
  await line(one, "The rent").getByRole("button", { name: "Back to drafts" }).click();
  await one.getByRole("dialog", { name: "The rent" }).getByText("See you then.").waitFor();
  for (const page of [one, two]) await page.getByText("Nothing waits to be sent.").waitFor();
  await until(async () => (await inBox("Drafts", "The rent")) && !(await inBox("Sent", "The rent")), "it is a draft");
  await place(one).waitFor();
  await two.getByRole("navigation").getByRole("link", { name: "Inbox" }).click();
  await place(two).waitFor({ state: "detached" });
  // Two windows of one account wait for their turn at the server (RFC 8620, section 3.6.1), which a browser logs.
  assert.deepEqual(
    [...one.troubles, ...two.troubles].filter((trouble) => !/status of 400/.test(trouble)),
    [],
  );
  await one.context().close();
  await two.context().close();
});

test("two windows that send the same letter now, send it once, and the second is told so", async () => {
  const one = await window_();
  await schedule(one, "Only once");
  const two = await window_({}, "/mail/scheduled");
  await place(one).click();
  for (const page of [one, two]) await line(page, "Only once").waitFor();
  await Promise.all(
    [one, two].map((page) =>
      line(page, "Only once")
        .getByRole("button", { name: "Send now" })
        .evaluate((button) => button.click()),
    ),
  );
  const told = await Promise.all(
    [one, two].map((page) =>
      Promise.race([
        toast(page, "Sending in")
          .waitFor()
          .then(() => "goes"),
        toast(page, "was quicker")
          .waitFor()
          .then(() => "quicker"),
      ]),
    ),
  );
  assert.deepEqual(told.sort(), ["goes", "quicker"]);
  await until(async () => (await arrived("Only once")) > 0, "it is at green", 40);
  await one.waitForTimeout(3000);
  assert.equal(await arrived("Only once"), 1);
  for (const page of [one, two]) await page.getByText("Nothing waits to be sent.").waitFor();
  await one.context().close();
  await two.context().close();
});

test("a letter whose new time does not get through is a draft, and says so", async () => {
  const page = await window_();
  await schedule(page, "Cut off");
  await place(page).click();
  await line(page, "Cut off").waitFor();
  await page.route("**/jmap/api", (route) =>
    /"EmailSubmission\/set",\{[^}]*"create"/.test(route.request().postData() ?? "") ? route.abort() : route.continue(),
  );
  await line(page, "Cut off").getByRole("button", { name: "Send now" }).click();
  await toast(page, "Not sent: The server cannot be reached. The letter is among your drafts.").waitFor();
  assert.ok((await inBox("Drafts", "Cut off")) && !(await inBox("Sent", "Cut off")));
  await page.context().close();
});

test("in German, on a phone in the dark", async () => {
  const page = await open(browser, {
    locale: "de-DE",
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  await signIn(page, "/mail/scheduled", dora);
  await page.getByRole("heading", { name: "Geplant" }).waitFor();
  await page.getByText("Es wartet nichts.").waitFor();
  await page.context().close();
});
