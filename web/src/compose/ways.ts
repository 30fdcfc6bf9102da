// How safely letters get to a recipient's domain: what the server knows of it (DeliverySecurity/get), read into one word. Pure.
import type { Address } from "../jmap/types.ts";
import { isAddress } from "./addresses.ts";

export interface Way {
  domain: string;
  here: boolean;
  /** A smarthost takes it; what that does further on is not seen here. */
  relayed?: boolean;
  policy: { kind: string; mode: string } | null;
  last: { at: string; host: string | null; tls: string | null; accepted: boolean } | null;
}

export type Kind = "here" | "relayed" | "verified" | "certificate" | "encrypted" | "clear" | "unknown";

/** The strongest thing that is known of it. A policy in force binds the next letter; the last letter only tells of itself. */
export function kindOf(way: Way): Kind {
  if (way.here) return "here";
  if (way.relayed) return "relayed";
  if (way.policy?.mode === "enforce") return "verified";
  if (!way.last) return "unknown";
  if (!way.last.tls) return "clear";
  if (way.last.tls.includes("verified by DANE")) return "verified";
  return way.last.tls.includes("certificate verified") ? "certificate" : "encrypted";
}

export const domainsOf = (list: Address[]): string[] => [
  ...new Set(
    list.filter((one) => isAddress(one.email)).map((one) => one.email.slice(one.email.lastIndexOf("@") + 1).toLowerCase()),
  ),
];
