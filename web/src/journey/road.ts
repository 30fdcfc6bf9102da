// The stations of a letter, from its author's program to the mailbox, with what is known of each leg between them. Pure.
// What our own server saw is told apart from what others only wrote into the letter.
import type { Hop, Journey } from "./data.ts";

export type Role = "app" | "sender" | "list" | "forwarder" | "relay" | "ours";

/** How a leg was protected: seen by us, said by others, or not known. */
export interface Leg {
  encrypted: boolean | null;
  how: string;
  seen: boolean;
  seconds: number | null;
}

export interface Station {
  name: string;
  role: Role;
  at: string | null;
  /** The leg by which the letter came here; none at the first station. */
  leg: Leg | null;
  /** What was changed, was changed here. */
  altered: boolean;
}

const same = (a: string | undefined | null, b: string | undefined | null): boolean =>
  Boolean(a && b && a.toLowerCase().replace(/\.$/, "") === b.toLowerCase().replace(/\.$/, ""));

const within = (host: string, domain: string): boolean =>
  same(host, domain) || host.toLowerCase().endsWith(`.${domain.toLowerCase()}`);

/** RFC 3848: the S in ESMTPS says TLS, the A says that somebody logged in. */
const saysTls = (hop: Hop): boolean | null => (hop.with ? /^(UTF8)?(ESMTPSA?|LMTPSA?|SMTPSA?|HTTPS)$/i.test(hop.with) : null);
const saysLogin = (hop: Hop): boolean => /A$/i.test(hop.with ?? "") && !/^(UTF8)?LMTP$/i.test(hop.with ?? "");

function legOf(hop: Hop, before: Hop | undefined, one: Journey): Leg {
  const seconds = hop.at && before?.at ? (Date.parse(hop.at) - Date.parse(before.at)) / 1000 : null;
  if (!hop.saw) return { encrypted: saysTls(hop), how: hop.with ?? "", seen: false, seconds };
  const tls = one.evidence?.tls;
  return { encrypted: Boolean(tls), how: tls ? `${tls.version}, ${tls.cipher}` : "", seen: true, seconds };
}

export function stations(one: Journey, listId: string): Station[] {
  const { hops, evidence, altered } = one;
  const judged = evidence?.judgement;
  const editor = altered?.result === "found" ? altered.between : null;
  const listHost = /<[^<>.]*\.([^<>]+)>\s*$/.exec(listId)?.[1] ?? "";
  const out: Station[] = [];
  const first = hops[0];
  if (first) out.push({ name: first.from ?? "", role: saysLogin(first) ? "app" : "sender", at: null, leg: null, altered: false });
  hops.forEach((hop, i) => {
    const name = hop.by ?? "";
    const last = i === hops.length - 1;
    let role: Role = "relay";
    if (last && hop.saw) role = "ours";
    else if (listHost && within(name, listHost)) role = "list";
    else if (i === 0 && saysLogin(hop)) role = "sender";
    else if (judged?.forwarded && i === hops.length - 2) role = "forwarder";
    out.push({ name, role, at: hop.at ?? null, leg: legOf(hop, hops[i - 1], one), altered: false });
  });
  // Who handed it to us may have written no Received field, as lists and gateways do: we saw who it was.
  const ours = out.at(-1);
  const helo = evidence?.helo;
  const handed = hops.at(-1)?.from;
  if (ours?.role === "ours" && out.length > 2 && handed && !same(out.at(-2)!.name, handed) && judged) {
    const role: Role = listHost && within(helo ?? handed, listHost) ? "list" : judged.forwarded ? "forwarder" : "relay";
    if (role !== "relay" || !within(out.at(-2)!.name, handed.split(".").slice(-2).join(".")))
      out.splice(-1, 0, {
        name: handed,
        role,
        at: null,
        leg: { encrypted: null, how: "", seen: false, seconds: null },
        altered: false,
      });
  }
  if (editor) {
    const at =
      out.find((station) => same(station.name, editor.editor) || (editor.editor && within(station.name, editor.editor))) ??
      out.find((station) => station.role === "list") ??
      out.find((station) => same(station.name, editor.after));
    if (at) at.altered = true;
  }
  return out;
}
