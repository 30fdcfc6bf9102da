// Days of the user's own clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, instant } from "../../src/settings/days.ts";

test("a day begins and ends by the clock of its user, and comes back as the same day", () => {
  const zone = process.env.TZ;
  try {
    for (const [name, first, last] of [
      ["Europe/Berlin", "2026-12-23T23:00:00Z", "2026-12-24T22:59:59Z"],
      ["America/Los_Angeles", "2026-12-24T08:00:00Z", "2026-12-25T07:59:59Z"],
      ["UTC", "2026-12-24T00:00:00Z", "2026-12-24T23:59:59Z"],
    ]) {
      process.env.TZ = name;
      assert.equal(instant("2026-12-24", "00:00:00"), first, name);
      assert.equal(instant("2026-12-24", "23:59:59"), last, name);
      assert.equal(dayOf(first!), "2026-12-24", name);
      assert.equal(dayOf(last!), "2026-12-24", name);
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
  assert.equal(instant("", "00:00:00"), null);
  assert.equal(dayOf(null), "");
});
