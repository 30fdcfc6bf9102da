// Where the rows of the list are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstRow, scrollFor } from "../../src/ui/geometry.ts";

test("a row that is reached by keys is whole in the window, and a row that is there already moves nothing", () => {
  const window = 700;
  for (const height of [32, 40, 56])
    for (const rows of [10, 1000, 300_000, 2_000_000])
      for (const row of [0, 5, 9, Math.floor(rows / 3), rows - 2, rows - 1])
        for (const from of [0, 0.4, 1]) {
          const before = from * Math.max(0, Math.min(rows * height, 15_000_000) - window);
          const after = scrollFor(Math.min(row, rows - 1), before, window, rows, height);
          const top = firstRow(after, window, rows, height);
          const at = `row ${row} of ${rows}, ${height} high, from ${from}: scrolled to ${after}, first ${top}`;
          assert.ok(row >= top && (row - top) * height <= window, at);
          assert.equal(scrollFor(row, after, window, rows, height), after, at);
        }
});
