// What the server does for its users, as the browser shows it: the automatic reply, pictures that it fetches in their stead, letters that
// wake, search by words and phrases, lists of which only a part is loaded.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { address, base, deliver, findings, imap, launch, open, row, shot, signedIn, signIn, toast, until } from "./browser.mjs";

const PICTURES = "127.0.9.3";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const user = (name) => ({ url: base, address: `${name}@blue.test`, password: process.env.PASSWORD });
const asked = [];
let browser;
let pictures;
before(async () => {
  browser = await launch();
  pictures = createServer((request, response) => {
    asked.push({ path: request.url, fields: Object.keys(request.headers) });
    response.writeHead(200, { "Content-Type": "image/png", "Set-Cookie": "tracked=1" });
    response.end(PNG);
  });
  await new Promise((ready) => pictures.listen(0, PICTURES, ready));
});
after(async () => {
  pictures.close();
  await browser.close();
});

test("who is away answers by what the settings say, and they are kept", async () => {
  const page = await open(browser);
  await signIn(page, "/settings", user("dora"));
  const section = page.getByRole("region", { name: "Automatic reply" });
  await section.getByLabel("Answer automatically").check();
  await section.getByLabel("Subject").fill("On the island until Monday");
  await section.getByLabel("Message text").fill("I read it all when I am back.");
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  await section.getByLabel("First day").fill(day(-2));
  await section.getByLabel("Last day").fill(day(5));
  await section.getByRole("button", { name: "Save" }).click();
  await toast(page, "Saved").waitFor();
  await shot(page, "vacation");
  assert.deepEqual(await findings(page), []);
  await deliver("From: Carol <carol@blue.test>\nTo: dora@blue.test\nSubject: Are you there?\n\nHello?\n", undefined, [
    "dora@blue.test",
  ]);
  const found = () =>
    imap('UID SEARCH SUBJECT "On the island until Monday" BODY "when I am back"', "INBOX", undefined, "carol@blue.test");
  await until(async () => /SEARCH \d+/.test(await found()), "carol has the answer");
  await page.reload();
  assert.equal(await section.getByLabel("Subject").inputValue(), "On the island until Monday");
  assert.equal(await section.getByLabel("First day").inputValue(), day(-2));
  assert.equal(await section.getByLabel("Last day").inputValue(), day(5));
  await section.getByLabel("Answer automatically").uncheck();
  await section.getByRole("button", { name: "Save" }).click();
  await toast(page, "Saved").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("pictures from the net come after consent, by the server, and tell nobody who reads", async () => {
  const source = `http://pictures.blue.test:${pictures.address().port}`;
  const letter = (subject, path) =>
    deliver(
      `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>Look: <img src="${source}${path}"></p>\n`,
    );
  await letter("Holiday pictures", "/one.png?reader=alice");
  await letter("More pictures", "/two.png?reader=alice");
  const page = await signedIn(browser);
  await row(page, "Holiday pictures").click();
  await page.frameLocator("iframe.fill").getByText("Look:").waitFor();
  await page.waitForTimeout(300);
  assert.deepEqual(asked, [], "nothing before consent");
  const drawn = () =>
    page
      .frames()
      .find((frame) => frame.url().includes("images=1"))
      ?.evaluate(() => [...document.images].map((one) => one.complete && one.naturalWidth))
      .catch(() => null);
  await page.getByRole("button", { name: "Show once" }).click();
  await until(async () => (await drawn())?.[0] === 1, "the picture is drawn");
  assert.deepEqual(
    asked.map((one) => one.path),
    ["/one.png?reader=alice"],
  );
  const told = asked[0].fields.filter((name) => !["host", "accept", "user-agent", "connection"].includes(name));
  assert.deepEqual(told, [], "who reads is not told");
  await page.keyboard.press("u");
  await row(page, "More pictures").click();
  await page.getByRole("button", { name: "Always for carol@blue.test" }).click();
  await until(() => asked.length === 2, "the second is fetched");
  await page.reload();
  await page.frameLocator("iframe.fill").getByText("Look:").waitFor();
  assert.equal(await page.getByRole("button", { name: "Show once" }).count(), 0, "carol is trusted with it");
  // The browser itself asked nobody but its server.
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter that was put to sleep wakes in the open list, unread and on top", async () => {
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Wake me\n\nThe train leaves.\n`);
  const page = await signedIn(browser);
  await row(page, "Wake me").click();
  await page.locator(".plain").getByText("The train leaves.").waitFor();
  await page.keyboard.press("u");
  await row(page, "Wake me").focus();
  await page.keyboard.press("b");
  await page.getByRole("menuitem", { name: "Pick a time" }).click();
  const when = new Date(Date.now() + 3000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  await page.getByRole("dialog").getByLabel("Date").fill(when);
  await page.keyboard.press("Enter");
  await toast(page, "Snoozed").waitFor();
  await row(page, "Wake me").waitFor({ state: "detached" });
  assert.match(await imap('UID SEARCH SUBJECT "Wake me"', "Snoozed"), /SEARCH \d+/);
  await row(page, "Wake me").waitFor({ timeout: 20_000 });
  await until(async () => (await row(page, "Wake me").getAttribute("class")).includes("unread"), "it is unread again");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("words are found anywhere in a letter, and a phrase only as it stands", async () => {
  for (const [subject, text] of [
    ["In this order", "Then the velvet otter sang"],
    ["The other way round", "An otter in velvet slept"],
  ])
    await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: ${subject}\n\n${text}.\n`);
  const page = await signedIn(browser);
  await row(page, "The other way round").waitFor();
  const search = async (words) => {
    await page.keyboard.press("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => decodeURIComponent(url.pathname) === `/search/${words}`);
  };
  await search("velvet otter");
  await row(page, "The other way round").waitFor();
  assert.equal(await page.getByRole("row").count(), 2);
  await search('"velvet otter"');
  await row(page, "The other way round").waitFor({ state: "detached" });
  await row(page, "In this order").waitFor();
  await search('body:"velvet otter" subject:"this order"');
  await row(page, "In this order").waitFor();
  assert.deepEqual(await page.locator(".search .chip").allInnerTexts(), ['body:"velvet otter"', 'subject:"this order"']);
  await search('"otter velvet"');
  await page.getByText("Nothing matches.").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("keys at the edge of what is loaded count when the rest is there", async () => {
  const page = await open(browser);
  await signIn(page, "/", user("erin"));
  await row(page, "Number 129.").waitFor();
  // Everything behind the first window is held back until it is let go.
  let letGo = () => {};
  let held = new Promise((done) => {
    letGo = done;
  });
  await page.route("**/jmap/api", async (route) => {
    if (/"position":(?:50|100)\b/.test(route.request().postData() ?? "")) await held;
    await route.continue();
  });
  const focused = () => page.evaluate(() => document.activeElement?.id);
  // The window shows some forty rows; fifty are loaded.
  const nearEdge = async () => {
    await page.locator("#row-40").focus();
    for (let i = 0; i < 9; i += 1) await page.keyboard.press("j");
  };
  await nearEdge();
  await until(async () => (await focused()) === "row-49", "the last loaded row has the focus");
  for (const key of ["j", "j", "j"]) await page.keyboard.press(key);
  await page.waitForTimeout(200);
  letGo();
  await until(async () => (await focused()) === "row-52", "the third row behind the edge has the focus");
  await row(page, "Number 77.").waitFor();
  await page.keyboard.press("End");
  await until(async () => (await focused()) === "row-129", "the last row of all has the focus");
  await row(page, "Number 0.").waitFor();
  // The same in the reading pane.
  held = new Promise((done) => {
    letGo = done;
  });
  await page.reload();
  await row(page, "Number 129.").waitFor();
  await nearEdge();
  await page.keyboard.press("Enter");
  await page.locator(".plain").getByText("Body 80.").waitFor();
  for (const key of ["j", "j"]) await page.keyboard.press(key);
  await page.waitForTimeout(200);
  letGo();
  await page.locator(".plain").getByText("Body 78.").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter that comes above moves nothing under the reader; the list is narrowed by kind", async () => {
  const page = await open(browser);
  await signIn(page, "/", user("erin"));
  await row(page, "Number 129.").click();
  await page.locator(".plain").getByText("Body 129.").waitFor();
  await deliver("From: Carol <carol@blue.test>\nTo: erin@blue.test\nSubject: On top\n\nHello.\n", undefined, ["erin@blue.test"]);
  await row(page, "On top").waitFor();
  await page.keyboard.press("j");
  await page.locator(".plain").getByText("Body 128.").waitFor();
  await page.getByRole("button", { name: "Only unread" }).click();
  await row(page, "Number 129.").waitFor({ state: "detached" });
  await row(page, "Number 127.").waitFor();
  await shot(page, "only-unread");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Only starred" }).click();
  await page.getByText("Nothing of this kind in here.").waitFor();
  await page.getByRole("link", { name: "Starred" }).click();
  await page.getByText("Nothing matches.").waitFor();
  await page.getByRole("link", { name: "Inbox" }).click();
  await row(page, "Number 129.").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
