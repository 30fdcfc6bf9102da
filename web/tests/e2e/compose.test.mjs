// Writing: attachments, warnings, sending later and not at all, answers and what they keep, drafts that outlive everything.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, findings, imap, killServer, launch, row, shot, signedIn, toast, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const text = (page) => page.getByRole("textbox", { name: "Message text" });

async function compose(page, { to, subject, body }) {
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).waitFor();
  if (to) {
    await page.getByLabel("To", { exact: true }).fill(to);
    await page.keyboard.press("Enter");
  }
  await page.getByLabel("Subject").fill(subject);
  await text(page).click();
  if (body) await page.keyboard.type(body);
  return page.getByRole("dialog", { name: subject });
}

const hurry = (page) => page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));

const inSent = (subject) => imap(`UID SEARCH SUBJECT "${subject}"`, "Sent").catch(() => "");

test("files are attached with their progress, one is taken away, the rest arrives", async () => {
  const page = await signedIn(browser);
  await hurry(page);
  await page.reload();
  await page.getByRole("grid").waitFor();
  // Slow enough to be seen.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 400_000,
  });
  const sheet = await compose(page, { to: "bob@green.test", subject: "With files", body: "Here they are." });
  await sheet.locator("input[type=file]").setInputFiles([
    { name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(600_000, 7) },
    { name: "small.txt", mimeType: "text/plain", buffer: Buffer.from("a small one\n") },
    { name: "wrong.txt", mimeType: "text/plain", buffer: Buffer.from("not this one\n") },
  ]);
  await sheet.getByRole("progressbar", { name: "large.bin" }).waitFor();
  await shot(page, "compose-attachments");
  assert.deepEqual(await findings(page), []);
  await sheet.getByRole("button", { name: "Remove wrong.txt" }).click();
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  // Sent while one is still going up: it waits for it.
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  const found = await until(
    async () =>
      /SEARCH (\d+)/.exec(await imap('UID SEARCH SUBJECT "With files"', "INBOX", process.env.GREEN_IMAPS, "bob@green.test")),
    "it is at green",
    40,
  );
  const structure = await imap(`UID FETCH ${found[1]} BODYSTRUCTURE`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test");
  assert.match(structure, /large\.bin/);
  assert.match(structure, /small\.txt/);
  assert.doesNotMatch(structure, /wrong\.txt/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("files dropped on the draft are attached; a word of an attachment without one is asked about", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { to: "bob@green.test", subject: "Forgotten", body: "Please see the attached file." });
  await page.keyboard.press("Control+Enter");
  const question = page.getByRole("dialog", { name: /You wrote of an attachment/ });
  await question.waitFor();
  await shot(page, "question");
  assert.deepEqual(await findings(page), []);
  await question.getByRole("button", { name: "Cancel" }).click();
  await sheet.waitFor();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["dropped"], "dropped.txt", { type: "text/plain" }));
    return transfer;
  });
  await sheet.dispatchEvent("dragover", { dataTransfer: data });
  await sheet.dispatchEvent("drop", { dataTransfer: data });
  await sheet.getByRole("list", { name: "1 attachment" }).getByText("dropped.txt").waitFor();
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await toast(page, "Not sent").waitFor();
  await page.getByRole("dialog", { name: "Forgotten" }).getByText("dropped.txt").waitFor();
  await page.context().close();
});

test("another address of mine is added, writes with its own signature, and goes", async () => {
  const page = await signedIn(browser, {}, "/settings");
  const names = page.getByRole("region", { name: "Names and addresses" });
  const add = async (email, name) => {
    await names.getByRole("button", { name: "Add an address" }).click();
    const question = page.getByRole("dialog", { name: "Add an address" });
    await question.getByLabel("Mail address").fill(email);
    await question.getByLabel("Name", { exact: true }).fill(name);
    await question.getByRole("button", { name: "Save" }).click();
    await question.waitFor({ state: "detached" });
  };
  await add("carol@blue.test", "Not me");
  await toast(page, "is not an address of").waitFor();
  await add("shop@blue.test", "The Shop");
  const shop = names.getByRole("group", { name: "shop@blue.test" });
  await shop.getByLabel("Signature").fill("The Shop\nOpen all day");
  await shop.getByRole("button", { name: "Save" }).click();
  await toast(page, "Saved").waitFor();
  await names.scrollIntoViewIfNeeded();
  await shot(page, "identities");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("link", { name: "Inbox" }).click();
  await page.getByRole("grid").waitFor();
  const sheet = await compose(page, { to: "bob@green.test", subject: "From the shop", body: "Hello." });
  assert.doesNotMatch(await text(page).innerText(), /Open all day/);
  await sheet.getByLabel("From").selectOption({ label: "The Shop <shop@blue.test>" });
  await text(page).getByText("Open all day").waitFor();
  assert.match(await text(page).innerText(), /^Hello\.\s+--\s+The Shop\s+Open all day\s*$/);
  await sheet.getByLabel("From").selectOption({ index: 0 });
  await text(page).getByText("Open all day").waitFor({ state: "detached" });
  await sheet.getByLabel("From").selectOption({ label: "The Shop <shop@blue.test>" });
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  const found = await until(
    async () =>
      /SEARCH (\d+)/.exec(await imap('UID SEARCH SUBJECT "From the shop"', "INBOX", process.env.GREEN_IMAPS, "bob@green.test")),
    "it is at green",
    60,
  );
  const envelope = await imap(`UID FETCH ${found[1]} ENVELOPE`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test");
  assert.match(envelope, /"The Shop" NIL "shop" "blue\.test"/);
  await page.goto(`${process.env.URL}/settings`);
  await shop.getByRole("button", { name: "Remove shop@blue.test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
  await shop.waitFor({ state: "detached" });
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter without a recipient or with a wrong one is not sent, and it says why", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { subject: "To nobody", body: "x" });
  await page.keyboard.press("Control+Enter");
  await toast(page, "Add at least one recipient.").waitFor();
  await sheet.getByLabel("To", { exact: true }).fill("nobody at all");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+Enter");
  await toast(page, "is not a mail address").waitFor();
  await sheet.waitFor();
  await page.context().close();
});

test("sending later is held by the server, is in Sent with its time, and can be taken back", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { to: "bob@green.test", subject: "For Monday", body: "Later." });
  await sheet.getByRole("button", { name: "Send later" }).click();
  await shot(page, "send-later");
  await page.getByRole("menuitem", { name: "Monday morning" }).click();
  await toast(page, "Will be sent").waitFor();
  await until(async () => /SEARCH \d+/.test(await inSent("For Monday")), "it is in Sent");
  await page.keyboard.press("z");
  await page.getByRole("dialog", { name: "For Monday" }).waitFor();
  await toast(page, "Not sent").waitFor();
  await until(async () => !/SEARCH \d+/.test(await inSent("For Monday")), "it is not in Sent");
  await page.context().close();
});

test("a letter for later is taken back from Sent long after, and opens again", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { to: "bob@green.test", subject: "Second thoughts", body: "Or not." });
  await sheet.getByRole("button", { name: "Send later" }).click();
  await page.getByRole("menuitem", { name: "Monday morning" }).click();
  await toast(page, "Will be sent").waitFor();
  // Another day: nothing of this visit is left.
  await page.goto(`${process.env.URL}/mail/sent`);
  await row(page, "Second thoughts").click();
  await page.locator(".evidence").getByText("Will be sent").waitFor();
  await page.keyboard.press("y");
  await shot(page, "scheduled");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Do not send" }).click();
  await page.getByRole("dialog", { name: "Second thoughts" }).getByText("Or not.").waitFor();
  await toast(page, "Not sent").waitFor();
  assert.doesNotMatch(await inSent("Second thoughts"), /SEARCH \d+/);
  assert.match(await imap('UID SEARCH DRAFT SUBJECT "Second thoughts"', "Drafts"), /SEARCH \d+/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a forwarded letter keeps its attachments", async () => {
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: The plan\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSee the plan.\n--x\nContent-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment; filename=plan.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--x--\n`,
  );
  const page = await signedIn(browser);
  await hurry(page);
  await page.reload();
  await row(page, "The plan").click();
  await page.locator(".plain").getByText("See the plan.").waitFor();
  await page.keyboard.press("f");
  const sheet = page.getByRole("dialog", { name: "Fwd: The plan" });
  await sheet.getByText("plan.pdf").waitFor();
  await sheet.getByText("See the plan.").waitFor();
  await sheet.getByLabel("To", { exact: true }).fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+Enter");
  const found = await until(
    async () =>
      /SEARCH (\d+)/.exec(await imap('UID SEARCH SUBJECT "Fwd: The plan"', "INBOX", process.env.GREEN_IMAPS, "bob@green.test")),
    "it is at green",
    40,
  );
  assert.match(
    await imap(`UID FETCH ${found[1]} BODYSTRUCTURE`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test"),
    /plan\.pdf/,
  );
  // And the letter that was forwarded says so.
  await until(async () => /SEARCH \d+/.test(await imap('UID SEARCH KEYWORD $Forwarded SUBJECT "The plan"')), "it is marked");
  await page.context().close();
});

test("an answer to all leaves me out; an answered letter is marked", async () => {
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}, bob@green.test\nCc: dave@green.test\nSubject: Who comes\n\nAll of you?\n`,
  );
  const page = await signedIn(browser);
  await row(page, "Who comes").click();
  await page.locator(".plain").getByText("All of you?").waitFor();
  await page.keyboard.press("a");
  const sheet = page.getByRole("dialog", { name: "Re: Who comes" });
  await sheet.getByTitle("dave@green.test").waitFor();
  assert.deepEqual((await sheet.locator(".chip").evaluateAll((chips) => chips.map((chip) => chip.title))).sort(), [
    "bob@green.test",
    "carol@blue.test",
    "dave@green.test",
  ]);
  await page.context().close();
});

test("a draft outlives the death of the server, and of the browser", async () => {
  const context = (await signedIn(browser)).context();
  const page = context.pages()[0];
  await compose(page, { to: "bob@green.test", subject: "Never lost", body: "First half." });
  await page.getByText(/^Saved/).waitFor({ timeout: 20_000 });
  await killServer();
  await page.keyboard.type(" Second half.");
  // The page dies too, before anything was saved again.
  await page.waitForTimeout(100);
  const stored = await context.storageState();
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(process.env.URL);
  await again.getByRole("dialog", { name: "Never lost" }).getByText("First half. Second half.").waitFor();
  assert.ok(JSON.stringify(stored).includes("Second half."));
  await again.getByText(/^Saved/).waitFor({ timeout: 30_000 });
  await until(
    async () => /SEARCH \d+/.test(await imap('UID SEARCH SUBJECT "Never lost" TEXT "Second half."', "Drafts")),
    "the server has it",
  );
  // One draft, not one for each save.
  assert.equal((await imap('UID SEARCH SUBJECT "Never lost"', "Drafts")).match(/\d+/g).length, 1);
  await context.close();
});

const drafted = async (words) => /SEARCH \d+/.test(await imap(`UID SEARCH ${words}`, "Drafts"));
const keptHere = (page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("draft:")));

test("a letter that is being written when one signs out is on the server, and not left on the device", async () => {
  const page = await signedIn(browser);
  await compose(page, { to: "bob@green.test", subject: "Written to the end", body: "The last words." });
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);
  await page.getByLabel("Password").waitFor();
  assert.ok(await drafted('SUBJECT "Written to the end" BODY "The last words."'));
  assert.deepEqual(await keptHere(page), []);
  await page.context().close();
});

test("a letter that the server cannot take is asked about at sign-out, and stays where it is", async () => {
  const page = await signedIn(browser);
  await compose(page, { to: "bob@green.test", subject: "In the tunnel", body: "No net." });
  await page.context().setOffline(true);
  await page.keyboard.type(" Still none.");
  await page.getByRole("button", { name: "Sign out" }).click();
  const question = page.getByRole("dialog", { name: /Not on the server yet: In the tunnel/ });
  await question.waitFor();
  await shot(page, "leave-question");
  assert.deepEqual(await findings(page), []);
  await question.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog", { name: "In the tunnel" }).getByText("No net. Still none.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await question.getByRole("button", { name: "Yes" }).click();
  await toast(page, "you are still signed in").waitFor();
  await page.getByRole("dialog", { name: "In the tunnel" }).getByText("No net. Still none.").waitFor();
  await page.context().setOffline(false);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);
  await page.getByLabel("Password").waitFor();
  assert.ok(await drafted('SUBJECT "In the tunnel" BODY "Still none."'));
  await page.context().close();
});

test("what one account wrote is not shown to another that signs in at the same device", async () => {
  const page = await signedIn(browser);
  await page.route("**/jmap/api", (route) =>
    /"Email\/set"/.test(route.request().postData() ?? "") ? route.abort() : route.continue(),
  );
  await compose(page, { subject: "For my eyes", body: "Secret." });
  await until(async () => (await keptHere(page)).length === 1, "it is kept here");
  // The session ends elsewhere, and somebody else signs in in the same window.
  await page.context().clearCookies();
  await page.keyboard.type("!");
  await page.getByRole("button", { name: "Look for new mail" }).click();
  await page.getByLabel("Password").waitFor();
  const enter = async (who) => {
    await page.locator("input[name=username]").fill(who);
    await page.locator("input[name=password]").fill(process.env.PASSWORD);
    await page.keyboard.press("Enter");
    await page.locator("main.panes").waitFor();
  };
  await page.unroute("**/jmap/api");
  await Promise.all([page.waitForEvent("load"), enter("carol@blue.test")]);
  await page.locator(".account").getByText("carol@blue.test").waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".sheet").count(), 0);
  assert.equal((await keptHere(page)).length, 1);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);
  await enter(address);
  await page.getByRole("dialog", { name: "For my eyes" }).getByText("Secret.!").waitFor();
  await until(() => drafted('SUBJECT "For my eyes" BODY "Secret."'), "the server has it");
  await page.context().close();
});

test("a discarded draft comes back by undo", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { subject: "Thrown away", body: "Oh no." });
  await page.getByText(/^Saved/).waitFor({ timeout: 20_000 });
  await sheet.getByRole("button", { name: "Discard draft" }).click();
  await sheet.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("dialog", { name: "Thrown away" }).getByText("Oh no.").waitFor();
  await page.context().close();
});

test("plain text is written as plain text", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, { to: "bob@green.test", subject: "Plainly", body: "No markup." });
  await sheet.getByLabel("Plain text").check();
  await sheet.locator("textarea").fill("Only <b>text</b>.");
  await page.getByText(/^Saved/).waitFor({ timeout: 20_000 });
  const found = /SEARCH (\d+)/.exec(
    await until(async () => {
      const answer = await imap('UID SEARCH SUBJECT "Plainly"', "Drafts");
      return /SEARCH \d+/.test(answer) && answer;
    }, "it is in Drafts"),
  );
  const structure = await imap(`UID FETCH ${found[1]} BODYSTRUCTURE`, "Drafts");
  assert.match(structure, /"plain"/i);
  assert.doesNotMatch(structure, /"html"/i);
  await page.context().close();
});
