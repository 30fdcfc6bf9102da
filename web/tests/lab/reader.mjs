// What the tests of the lab begin with: its people, and a browser in which one of them reads.
import { after, before } from "node:test";
import { launch, open, signIn } from "../e2e/browser.mjs";

export const bob = JSON.parse(process.env.BOB);
export const alice = JSON.parse(process.env.ALICE);
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

export async function reader(who, path = "/") {
  const page = await open(browser, { viewport: { width: 1400, height: 1000 } }, who.url);
  await signIn(page, path, who);
  return page;
}
