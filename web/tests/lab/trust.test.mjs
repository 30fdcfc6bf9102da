// What a reader is told about whom to trust, and may do about it: leaving a list by one click, what speaks against a letter, how safely one's
// own letters get there. Letters of the lab, with real DNS, DKIM and TLS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanEverywhere, findings, row, shot, toast, until } from "../e2e/browser.mjs";
import { alice, bob, reader } from "./reader.mjs";

const list = new URL(process.env.LIST).hostname;

const openRow = async (page, subject) => {
  await row(page, subject).click();
  await page
    .locator("article.message", { hasText: subject === "Buy gift cards" ? "invoice" : "" })
    .first()
    .waitFor();
  await page.locator(".evidence span").first().waitFor();
};

test("a list that proves its request is left by one click, which the server does and tells of", async () => {
  const page = await reader(bob);
  await openRow(page, "News of the week");
  await page.locator(".leave").click();
  const dialog = page.getByRole("dialog", { name: "Ask alice@blue.test to stop writing to you?" });
  await dialog.getByText(`The server sends ${list} the request`).waitFor();
  await cleanEverywhere(page, "unsubscribe", "dialog[open]");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".leave").focus();
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Unsubscribe" }).click();
  await toast(page, `${list} was asked and has agreed.`).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a redirect is not followed, and the reader is told that it failed", async () => {
  const page = await reader(bob);
  await openRow(page, "News that moved");
  await page.locator(".leave").click();
  await page.getByRole("dialog").getByRole("button", { name: "Unsubscribe" }).click();
  await toast(page, `${list} answered 302.`).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter that nobody proved gets no click, and says what speaks against it", async () => {
  const page = await reader(bob);
  await openRow(page, "Buy gift cards");
  const doubts = page.getByRole("note", { name: "Be careful with this message" });
  await doubts.getByText("The sender's name shows alice@blue.test, but this came from boss@b1ue.test.").waitFor();
  await doubts.getByText("Your answer would go to boss@elsewhere.test.").waitFor();
  await shot(page, "doubts");
  await cleanEverywhere(page, "doubts", ".doubts");
  await page.locator(".leave").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(`A page of ${list} is opened.`).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await doubts.getByRole("button", { name: "Why?" }).click();
  await page.getByRole("complementary", { name: "Journey" }).waitFor();
  await doubts.getByRole("button", { name: "Not a problem" }).click();
  await doubts.waitFor({ state: "detached" });
  await page.reload();
  await page.locator(".evidence span").first().waitFor();
  await page.waitForTimeout(300);
  assert.equal(await doubts.count(), 0, "it was said once");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a forged letter says so, honest and forwarded ones say nothing", async () => {
  const page = await reader(bob, "/mail/junk");
  await row(page, "Pay at once").click();
  const doubts = page.getByRole("note", { name: "Be careful with this message" });
  await doubts.getByText("Not proved to be from alice@blue.test: the rules of blue.test").waitFor();
  await page.goto(`${bob.url}/mail/inbox`);
  for (const letter of [
    row(page, "Hello from the lab").first(),
    row(page, "Hello from the lab").last(),
    row(page, "News of the week"),
  ]) {
    await letter.click();
    await page.locator(".evidence.pass").first().waitFor();
    await page.waitForTimeout(200);
    assert.equal(await doubts.count(), 0);
  }
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("who writes sees how safely a letter gets to each domain, from what was seen, and is never held up", async () => {
  const page = await reader(alice);
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  await page.reload();
  await page.locator("main.panes").waitFor();
  await page.keyboard.press("c");
  const to = page.getByLabel("To", { exact: true });
  await to.fill("list@list.test, carol@blue.test");
  await page.keyboard.press("Enter");
  const ways = page.getByRole("list", { name: "How safely it gets there" });
  await ways.getByText("list.test: not known before the first letter").waitFor();
  await ways.getByText("blue.test: stays on this server").waitFor();
  await cleanEverywhere(page, "ways", ".sheet");
  await to.fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill("By which way?");
  await page.getByRole("button", { name: "Remove list@list.test" }).click();
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  // What is known grows with what was sent.
  await until(
    async () => {
      await page.reload();
      await page.locator("main.panes").waitFor();
      await page.keyboard.press("c");
      await to.fill("bob@green.test");
      await page.keyboard.press("Enter");
      await ways.locator("li").first().waitFor();
      return (await ways.locator("[data-way=encrypted], [data-way=certificate], [data-way=verified]").count()) === 1;
    },
    "the way to green.test is known",
    60,
  );
  assert.match(await ways.innerText(), /green\.test: TLSv1\.3, .*\(last letter .*mx\.green\.test/);
  assert.deepEqual(await findings(page, ".sheet"), []);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
