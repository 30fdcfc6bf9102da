// The journey of letters in the lab, with real DNS, DKIM, SPF, DMARC and TLS between four servers: what the panel says of each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, row, shot, until } from "../e2e/browser.mjs";
import { alice, bob, reader } from "./reader.mjs";

/** The panel of the letter that a row opens. */
async function journeyOf(page, which) {
  await which.click();
  await page.locator("article.message").first().waitFor();
  await page.locator(".evidence span").first().waitFor();
  await page.keyboard.press("y");
  const panel = page.getByRole("complementary", { name: "Journey" });
  await panel.locator(".verdict").waitFor();
  return panel;
}

const stations = (panel) =>
  panel
    .locator(".hops")
    .first()
    .locator("li[data-role]")
    .evaluateAll((items) => items.map((one) => one.dataset.role));

test("an honest letter: proven, both domains one, each leg with its TLS, what the signature covers", async () => {
  const page = await reader(bob);
  const panel = await journeyOf(page, row(page, "Hello from the lab").last());
  assert.equal(await panel.locator(".verdict").textContent(), "Proven: blue.test sent this.");
  await panel.getByText("Not proven: that the named person wrote it.").waitFor();
  assert.deepEqual(await stations(panel), ["app", "sender", "ours"]);
  const ours = panel.locator("li[data-role=ours]");
  assert.match(await ours.innerText(), /mx\.green\.test/);
  assert.match(await ours.locator(".leg").innerText(), /encrypted · TLSv1\.3.*we saw it/);
  assert.match(await panel.locator("li[data-role=sender] .leg").innerText(), /encrypted · ESMTPSA · claimed/);
  for (const result of ["SPF ● pass", "DKIM ● pass", "DMARC ● pass"])
    assert.ok((await ours.innerText()).replace(/\s+/g, " ").includes(result), result);
  await shot(page, "journey-honest");
  assert.deepEqual(await findings(page), []);
  await panel.getByRole("tab", { name: "Proof" }).click();
  const domains = panel.getByRole("region", { name: "Who it says, who was proved" });
  assert.ok((await domains.locator(".domains.aligned").count()) >= 2);
  assert.equal(await domains.locator(".domains.apart").count(), 0);
  assert.match(await domains.innerText(), /blue\.test[\s\S]*blue\.test/);
  await panel.getByRole("region", { name: /^DKIM/ }).first().getByRole("button", { name: "What the signature covers" }).click();
  const covers = panel.locator(".covers").first();
  await covers.getByText("Proves that blue.test vouched").waitFor();
  for (const field of ["From:", "Subject:", "To:", "Date:"])
    assert.equal(await covers.locator("li", { hasText: field }).first().getAttribute("data-signed"), "true", field);
  await covers.getByText("The whole text, attachments included").waitFor();
  await panel.getByRole("region", { name: "TLS" }).getByText("TLSv1.3").waitFor();
  await shot(page, "journey-honest-proof");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a forwarded letter: SPF fails, DKIM proves it still; the end of the SPF record would have changed nothing", async () => {
  const page = await reader(bob);
  const panel = await journeyOf(page, row(page, "Hello from the lab").first());
  assert.equal(await panel.locator(".verdict").textContent(), "Proven: blue.test sent this.");
  const ours = panel.locator("li[data-role=ours]");
  const said = (await ours.innerText()).replace(/\s+/g, " ");
  for (const result of ["SPF ✕ fail", "DKIM ● pass", "DMARC ● pass"]) assert.ok(said.includes(result), said);
  assert.ok((await stations(panel)).length >= 4);
  await panel.getByText("mx.forward.test").first().waitFor();
  await panel.getByRole("button", { name: "Play step by step" }).click();
  const replay = panel.getByRole("group", { name: "Play step by step" });
  await replay.getByText(/Step 1 of \d+/).waitFor();
  await replay.getByRole("button", { name: "Next" }).click();
  await replay.getByText(/EHLO/).waitFor();
  await page.keyboard.press("ArrowRight");
  await replay.getByText(/MAIL FROM:/).waitFor();
  for (const [ending, spf] of [
    ["-all", "fail"],
    ["~all", "softfail"],
    ["?all", "neutral"],
  ]) {
    await replay.getByRole("button", { name: ending, exact: true }).click();
    await replay
      .locator("li", { hasText: "SPF" })
      .getByText(new RegExp(`^${spf}: `))
      .waitFor();
    assert.match(await replay.locator(".outcome").innerText(), /250: to the inbox/);
  }
  await shot(page, "journey-forwarded");
  await panel.getByRole("tab", { name: "Proof" }).click();
  const domains = panel.getByRole("region", { name: "Who it says, who was proved" });
  assert.ok((await domains.locator(".domains.aligned").count()) >= 1);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter that a list altered: in spam, with the reason, the lines that were changed and who did it", async () => {
  const page = await reader(bob, "/mail/junk");
  const listed = row(page, "[crew] Hello from the lab");
  await listed.locator("[data-mark]").waitFor();
  const panel = await journeyOf(page, listed);
  assert.match(await panel.locator(".verdict").textContent(), /^Not from blue\.test/);
  await panel.getByText("Why is this in spam?").waitFor();
  assert.match(await panel.locator(".notice.warn").innerText(), /blue\.test/);
  const changes = panel.getByRole("region", { name: "Changed on the way" });
  await changes.waitFor();
  const text = await changes.innerText();
  for (const part of ["Subject", "List-Id", "body"]) assert.ok(text.includes(part), text);
  assert.match(
    await changes
      .locator("ins")
      .allInnerTexts()
      .then((all) => all.join("\n")),
    /\+ crew mailing list, crew@list\.test/,
  );
  assert.match(text, /after mx\.blue\.test/);
  assert.match(text, /Probably by crew\.list\.test/);
  await panel.locator("li.altered").waitFor();
  assert.ok((await stations(panel)).includes("list"), String(await stations(panel)));
  await shot(page, "journey-list");
  assert.deepEqual(await findings(page), []);
  await panel.getByRole("tab", { name: "Proof" }).click();
  const domains = panel.getByRole("region", { name: "Who it says, who was proved" });
  assert.equal(await domains.locator(".domains.aligned").count(), 0);
  await domains.getByText("list.test", { exact: true }).waitFor();
  await domains.getByText("was not proved by any of these").waitFor();
  // Another domain that passed, and the same one that did not, are not the same thing.
  const apart = (await domains.locator(".domains.apart").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
  assert.match(apart[0], /≠.*SPF\) pass list\.test/);
  assert.match(apart.at(-1), /✕.*DKIM fail blue\.test/);
  await panel.getByRole("region", { name: /^DKIM/ }).first().getByRole("button", { name: "What the signature covers" }).click();
  await panel.locator(".covers").first().getByText("proves nothing").waitFor();
  await shot(page, "journey-list-proof");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a forged letter: in spam with the reason, nothing that it says is proved, marked in the list", async () => {
  const page = await reader(bob, "/mail/junk");
  const forged = row(page, "Pay at once");
  await forged.locator("[data-mark=unproven]").waitFor();
  const panel = await journeyOf(page, forged);
  assert.match(await panel.locator(".verdict").textContent(), /^Not from blue\.test/);
  await panel.getByText("Why is this in spam?").waitFor();
  assert.match(await panel.locator("li[data-role=ours] .leg").innerText(), /not encrypted · we saw it/);
  await shot(page, "journey-forged");
  assert.deepEqual(await findings(page), []);
  await panel.getByRole("tab", { name: "Proof" }).click();
  const domains = panel.getByRole("region", { name: "Who it says, who was proved" });
  assert.equal(await domains.locator(".domains.aligned").count(), 0);
  await panel.getByText("The letter bears no signature").waitFor();
  await panel.getByRole("tab", { name: "Raw" }).click();
  await panel.locator("pre.raw").getByText('"disposition": "quarantine"').waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a letter of mine: what became of it at each recipient's, by which TLS", async () => {
  const page = await reader(alice);
  await page.evaluate(() => localStorage.setItem("settings", JSON.stringify({ undoSeconds: 1 })));
  await page.reload();
  await page.locator("main.panes").waitFor();
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("bob@green.test, nobody@green.test, carol@blue.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Subject").fill("To three");
  await page.getByRole("textbox", { name: "Message text" }).click();
  await page.keyboard.type("Hello all.");
  await page.keyboard.press("Control+Enter");
  await page.locator(".toasts").getByText("Sending in").waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Sent" }).click();
  const panel = await journeyOf(page, row(page, "To three"));
  const of = (who) => panel.getByRole("listitem").filter({ hasText: who }).and(panel.locator("[data-delivered]"));
  // Another server's "250" is all that is known of what it does with a letter (RFC 8621, section 7).
  await until(async () => (await of("bob@green.test").getAttribute("data-delivered")) === "unknown", "bob's server has it", 40);
  await until(async () => (await of("nobody@green.test").getAttribute("data-delivered")) === "no", "nobody has not", 40);
  assert.match(await of("bob@green.test").innerText(), /handed to their server[\s\S]*mx\.green\.test[\s\S]*encrypted \(TLSv1\.3/);
  assert.match(await of("nobody@green.test").innerText(), /returned[\s\S]*5\.1\.1/);
  assert.match(await of("carol@blue.test").innerText(), /delivered/);
  await shot(page, "journey-sent");
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
