import assert from "node:assert/strict";
import { test } from "node:test";
import { domainsOf, kindOf, type Way } from "../../src/compose/ways.ts";

const way = (more: Partial<Way>): Way => ({ domain: "green.test", here: false, policy: null, last: null, ...more });
const last = (tls: string | null) => ({ at: "2026-11-29T12:00:00Z", host: "mx.green.test", tls, accepted: true });
const policy = (mode: string) => ({ kind: "mta-sts", mode });

test("what was not looked up is unknown, and no more is said of a way than what was seen of it", () => {
  for (const [one, kind] of [
    [way({}), "unknown"],
    [way({ policy: policy("testing") }), "unknown"],
    [way({ policy: policy("none"), last: last(null) }), "clear"],
    [way({ policy: policy("testing"), last: last("TLSv1.3 X, certificate not verified: self-signed") }), "encrypted"],
    [way({ last: last("TLSv1.3 X, certificate verified") }), "certificate"],
    [way({ last: last("TLSv1.3 X, certificate verified by DANE") }), "verified"],
    [way({ policy: policy("enforce"), last: last("TLSv1.3 X, certificate verified") }), "verified"],
    [way({ here: true }), "here"],
    [way({ relayed: true, last: last("TLSv1.3 X, certificate verified") }), "relayed"],
  ] as const)
    assert.equal(kindOf(one), kind, JSON.stringify(one));
});

test("each domain once, of addresses that are whole", () => {
  const list = ["a@Green.test", "b@green.test", "c@blue.test", "half@", "nothing"].map((email) => ({ name: null, email }));
  assert.deepEqual(domainsOf(list), ["green.test", "blue.test"]);
});
