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

test("a label is renamed, and removed without losing a letter; the bin is emptied for good", async () => {
  const page = await signedIn(browser);
  const menu = async (name, item) => {
    const line = page.getByRole("navigation").getByRole("listitem").filter({ hasText: name });
    await line.getByRole("link").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: item }).press("Enter");
  };
  await page.getByRole("button", { name: "New label or folder" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Tenants");
  await page.keyboard.press("Enter");
  await rail(page, "Tenants").waitFor();
  // One letter lies only here, one in the inbox too.
  await row(page, "Letter 13").focus();
  await page.keyboard.press("v");
  await page.getByRole("menuitem", { name: "Tenants" }).click();
  await row(page, "Letter 13").waitFor({ state: "detached" });
  await row(page, "Letter 12").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("l");
  await page.getByRole("menuitemcheckbox", { name: "Tenants" }).click();
  await row(page, "Letter 12").getByText("Tenants").waitFor();
  await menu("Tenants", "Rename");
  await page.getByRole("dialog").getByLabel("Name").fill("Lodgers");
  await page.keyboard.press("Enter");
  await rail(page, "Lodgers").waitFor();
  assert.match(await imap('UID SEARCH SUBJECT "Letter 13"', "Lodgers"), /SEARCH \d+/);
  await rail(page, "Lodgers").click();
  await row(page, "Letter 13").waitFor();
  await menu("Lodgers", "Delete label or folder");
  await page.getByRole("dialog", { name: /Its messages stay/ }).waitFor();
  await shot(page, "remove-label");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).press("Enter");
  await rail(page, "Lodgers").waitFor({ state: "detached" });
  assert.match(await imap('UID SEARCH SUBJECT "Letter 13"', "Archive"), /SEARCH \d+/);
  assert.doesNotMatch(await imap('UID SEARCH SUBJECT "Letter 12"', "Archive"), /SEARCH \d+/);
  await row(page, "Letter 12").waitFor();
  // The bin.
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Throw me away\n\nNow.\n`);
  await row(page, "Throw me away").focus();
  await page.keyboard.press("#");
  await row(page, "Throw me away").waitFor({ state: "detached" });
  await until(async () => /SEARCH \d+/.test(await imap("UID SEARCH ALL", "Trash")), "it is in the bin");
  await menu("Bin", "Empty Bin");
  await page
    .getByRole("dialog", { name: /deleted for good/ })
    .getByRole("button", { name: "Yes" })
    .press("Enter");
  await toast(page, "deleted for good").or(toast(page, "Deleted for good")).first().waitFor();
  assert.doesNotMatch(await imap("UID SEARCH ALL", "Trash"), /SEARCH \d+/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a row tells of its whole conversation: how many letters, from whom, and one that was not read", async () => {
  const part = (n, from, text) =>
    deliver(
      `From: ${from}\nTo: ${address}\nSubject: ${n > 1 ? "Re: " : ""}The boat\nMessage-ID: <boat${n}@blue.test>\n${n > 1 ? "In-Reply-To: <boat1@blue.test>\nReferences: <boat1@blue.test>\n" : ""}\n${text}\n`,
      from.match(/<(.*)>/)[1],
    );
  await part(1, "Carol Cook <carol@blue.test>", "Who rows?");
  await part(2, "Dora Dale <dora@blue.test>", "I do.");
  const page = await signedIn(browser);
  const boat = row(page, "The boat");
  await boat.locator(".thread-count").getByText("2").waitFor();
  assert.equal(await boat.count(), 1);
  assert.equal(await boat.locator(".names").innerText(), "Carol, Dora");
  // The last one is read, the first is not.
  const uids = (await imap('UID SEARCH SUBJECT "The boat"')).match(/\d+/g);
  assert.equal(uids.length, 2);
  await imap(`UID STORE ${uids[1]} +FLAGS (\\Seen)`);
  await page.waitForTimeout(500);
  assert.match(await boat.getAttribute("class"), /unread/);
  await imap(`UID STORE ${uids[0]} +FLAGS (\\Seen)`);
  await until(async () => !(await boat.getAttribute("class")).includes("unread"), "all of it is read");
  await part(3, "Erin Eads <erin@blue.test>", "Me too.");
  await boat.locator(".thread-count").getByText("3").waitFor();
  assert.match(await boat.getAttribute("class"), /unread/);
  await shot(page, "thread-rows");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a muted conversation stays out of the inbox, until it is heard again", async () => {
  const part = (n) =>
    deliver(
      `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Re: Endless\nMessage-ID: <endless${n}@blue.test>\n${n > 1 ? "References: <endless1@blue.test>\n" : ""}\nPart ${n}.\n`,
    );
  await part(1);
  const page = await signedIn(browser);
  await row(page, "Endless").focus();
  await page.keyboard.press("m");
  await toast(page, "Muted: answers stay out of your inbox").waitFor();
  await page.keyboard.press("e");
  await row(page, "Endless").waitFor({ state: "detached" });
  await part(2);
  await until(async () => /SEARCH \d+/.test(await imap('UID SEARCH BODY "Part 2."', "Archive")), "the answer is in the archive");
  assert.doesNotMatch(await imap('UID SEARCH BODY "Part 2."'), /SEARCH \d+/);
  // Another letter of the same person is not meant.
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Not that one\n\nHello.\n`);
  await row(page, "Not that one").waitFor();
  await rail(page, "Archive").click();
  await row(page, "Endless").focus();
  await page.keyboard.press("m");
  await toast(page, "No longer muted").waitFor();
  await part(3);
  await rail(page, "Inbox").click();
  await row(page, "Endless").waitFor();
  assert.match(await imap('UID SEARCH BODY "Part 3."'), /SEARCH \d+/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
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
