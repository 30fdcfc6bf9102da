// Putting things where they belong: labels, dragging, several clients of one account in step.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, findings, imap, launch, row, shot, signedIn, toast, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const rail = (page, name) => page.getByRole("navigation").getByRole("link", { name });

test("a label is made, put on by keyboard, shown on the row, and is a mailbox to IMAP", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 20").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("l");
  await page.getByRole("menuitem", { name: "New label or folder" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Contracts");
  await page.keyboard.press("Enter");
  await row(page, "Letter 20").getByText("Contracts").waitFor();
  await rail(page, "Contracts").click();
  await row(page, "Letter 20").waitFor();
  assert.match(await imap('UID SEARCH SUBJECT "Letter 20"', "Contracts"), /SEARCH \d+/);
  assert.match(await imap('UID SEARCH SUBJECT "Letter 20"'), /SEARCH \d+/);
  await shot(page, "label");
  assert.deepEqual(await findings(page), []);
  // And off again.
  await rail(page, "Inbox").click();
  await row(page, "Letter 20").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("l");
  await page.getByRole("menuitemcheckbox", { name: "Contracts" }).click();
  await until(async () => !/SEARCH \d+/.test(await imap('UID SEARCH SUBJECT "Letter 20"', "Contracts")), "it is off");
  await page.context().close();
});

test("rows are dragged to a mailbox, and undo brings them back", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 19").waitFor();
  await row(page, "Letter 19").dragTo(rail(page, "Archive"));
  await row(page, "Letter 19").waitFor({ state: "detached" });
  await until(async () => /SEARCH \d+/.test(await imap('UID SEARCH SUBJECT "Letter 19"', "Archive")), "it is in Archive");
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "Letter 19").waitFor();
  await page.context().close();
});

test("a range is selected with the mouse, all by one key, and everything acts at once", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 18").getByRole("checkbox").check({ force: true });
  await row(page, "Letter 15").click({ modifiers: ["Shift"] });
  await page.getByRole("toolbar", { name: "4 selected" }).waitFor();
  await shot(page, "selection");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("toolbar", { name: "4 selected" }).getByRole("button", { name: "Mark as" }).click();
  await toast(page, "4 marked as").waitFor();
  await page.keyboard.press("*");
  await page.keyboard.press("a");
  await page.getByRole("button", { name: "Clear selection" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Clear selection" }).waitFor({ state: "detached" });
  await page.context().close();
});

test("spam and back again leaves no trace", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 14").focus();
  await page.keyboard.press("!");
  await row(page, "Letter 14").waitFor({ state: "detached" });
  await until(async () => /SEARCH \d+/.test(await imap('UID SEARCH KEYWORD $Junk SUBJECT "Letter 14"', "Junk")), "it is in Junk");
  await rail(page, "Spam").click();
  await row(page, "Letter 14").click();
  await page.getByRole("button", { name: "Not spam" }).click();
  await until(
    async () => /SEARCH \d+/.test(await imap('UID SEARCH UNKEYWORD $Junk KEYWORD $NotJunk SUBJECT "Letter 14"')),
    "it is back",
  );
  await page.context().close();
});

test("two browsers and an IMAP client on one account are in step", async () => {
  // New, so that it stands on top in any window.
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Keep in step\nMessage-ID: <step@blue.test>\n\nLeft, right.\n`,
  );
  const one = await signedIn(browser);
  const two = await signedIn(browser, { viewport: { width: 900, height: 700 } });
  await row(one, "Keep in step").waitFor();
  await row(two, "Keep in step").waitFor();
  // One stars, the other and IMAP see it.
  await row(one, "Keep in step").focus();
  await one.keyboard.press("s");
  await row(two, "Keep in step").getByRole("button", { name: "Star", pressed: true }).waitFor({ timeout: 15_000 });
  const uid = /SEARCH (\d+)/.exec(await imap('UID SEARCH FLAGGED SUBJECT "Keep in step"'))[1];
  // IMAP marks it as read and takes the star: both see it.
  await imap(`UID STORE ${uid} -FLAGS (\\Flagged)`);
  for (const page of [one, two])
    await row(page, "Keep in step").getByRole("button", { name: "Star", pressed: false }).waitFor({ timeout: 15_000 });
  // IMAP moves it away: it goes from both lists; the counts agree.
  await imap(`UID MOVE ${uid} Archive`);
  for (const page of [one, two]) await row(page, "Keep in step").waitFor({ state: "detached", timeout: 15_000 });
  // The second brings it back; the first sees it.
  await rail(two, "Archive").click();
  await row(two, "Keep in step").hover();
  await row(two, "Keep in step").focus();
  await two.keyboard.press("v");
  await two.getByRole("menuitem", { name: "Inbox" }).click();
  await row(one, "Keep in step").waitFor({ timeout: 15_000 });
  await until(async () => {
    const counts = await Promise.all([one, two].map((page) => rail(page, "Inbox").innerText()));
    return counts[0] === counts[1];
  }, "the counts agree");
  await one.context().close();
  await two.context().close();
});

test("a conversation is one row, opens whole, and can be taken apart", async () => {
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Lunch\nMessage-ID: <lunch1@blue.test>\n\nShall we?\n`);
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Re: Lunch\nMessage-ID: <lunch2@blue.test>\nIn-Reply-To: <lunch1@blue.test>\nReferences: <lunch1@blue.test>\n\nOr not?\n\n> Shall we?\n`,
  );
  const page = await signedIn(browser);
  await row(page, "Lunch").waitFor();
  assert.equal(await row(page, "Lunch").count(), 1);
  await row(page, "Lunch").click();
  await page.locator("article.message").nth(1).waitFor();
  await shot(page, "conversation");
  assert.deepEqual(await findings(page), []);
  await page.goto(`${process.env.URL}/settings`);
  await page.getByLabel("Group messages into conversations").uncheck();
  await page.goto(`${process.env.URL}/mail/inbox`);
  await until(async () => (await row(page, "Lunch").count()) === 2, "two rows");
  await page.context().close();
});
