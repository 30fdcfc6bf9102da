// What is done by hand: panes drawn wider, rows pulled aside on a phone, pictures dropped and pasted into a letter, the search box finishing words.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  address,
  base,
  deliver,
  findings,
  imap,
  launch,
  open,
  PHONE,
  row,
  shot,
  signedIn,
  signIn,
  toast,
  until,
} from "./browser.mjs";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const user = (name) => ({ url: base, address: `${name}@blue.test`, password: process.env.PASSWORD });
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const widthOf = (page, of) => page.locator(of).evaluate((one) => Math.round(one.getBoundingClientRect().width));

test("the list is as wide as one draws it, by pointer and by keys, also after a reload; a double click gives the usual width back", async () => {
  const page = await signedIn(browser, { viewport: { width: 1400, height: 900 } });
  const edge = page.getByRole("separator", { name: "Width of the list" });
  const usual = await widthOf(page, ".list-pane");
  const box = await edge.boundingBox();
  await page.mouse.move(box.x + 4, 400);
  await page.mouse.down();
  await page.mouse.move(box.x + 104, 420, { steps: 5 });
  await page.mouse.up();
  assert.ok(Math.abs((await widthOf(page, ".list-pane")) - usual - 100) <= 2);
  await edge.focus();
  await page.keyboard.press("ArrowLeft");
  const drawn = await widthOf(page, ".list-pane");
  assert.ok(Math.abs(drawn - usual - 84) <= 2, `${drawn} of ${usual}`);
  assert.equal(Number(await edge.getAttribute("aria-valuenow")), drawn);
  await page.reload();
  await page.locator("main.panes").waitFor();
  assert.equal(await widthOf(page, ".list-pane"), drawn);
  for (let i = 0; i < 60; ++i) await edge.press("ArrowLeft");
  assert.equal(await widthOf(page, ".list-pane"), 280, "never too narrow to read");
  await shot(page, "panes-narrow-list");
  assert.deepEqual(await findings(page), []);
  await edge.dblclick();
  assert.equal(await widthOf(page, ".list-pane"), usual);
  await page.setViewportSize(PHONE.viewport);
  assert.equal(await edge.isVisible(), false);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

/** A finger on the row, drawn sideways. */
async function pull(page, which, by) {
  const box = await which.boundingBox();
  const touch = await page.context().newCDPSession(page);
  const [x, y] = [box.x + box.width / 2 - by / 2, box.y + box.height / 2];
  const points = (at) => [{ x: x + at, y }];
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: points(0) });
  for (let i = 1; i <= 6; ++i)
    await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: points((by * i) / 6) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

test("on a phone a row pulled to the right is archived, to the left snoozed, each with a way back; a little pull does nothing", async () => {
  for (const subject of ["Pull me right", "Pull me left"])
    await deliver(`From: Carol <carol@blue.test>\nTo: dora@blue.test\nSubject: ${subject}\n\nText.\n`, undefined, [
      "dora@blue.test",
    ]);
  const page = await open(browser, PHONE);
  await signIn(page, "/", user("dora"));
  const right = row(page, "Pull me right");
  const left = row(page, "Pull me left");
  await right.waitFor();
  await pull(page, right, 60);
  await page.waitForTimeout(200);
  assert.equal(await right.count(), 1);
  await pull(page, right, 200);
  await toast(page, "Archived").waitFor();
  await right.waitFor({ state: "detached" });
  await page.locator(".toasts").getByRole("button", { name: /Undo/ }).click();
  await right.waitFor();
  await pull(page, left, -200);
  await toast(page, "Snoozed").waitFor();
  await left.waitFor({ state: "detached" });
  await page.locator(".toasts").getByRole("button", { name: /Undo/ }).click();
  await left.waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

const give = (page, kind) =>
  page.getByRole("textbox", { name: "Message text" }).evaluate(
    (editor, { kind, png }) => {
      const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
      editor.dispatchEvent(
        kind === "drop"
          ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
      );
    },
    { kind, png: PNG },
  );

test("pictures that are dropped and pasted stand in the letter where they were put, at its reader's too", async () => {
  const page = await signedIn(browser);
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  await page.reload();
  await page.locator("main.panes").waitFor();
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill(address);
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill("Two pictures");
  const editor = page.getByRole("textbox", { name: "Message text" });
  await editor.click();
  await page.keyboard.type("Look: ");
  await give(page, "drop");
  await until(async () => (await editor.locator("img").count()) === 1, "the dropped picture is in the text");
  await editor.press("End");
  await give(page, "paste");
  await until(async () => (await editor.locator("img").count()) === 2, "the pasted picture too");
  assert.deepEqual(await editor.locator("img").evaluateAll((all) => all.map((one) => one.complete && one.naturalWidth)), [1, 1]);
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  await page.goto(`${base}/mail/inbox`);
  await row(page, "Two pictures").first().click();
  // As it was sent and as it came: one conversation.
  const frame = page.frameLocator("article.message iframe").last();
  await frame.locator("img").nth(1).waitFor();
  const drawn = await frame.locator("img").evaluateAll((all) => all.map((one) => [one.src.slice(0, 22), one.naturalWidth]));
  assert.deepEqual(drawn, [
    ["data:image/png;base64,", 1],
    ["data:image/png;base64,", 1],
  ]);
  const found = await imap('UID SEARCH SUBJECT "Two pictures"');
  assert.match(found, /SEARCH \d+/);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("the search box finishes operators, labels and people; file names are searched", async () => {
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: The plan is here\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee.\n--b\nContent-Type: application/pdf; name="x"\nContent-Disposition: attachment; filename="garden plan.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--b--\n`,
  );
  const page = await signedIn(browser);
  await row(page, "The plan is here").waitFor();
  const box = page.getByRole("combobox", { name: "Search mail" });
  const offers = page.getByRole("listbox", { name: "Suggestions" });
  await box.focus();
  await page.keyboard.type("filen");
  await offers.getByRole("option", { name: "filename:" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await box.inputValue(), "filename:");
  await page.keyboard.type("garden");
  await page.keyboard.press("Enter");
  await row(page, "The plan is here").waitFor();
  assert.equal(await page.getByRole("row").filter({ hasText: "Letter" }).count(), 0);
  await box.fill("from:caro");
  const carol = offers.getByRole("option", { name: /carol@blue\.test/ }).first();
  await carol.waitFor();
  await page.keyboard.press("ArrowDown");
  assert.equal(await carol.getAttribute("aria-selected"), "true");
  assert.deepEqual(await findings(page), []);
  await shot(page, "search-offers");
  await page.keyboard.press("Enter");
  assert.equal(await box.inputValue(), "from:carol@blue.test ");
  await box.fill("in:sp");
  await offers.getByRole("option", { name: "Spam" }).click();
  assert.equal(await box.inputValue(), "in:Spam ");
  await box.fill("altered:perhaps");
  await page.locator(".search .chip.warn").getByText("altered:perhaps").waitFor();
  await page.keyboard.press("Escape");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("answers go where the identity says: its Reply-To stands in each letter that is written as it", async () => {
  const page = await open(browser);
  await signIn(page, "/settings", user("dora"));
  const form = page.getByRole("group", { name: "dora@blue.test" });
  const field = form.getByLabel(/^Answers go to/);
  await field.fill("no address");
  await form.getByRole("button", { name: "Save" }).click();
  await page.locator(".toasts").getByText("no address").waitFor();
  await field.fill("desk@blue.test");
  await form.getByRole("button", { name: "Save" }).click();
  await toast(page, "Saved").waitFor();
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  await page.goto(`${base}/mail/inbox`);
  await page.locator("main.panes").waitFor();
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("carol@blue.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill("Answer the desk");
  await page.keyboard.press("Control+Enter");
  await toast(page, "Sending in").waitFor();
  await until(
    async () =>
      /SEARCH \d+/.test(
        await imap(
          'UID SEARCH SUBJECT "Answer the desk" HEADER Reply-To "desk@blue.test"',
          "INBOX",
          undefined,
          "carol@blue.test",
        ),
      ),
    "the letter tells where answers go",
  );
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a row is snoozed by the button that is there when the pointer is over it", async () => {
  await deliver("From: Carol <carol@blue.test>\nTo: dora@blue.test\nSubject: Hover over me\n\nText.\n", undefined, [
    "dora@blue.test",
  ]);
  const page = await open(browser, { viewport: { width: 1280, height: 800 } });
  await signIn(page, "/", user("dora"));
  await row(page, "Hover over me").hover();
  await row(page, "Hover over me").getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("menuitem", { name: "Tomorrow morning" }).waitFor();
  await shot(page, "hover-snooze");
  assert.deepEqual(await findings(page), []);
  // Escape closes the menu alone.
  await page.keyboard.press("Escape");
  await page.getByRole("menuitem", { name: "Tomorrow morning" }).waitFor({ state: "hidden" });
  assert.equal(await page.locator(".reader.nothing").count(), 1);
  await row(page, "Hover over me").hover();
  await row(page, "Hover over me").getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("menuitem", { name: "Tomorrow morning" }).click();
  await row(page, "Hover over me").waitFor({ state: "detached" });
  assert.match(await imap('UID SEARCH SUBJECT "Hover over me"', "Snoozed", undefined, "dora@blue.test"), /SEARCH \d+/);
  assert.equal(await page.locator(".reader.nothing").count(), 1, "it was not opened");
  await page.keyboard.press("z");
  await row(page, "Hover over me").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a row archived by its button gives the focus to the next; the key that is taught hides nothing of what is said", async () => {
  for (const subject of ["Stays below", "Archive me"])
    await deliver(`From: Carol <carol@blue.test>\nTo: dora@blue.test\nSubject: ${subject}\n\nText.\n`, undefined, [
      "dora@blue.test",
    ]);
  const page = await open(browser, { viewport: { width: 1280, height: 800 } });
  await signIn(page, "/", user("dora"));
  await deliver("From: Carol <carol@blue.test>\nTo: dora@blue.test\nSubject: On top of it\n\nText.\n", undefined, [
    "dora@blue.test",
  ]);
  await row(page, "On top of it").waitFor();
  await row(page, "Archive me").hover();
  await row(page, "Archive me").getByRole("button", { name: "Archive" }).click();
  const boxes = await Promise.all([".toast", ".taught kbd"].map((one) => page.locator(one).boundingBox()));
  assert.ok(boxes[1].y + boxes[1].height <= boxes[0].y, JSON.stringify(boxes));
  await row(page, "Archive me").waitFor({ state: "detached" });
  await until(
    () => page.evaluate(() => document.activeElement?.getAttribute("aria-label")?.includes("Stays below")),
    "the next row has the focus",
  );
  await page.context().close();
});

test("on a phone a draft has the whole screen, and what is said does not cover its files", async () => {
  const page = await open(browser, PHONE);
  await signIn(page, "/", user("dora"));
  await page.getByRole("button", { name: "Compose" }).last().click();
  const sheet = page.locator(".sheet");
  await sheet.waitFor();
  assert.equal((await sheet.boundingBox()).width, PHONE.viewport.width);
  await page.context().setOffline(true);
  await page
    .locator(".sheet input[type=file]")
    .setInputFiles([{ name: "scan.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n") }]);
  await sheet.getByLabel("To", { exact: true }).fill("bob@green.test");
  await sheet.getByLabel("Subject").fill("A scan");
  await sheet.getByRole("button", { name: "Try again" }).waitFor();
  await sheet.getByRole("button", { name: "Send", exact: true }).click();
  await toast(page, "Not attached: scan.pdf.").waitFor();
  await shot(page, "phone-file-failed");
  assert.deepEqual(await findings(page), []);
  const [said, again] = await Promise.all(
    [page.locator(".toast"), sheet.getByRole("button", { name: "Try again" })].map((one) => one.boundingBox()),
  );
  assert.ok(said.y + said.height <= again.y, "the button is not covered");
  await page.context().setOffline(false);
  await sheet.getByRole("button", { name: "Try again" }).click();
  await sheet.getByRole("alert").waitFor({ state: "detached" });
  await sheet.getByRole("button", { name: "Discard draft" }).click();
  await page.context().close();
});
