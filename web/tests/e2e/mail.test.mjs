// Reading, acting and writing, as a person does it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, findings, imap, launch, open, shot, signedIn, signIn, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const row = (page, text) => page.getByRole("row").filter({ hasText: text });

test("a wrong password is refused, and says no more", async () => {
  const page = await open(browser);
  await page.goto(process.env.URL);
  await page.getByLabel("Mail address").fill(address);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "do not belong together" }).waitFor();
  assert.deepEqual(await findings(page), []);
  await shot(page, "login");
  await page.context().close();
});

test("the inbox lists letters; one opens, is read, and IMAP knows", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 29").waitFor();
  assert.deepEqual(await findings(page), []);
  await shot(page, "inbox-light");
  await row(page, "Letter 28").click();
  await page.getByText("This is letter 28.").first().waitFor();
  await until(async () => !(await row(page, "Letter 28").getAttribute("class")).includes("unread"), "the row is read");
  assert.match(await imap('UID SEARCH SEEN SUBJECT "Letter 28"'), /SEARCH \d+/);
  await shot(page, "message-light");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("new mail appears by itself", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 29").waitFor();
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Just now\n\nHello.\n`);
  await row(page, "Just now").waitFor({ timeout: 15_000 });
  await page.context().close();
});

test("mail that comes after the list was fetched and before the page is told of changes, appears too", async () => {
  const page = await open(browser);
  let letThrough;
  const held = new Promise((done) => {
    letThrough = done;
  });
  await page.route("**/jmap/eventsource*", async (route) => {
    await held;
    await route.continue();
  });
  await signIn(page);
  await row(page, "Letter 29").waitFor();
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: In between\n\nHello.\n`);
  letThrough();
  await row(page, "In between").waitFor({ timeout: 15_000 });
  await page.context().close();
});

test("archiving takes a letter away at once, undo brings it back", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 27").hover();
  await row(page, "Letter 27").getByRole("button", { name: "Archive" }).click();
  await row(page, "Letter 27").waitFor({ state: "detached" });
  await page.getByRole("status").filter({ hasText: "Archived" }).waitFor();
  await page.keyboard.press("z");
  await row(page, "Letter 27").waitFor();
  await until(async () => /SEARCH \d+/.test(await imap('UID SEARCH SUBJECT "Letter 27"')), "it is in INBOX again");
  await page.context().close();
});

test("several letters are selected and moved by keyboard alone", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 26").focus();
  for (const key of ["x", "j", "x", "#"]) await page.keyboard.press(key);
  await page.getByRole("status").filter({ hasText: "moved to the bin" }).waitFor();
  await row(page, "Letter 26").waitFor({ state: "detached" });
  await page.keyboard.press("z");
  await row(page, "Letter 26").waitFor();
  await page.context().close();
});

test("search finds by words and operators", async () => {
  const page = await signedIn(browser);
  await page.keyboard.press("/");
  await page.keyboard.type('subject:"Letter 25" from:carol');
  await page.keyboard.press("Enter");
  await row(page, "Letter 25").waitFor();
  await until(async () => (await page.getByRole("row").count()) === 1, "only one is found");
  await shot(page, "search");
  assert.deepEqual(await findings(page), []);
  await page.context().close();
});

test("a letter is written, sent to another server, and taken back in time", async () => {
  const page = await signedIn(browser);
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill("From the webmail");
  await page.getByRole("textbox", { name: "Message text" }).click();
  await page.keyboard.type("Dear Bob, this is me.");
  await page.getByText(/^Saved/).waitFor({ timeout: 20_000 });
  await shot(page, "compose");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Control+Enter");
  await page.getByRole("status").filter({ hasText: "Sending in" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("dialog", { name: "From the webmail" }).waitFor();
  // And now for good.
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a draft outlives a reload", async () => {
  const page = await signedIn(browser);
  await page.keyboard.press("c");
  await page.getByLabel("Subject").fill("Half a thought");
  await page.getByRole("textbox", { name: "Message text" }).click();
  await page.keyboard.type("It goes on");
  await page.reload();
  await page.getByText("Half a thought").first().waitFor();
  await page.context().close();
});

test("a reply goes to Reply-To and quotes", async () => {
  await deliver(
    `From: Carol <carol@blue.test>\nReply-To: desk@green.test\nTo: ${address}\nSubject: Where to\n\nAnswer the desk.\n`,
  );
  const page = await signedIn(browser);
  await row(page, "Where to").click();
  await page.locator(".plain").getByText("Answer the desk.").waitFor();
  await page.keyboard.press("r");
  const sheet = page.getByRole("dialog", { name: "Re: Where to" });
  await sheet.getByTitle("desk@green.test").waitFor();
  await sheet.getByText("Answer the desk.").waitFor();
  await page.context().close();
});

test("on a phone one pane is shown at a time", async () => {
  const page = await signedIn(browser, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await row(page, "Letter 24").waitFor();
  await shot(page, "inbox-phone");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  assert.deepEqual(await findings(page), []);
  await row(page, "Letter 24").tap();
  await page.locator(".plain").getByText("This is letter 24.").waitFor();
  await shot(page, "message-phone");
  await page.getByRole("button", { name: "Back" }).tap();
  await row(page, "Letter 24").waitFor();
  await page.context().close();
});

test("in the dark everything can be read", async () => {
  const page = await signedIn(browser, { colorScheme: "dark" });
  await row(page, "Letter 23").click();
  await page.getByText("This is letter 23.").first().waitFor();
  await shot(page, "message-dark");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await shot(page, "help-dark");
  assert.deepEqual(await findings(page), []);
  await page.context().close();
});

test("the palette reaches settings, and settings are clean", async () => {
  const page = await signedIn(browser);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a mailbox" }).waitFor();
  await page.keyboard.type("settings");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
  await shot(page, "settings");
  assert.deepEqual(await findings(page), []);
  await page.getByLabel("Language").selectOption("de");
  await page.getByRole("heading", { name: "Einstellungen", exact: true }).waitFor();
  await page.context().close();
});

test("the journey opens with y and says who sent it", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 22").click();
  await page.getByText("This is letter 22.").first().waitFor();
  await page.keyboard.press("y");
  await page.getByRole("complementary", { name: "Journey" }).waitFor();
  await shot(page, "journey");
  assert.deepEqual(await findings(page), []);
  for (const tab of ["Proof", "Raw"]) await page.getByRole("tab", { name: tab }).click();
  await page.context().close();
});
