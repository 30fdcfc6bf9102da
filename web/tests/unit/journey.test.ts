import assert from "node:assert/strict";
import { test } from "node:test";
import type { Journey } from "../../src/journey/data.ts";
import { stations } from "../../src/journey/road.ts";

const judged = (more: object) =>
  ({
    spf: { result: "pass" },
    dkim: [],
    dmarc: { result: "pass", author: "a.test", aligned: {} },
    disposition: "none",
    ...more,
  }) as never;

function one(hops: Journey["hops"], more: Partial<Journey> = {}, judgement: object = {}): Journey {
  return {
    id: "M1",
    evidence: {
      id: "x",
      received_at: 0,
      by: "mx.us.test",
      helo: "mx.a.test",
      reverse_path: "x@a.test",
      tls: { version: "TLSv1.3", cipher: "c" },
      judgement: judged(judgement),
    },
    altered: null,
    endings: null,
    hops,
    sent: [],
    ...more,
  };
}

test("the stations of a plain letter: app, sender's server, ours; the last leg is what we saw", () => {
  const road = stations(
    one([
      { text: "", from: "[192.0.2.1]", by: "mx.a.test", with: "ESMTPSA", at: "2026-11-23T10:00:00Z" },
      { text: "", from: "mx.a.test", by: "mx.us.test", with: "ESMTPS", at: "2026-11-23T10:02:00Z", saw: true },
    ]),
    "",
  );
  assert.deepEqual(
    road.map((station) => [station.name, station.role]),
    [
      ["[192.0.2.1]", "app"],
      ["mx.a.test", "sender"],
      ["mx.us.test", "ours"],
    ],
  );
  assert.deepEqual(road[1]!.leg, { encrypted: true, how: "ESMTPSA", seen: false, seconds: null });
  assert.deepEqual(road[2]!.leg, { encrypted: true, how: "TLSv1.3, c", seen: true, seconds: 120 });
});

test("what a Received field claims is never taken for seen, nor is silence taken for encryption", () => {
  const road = stations(
    one(
      [
        { text: "", by: "relay.test", with: "ESMTP" },
        { text: "", by: "other.test" },
      ],
      { evidence: null },
    ),
    "",
  );
  assert.deepEqual(
    road.map((station) => station.leg?.encrypted),
    [undefined, false, null],
  );
  assert.ok(road.every((station) => !station.leg?.seen));
});

test("a list that wrote no Received field is a station all the same, and the place of the change", () => {
  const road = stations(
    one(
      [
        { text: "", from: "x", by: "mx.a.test", with: "ESMTPSA" },
        { text: "", from: "mx.list.test", by: "mx.us.test", with: "ESMTP", saw: true },
      ],
      {
        altered: {
          result: "found",
          sentence: "",
          edits: [],
          between: { after: "mx.a.test", before: "mx.us.test", editor: "crew.list.test", evidence: [] },
        },
        evidence: {
          id: "x",
          received_at: 0,
          by: "mx.us.test",
          helo: "mx.list.test",
          reverse_path: "b@list.test",
          tls: null,
          judgement: judged({ mailing_list: true }),
        },
      },
      { mailing_list: true },
    ),
    "<crew.list.test>",
  );
  assert.deepEqual(
    road.map((station) => [station.role, station.altered]),
    [
      ["app", false],
      ["sender", false],
      ["list", true],
      ["ours", false],
    ],
  );
});
