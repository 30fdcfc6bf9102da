// The journey of a message: what the server kept of it (capability urn:posthorn:journey). Pure reading of it into what people are told.
import { signal } from "@preact/signals";
import { fullDate, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";

export interface SpfStep {
  depth: number;
  domain: string;
  term: string;
  outcome: string;
  lookups: number;
  record?: string;
}

export interface Evidence {
  id: string;
  received_at: number;
  by: string;
  /** `country` where the server knows it: two letters. */
  client?: { ip: string; port?: number; country?: string };
  /** Of mail that one of our own people handed in: who. */
  login?: string;
  helo?: string;
  protocol?: string;
  tls?: { version: string; cipher: string } | null;
  reverse_path: string;
  judgement?: {
    spf: { result: string; domain: string; sender: string; reason: string; lookups: number; steps?: SpfStep[] };
    dkim: {
      result: string;
      domain: string;
      selector: string;
      reason: string;
      key_bits?: number;
      algorithm?: string;
      canonicalization?: string;
      signed_fields?: string[];
      unsigned_fields?: string[];
      /** l=: only so many octets of the text are covered. */
      length?: number;
    }[];
    arc?: { result: string; reason: string; sets: { instance: number; sealer: string; cv: string }[] };
    dmarc: {
      result: string;
      policy: string;
      disposition: string;
      author: string;
      org_domain: string;
      record_domain?: string;
      record: string;
      aligned: { spf: boolean; dkim: boolean };
      reason: string;
    };
    mailing_list?: boolean;
    forwarded?: boolean;
    disposition: string;
    reason: string;
  };
  dns?: { name: string; type: string; outcome: string; security: string; records: unknown[]; ttl: number }[];
}

export interface Edit {
  kind: string;
  where: string;
  sentence: string;
  lines: [number, number] | null;
  removed: string | null;
  added: string | null;
}

export interface Altered {
  /** "nothing", "found", "not found", "could not check". */
  result: string;
  sentence: string;
  signature?: { domain: string };
  edits?: Edit[];
  suspects?: string[];
  between?: { after: string | null; before: string | null; editor: string | null; evidence: string[] } | null;
}

export type Ending = "-all" | "~all" | "?all";
export type Endings = Record<
  Ending,
  {
    spf: { result: string; reason: string };
    dmarc: { result: string; reason: string };
    disposition: string;
    reason: string;
  }
>;

/** A Received field: what it says, which anybody may write; `saw` is our own at the top. */
export interface Hop {
  text: string;
  from?: string;
  by?: string;
  with?: string;
  at?: string;
  saw?: boolean;
}

export interface Recipient {
  address: string;
  delivered: "queued" | "yes" | "no" | "unknown";
  reply?: string;
  attempts: { at: string; host: string; tls: string | null; code: number; answer: string }[];
}

/** What speaks against it: what a reader may believe, and what it is (jmap/mail/doubts.h). */
export interface Doubt {
  kind: "unproven" | "name" | "lookAlike" | "scripts" | "replyTo";
  shown: string;
  real: string;
}

interface Kept {
  id: Id;
  /** null: nothing was checked. */
  doubts?: Doubt[] | null;
  arrival: Evidence | null;
  altered: Altered | null;
  endings?: Endings | null;
  claimed: Hop[];
  sent?: { id: Id; sendAt: string; undoStatus: string; recipients: Recipient[] }[];
}

export interface Journey {
  id: Id;
  evidence: Evidence | null;
  altered: Altered | null;
  doubts: readonly Doubt[];
  endings: Endings | null;
  /** From the first hand to ours. */
  hops: Hop[];
  sent: { id: Id; sendAt: string; undoStatus: string; recipients: Recipient[] }[];
}

/** Received fields stand newest first; the topmost by our own name is ours. */
function read(one: Kept): Journey {
  const hops = one.claimed
    .map((hop, i) => ({ ...hop, saw: i === 0 && one.arrival !== null && hop.by === one.arrival.by }))
    .reverse();
  return {
    id: one.id,
    evidence: one.arrival,
    altered: one.altered,
    doubts: one.doubts ?? [],
    endings: one.endings ?? null,
    hops,
    sent: one.sent ?? [],
  };
}

const kept = signal<ReadonlyMap<Id, Journey | "none" | "failed">>(new Map());
const asked = new Set<Id>();

export function journey(id: Id): Journey | "none" | "failed" | undefined {
  if (!asked.has(id)) {
    asked.add(id);
    void load(id);
  }
  return kept.value.get(id);
}

const one = (kept: Kept | undefined): Journey | "none" => (kept ? read(kept) : "none");

async function load(id: Id): Promise<void> {
  let found: Journey | "none" | "failed" = "none";
  try {
    if (client.can("urn:posthorn:journey"))
      found = one((await client.call<{ list: Kept[] }>("Journey/get", { ids: [id] })).list[0]);
  } catch {
    found = "failed";
    asked.delete(id);
  }
  kept.value = new Map(kept.peek()).set(id, found);
}

export type Word = "pass" | "fail" | "warn" | "unknown";

export function wordOf(result: string): Word {
  if (result === "pass") return "pass";
  if (result === "fail" || result === "permerror") return "fail";
  if (result === "softfail" || result === "policy") return "warn";
  return "unknown";
}

/** The verdict in one sentence and one word; "could not check" is never shown as good. */
export function verdict(one: Journey): { word: Word; text: string } {
  const { evidence } = one;
  const waiting = one.sent.find((sent) => sent.undoStatus === "pending");
  if (waiting) return { word: "unknown", text: t().scheduled(fullDate(waiting.sendAt)) };
  if (one.sent.length) return { word: "pass", text: t().sentByYou };
  if (!evidence) return { word: "unknown", text: t().noJourney };
  if (!evidence.judgement)
    return evidence.login ? { word: "pass", text: t().sentByUser(evidence.login) } : { word: "unknown", text: t().notJudged };
  const { dmarc, dkim, spf } = evidence.judgement;
  const author = dmarc.author || spf.domain;
  if (dmarc.result === "pass") return { word: "pass", text: t().proven(author) };
  if (dmarc.result === "temperror" || dkim.some((sig) => sig.result === "temperror"))
    return { word: "unknown", text: t().couldNotCheck };
  if (dmarc.result === "fail")
    return { word: dmarc.policy === "reject" || dmarc.policy === "quarantine" ? "fail" : "warn", text: t().forged(author) };
  // Without a DMARC record a signature of the author's own domain proves as much.
  if (dmarc.aligned.dkim || dmarc.aligned.spf) return { word: "pass", text: t().proven(author) };
  return { word: "unknown", text: t().notProven(author) };
}

export const addressOf = ({ client }: Evidence): string =>
  client ? client.ip + (client.country ? ` (${client.country})` : "") : "";

/** For the clipboard: what a person would send to an administrator. */
export function report(one: Journey): string {
  const e = one.evidence;
  if (!e) return t().noJourney;
  const lines = [
    verdict(one).text,
    "",
    `id ${e.id}`,
    `${new Date(e.received_at * 1000).toISOString()} ${e.by}`,
    `client ${addressOf(e)} HELO ${e.helo ?? ""}`,
    `reverse-path <${e.reverse_path}>`,
    `TLS ${e.tls ? `${e.tls.version} ${e.tls.cipher}` : "none"}`,
  ];
  const j = e.judgement;
  if (j) {
    lines.push(`SPF ${j.spf.result} (${j.spf.domain}): ${j.spf.reason}`);
    for (const sig of j.dkim) lines.push(`DKIM ${sig.result} (${sig.domain}, ${sig.selector}): ${sig.reason}`);
    lines.push(`DMARC ${j.dmarc.result} (${j.dmarc.author}): ${j.dmarc.reason}`, `${j.disposition}: ${j.reason}`);
  }
  if (one.altered) lines.push(one.altered.sentence);
  return lines.join("\n");
}

/** Looks for what was changed on the way, and for what another SPF record would have done: the server does so only when somebody asks. */
export async function lookCloser(id: Id): Promise<void> {
  const first = (await client.call<{ list: Kept[] }>("Journey/get", { ids: [id], replay: true })).list[0];
  if (first) kept.value = new Map(kept.peek()).set(id, read(first));
}

/** What becomes of a letter in the queue changes; the rest of a journey does not. */
export function askAgain(id: Id): void {
  asked.delete(id);
  journey(id);
}
