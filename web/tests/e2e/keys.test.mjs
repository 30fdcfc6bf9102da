// The keyboard map, each key, keys of one's own, and none at all. The account is frida's, whose letters nobody else moves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { base, cleanEverywhere, findings, imap, launch, open, row, signIn, toast, until } from "./browser.mjs";

const frida = { url: base, address: "frida@blue.test", password: process.env.PASSWORD };
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function reader(path = "/") {
  const page = await open(browser);
  await signIn(page, path, frida);
  return page;
}
const ticked = (page) => page.locator(".row.ticked").count();
const path = (page) => decodeURIComponent(new URL(page.url()).pathname);

test("each key of the map does what it says", async () => {
  const page = await reader();
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await row(page, "Number 120.").focus();
  // Places.
  for (const [key, place] of [
    ["s", "/search/is:starred"],
    ["t", "/mail/sent"],
    ["d", "/mail/drafts"],
    ["a", "/mail/archive"],
    ["i", "/mail/inbox"],
  ]) {
    await press("g", key);
    await until(() => path(page) === place, `g ${key} goes to ${place}`);
  }
  // Flags.
  await row(page, "Number 120.").focus();
  await press("s");
  await row(page, "Number 120.").getByRole("button", { name: "Star", pressed: true }).waitFor();
  await press("Shift+I");
  await until(async () => !(await row(page, "Number 120.").getAttribute("class")).includes("unread"), "it is read");
  // Choosing.
  await press("*", "r");
  await until(async () => (await ticked(page)) > 0, "the read ones are ticked");
  assert.equal(await page.locator(".row.ticked.unread").count(), 0);
  await press("*", "n");
  await until(async () => (await ticked(page)) === 0, "none is ticked");
  await press("*", "u");
  await until(async () => (await ticked(page)) > 5, "the unread ones are ticked");
  assert.equal(await page.locator(".row.ticked:not(.unread)").count(), 0);
  await press("Escape");
  await row(page, "Number 120.").focus();
  await press("Shift+U");
  await until(async () => (await row(page, "Number 120.").getAttribute("class")).includes("unread"), "it is unread");
  // Menus.
  for (const [key, item] of [
    ["v", "Archive"],
    ["l", "New label or folder"],
    ["b", "Pick a time"],
    [".", "Mute conversation"],
  ]) {
    await row(page, "Number 120.").focus();
    await press(key);
    await page.getByRole("menuitem", { name: item, exact: true }).waitFor();
    await press("Escape", "Escape");
    await until(async () => (await ticked(page)) === 0, "the menu is closed and nothing ticked");
  }
  // Reading.
  await row(page, "Number 119.").focus();
  await press("o");
  await page.locator(".plain").getByText("Body 119.").waitFor();
  await press("k");
  await page.locator(".plain").getByText("Body 120.").waitFor();
  await press("j");
  await page.locator(".plain").getByText("Body 119.").waitFor();
  await press("[");
  await page.locator(".plain").getByText("Body 118.").waitFor();
  await until(async () => /SEARCH \d+/.test(await inArchive("Number 119.")), "it is in the archive");
  await press("]");
  await page.locator(".plain").getByText("Body 120.").waitFor();
  await until(async () => /SEARCH \d+/.test(await inArchive("Number 118.")), "it is in the archive");
  for (const [key, title] of [
    ["r", "Re: Number 120."],
    ["a", "Re: Number 120."],
    ["f", "Fwd: Number 120."],
  ]) {
    await press(key);
    await page.getByRole("dialog", { name: title }).waitFor();
    await page.getByRole("button", { name: "Discard draft" }).click();
    await page.getByRole("dialog", { name: title }).waitFor({ state: "detached" });
    await row(page, "Number 120.").focus();
  }
  await press("y");
  await page.getByRole("complementary", { name: "Journey" }).waitFor();
  await press("y", "u");
  await until(() => path(page) === "/mail/inbox", "back in the list");
  await row(page, "Number 117.").focus();
  await press("!");
  await toast(page, "Moved to spam").waitFor();
  await press("z");
  await row(page, "Number 117.").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

const inArchive = (subject) => imap(`UID SEARCH SUBJECT "${subject}"`, "Archive", undefined, frida.address).catch(() => "");

test("an answer is sent and its conversation archived by one key", async () => {
  const page = await reader();
  await row(page, "Number 110.").focus();
  await page.keyboard.press("r");
  await page.getByRole("dialog", { name: "Re: Number 110." }).waitFor();
  await page.keyboard.type("Done.");
  await page.keyboard.press("Control+Shift+Enter");
  await toast(page, "Sending in").waitFor();
  await row(page, "Number 110.").waitFor({ state: "detached" });
  await until(async () => /SEARCH \d+/.test(await inArchive("Number 110.")), "it is in the archive");
  // Back: first the letter, then the conversation.
  await page.keyboard.press("z");
  await page.getByRole("dialog", { name: "Re: Number 110." }).getByText("Done.").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("z");
  await row(page, "Number 110.").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("keys are changed, taken away and switched off", async () => {
  const page = await reader("/settings");
  await page.getByText("Keys of your own").click();
  const button = (name) => page.getByRole("button", { name: new RegExp(`^${name}: `) });
  await cleanEverywhere(page, "own-keys", ".key-table");
  await button("Archive").first().focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("d");
  await page.getByRole("button", { name: "Archive: d", exact: true }).waitFor();
  // Another act does not get it, and is told who has it.
  await button("Delete").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("d");
  await page.getByRole("alert").filter({ hasText: "d is used by: Archive." }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Backspace");
  await page.getByRole("button", { name: "Delete: none", exact: true }).waitFor();
  await button("Settings").waitFor({ state: "detached" });
  await page.goto(`${base}/mail/inbox`);
  await row(page, "Number 100.").focus();
  await page.keyboard.press("e");
  await page.keyboard.press("#");
  await page.waitForTimeout(300);
  assert.equal(await row(page, "Number 100.").count(), 1);
  await page.keyboard.press("d");
  await row(page, "Number 100.").waitFor({ state: "detached" });
  assert.equal(
    await row(page, "Number 99.").getByRole("button", { name: "Archive", includeHidden: true }).getAttribute("title"),
    "Archive (d)",
  );
  await page.keyboard.press("z");
  await row(page, "Number 100.").waitFor();
  await page.keyboard.press("?");
  await page
    .getByRole("dialog")
    .locator("div", { hasText: /^dArchive$/ })
    .waitFor();
  await page.keyboard.press("Escape");
  // As they were, and then none.
  await page.goto(`${base}/settings`);
  await page.getByText("Keys of your own").click();
  await page.getByRole("button", { name: "All keys as they were" }).click();
  await page.getByRole("button", { name: "Archive: e", exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "Keyboard shortcuts" }).uncheck();
  await page.goto(`${base}/mail/inbox`);
  await row(page, "Number 100.").focus();
  await page.keyboard.press("e");
  await page.waitForTimeout(300);
  assert.equal(await row(page, "Number 100.").count(), 1);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
