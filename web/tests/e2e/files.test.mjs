// Files that do not get up: said where they stand, kept, tried again; and nothing goes out without them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cleanEverywhere, imap, killServer, launch, signedIn, toast, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function compose(page, subject) {
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill(subject);
  return page.getByRole("dialog", { name: subject });
}
const file = (name, size = 2000) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.alloc(size, 7) });
const attach = (sheet, ...files) => sheet.locator("input[type=file]").setInputFiles(files);
const failed = (sheet, name) => sheet.getByRole("listitem").filter({ hasText: name }).getByRole("alert");
const hurry = async (page) => {
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  await page.reload();
  await page.getByRole("grid").waitFor();
};
async function slow(page, rate) {
  page.debug ??= await page.context().newCDPSession(page);
  await page.debug.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: rate,
  });
}
async function structure(subject) {
  const found = await until(
    async () =>
      /SEARCH (\d+)/.exec(await imap(`UID SEARCH SUBJECT "${subject}"`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test")),
    `“${subject}” is at green`,
    60,
  );
  return imap(`UID FETCH ${found[1]} BODYSTRUCTURE`, "INBOX", process.env.GREEN_IMAPS, "bob@green.test");
}

test("without the net a file says so, sending is refused, and trying again takes it up", async () => {
  const page = await signedIn(browser);
  await hurry(page);
  const sheet = await compose(page, "Without the net");
  await page.context().setOffline(true);
  await attach(sheet, file("report.pdf"), file("other.pdf"));
  await failed(sheet, "report.pdf").filter({ hasText: "Not attached: The server cannot be reached." }).waitFor();
  await failed(sheet, "other.pdf").waitFor();
  await cleanEverywhere(page, "file-failed", ".sheet");
  await page.keyboard.press("Control+Enter");
  await toast(page, "Not attached: report.pdf, other.pdf. Try again or remove it, then send.").waitFor();
  await sheet.waitFor();
  await page.context().setOffline(false);
  await sheet.getByRole("button", { name: "Remove other.pdf" }).press("Enter");
  await sheet.getByRole("button", { name: "Try again" }).press("Enter");
  await failed(sheet, "report.pdf").waitFor({ state: "detached" });
  await until(async () => (await page.evaluate(() => document.activeElement?.nodeName)) === "BUTTON", "the focus is not lost");
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  const there = await structure("Without the net");
  assert.match(there, /report\.pdf/);
  assert.doesNotMatch(there, /other\.pdf/);
  await page.context().close();
});

test("a letter that waits for its file stays when that fails; the server dies and comes back, and the file goes up", async () => {
  const page = await signedIn(browser);
  await hurry(page);
  const sheet = await compose(page, "The server died");
  const alive = () =>
    page.evaluate(() =>
      fetch("/posthorn.svg?", { cache: "no-store" }).then(
        () => true,
        () => false,
      ),
    );
  // On its way until the server is gone.
  let letGo = () => {};
  const held = new Promise((done) => {
    letGo = done;
  });
  await page.route("**/jmap/upload/**", async (route) => {
    await held;
    await route.continue();
  });
  await attach(sheet, file("large.bin", 900_000));
  await sheet.getByRole("progressbar", { name: "large.bin" }).waitFor();
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sends when the files are up").waitFor();
  const back = killServer();
  while (await alive());
  letGo();
  await toast(page, "Not attached: large.bin. Try again or remove it, then send.").waitFor();
  await failed(sheet, "large.bin").filter({ hasText: "The server cannot be reached." }).waitFor();
  await back;
  await until(alive, "the server is there again");
  await sheet.getByRole("button", { name: "Try again" }).click();
  await failed(sheet, "large.bin").waitFor({ state: "detached" });
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  assert.match(await structure("The server died"), /large\.bin/);
  await page.context().close();
});

test("a file that can never be taken is not tried; more files than the server takes at once all get up", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, "A heap of files");
  const data = await page.evaluateHandle(async () => {
    const { capabilities } = await (await fetch("/jmap/session", { headers: { "X-Posthorn": "1" } })).json();
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(capabilities["urn:ietf:params:jmap:core"].maxSizeUpload + 1)], "huge.iso"));
    return transfer;
  });
  await sheet.dispatchEvent("drop", { dataTransfer: data });
  await toast(page, "“huge.iso” is larger than").waitFor();
  assert.equal(await sheet.getByText("huge.iso").count(), 0);
  await attach(sheet, ...Array.from({ length: 12 }, (_, i) => file(`${i}.bin`, 50_000)));
  await sheet.getByRole("list", { name: "12 attachments" }).waitFor();
  await sheet.getByRole("progressbar").first().waitFor({ state: "detached" });
  await until(async () => (await sheet.getByRole("progressbar").count()) === 0, "all are up");
  assert.equal(await sheet.getByRole("alert").count(), 0);
  await page.getByRole("button", { name: "Discard draft" }).click();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a file that was going up when its page was closed is missed, not forgotten", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, "Closed too soon");
  await slow(page, 20_000);
  await attach(sheet, file("half.bin", 900_000));
  await sheet.getByRole("progressbar", { name: "half.bin" }).waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await page.reload();
  await slow(page, -1);
  await failed(sheet, "half.bin").filter({ hasText: "The page was closed before it was up." }).waitFor();
  assert.equal(await sheet.getByRole("button", { name: "Try again" }).count(), 0);
  await sheet.locator(".editor").click();
  await page.keyboard.press("Control+Enter");
  await toast(page, "Not attached: half.bin.").waitFor();
  await sheet.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("dialog", { name: "Close without half.bin?" }).getByRole("button", { name: "Cancel" }).click();
  await sheet.getByRole("button", { name: "Remove half.bin" }).click();
  await failed(sheet, "half.bin").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.context().close();
});

test("a draft thrown away while its file goes up stays away; taken back, it still has the file", async () => {
  const page = await signedIn(browser);
  const sheet = await compose(page, "Away with it");
  await slow(page, 100_000);
  await attach(sheet, file("slow.bin", 400_000));
  await sheet.getByRole("progressbar", { name: "slow.bin" }).waitFor();
  await sheet.getByRole("button", { name: "Discard draft" }).click();
  await toast(page, "Draft discarded").waitFor();
  await slow(page, -1);
  await page.waitForTimeout(4000);
  assert.doesNotMatch(await imap('UID SEARCH SUBJECT "Away with it"', "Drafts"), /SEARCH \d+/);
  await page.getByRole("button", { name: "Undo" }).click();
  await failed(sheet, "slow.bin").waitFor();
  await sheet.getByRole("button", { name: "Try again" }).click();
  await failed(sheet, "slow.bin").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.context().close();
});
