// How safely letters get to each recipient's domain, as far as the server knows: from the last letter there and the policy that it saw. It looks
// nothing up, so nobody learns who is written to; what is not known says so. It comes when it comes, writing waits for nothing.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shortDate, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Address } from "../jmap/types.ts";
import { Icon } from "../ui/icon.tsx";
import type { IconName } from "../ui/icons.ts";
import { domainsOf, type Kind, kindOf, type Way } from "./ways.ts";

function words(way: Way): string {
  const { last } = way;
  const protocol = last?.tls?.split(" ")[0] ?? "";
  const kind = kindOf(way);
  const how = {
    here: t().wayHere,
    relayed: t().wayRelayed,
    verified: way.policy?.mode === "enforce" ? t().wayPolicy : t().wayDane(protocol),
    certificate: t().wayCertificate(protocol),
    encrypted: t().wayEncrypted(protocol),
    clear: t().wayClear,
    unknown: t().wayUnknown,
  }[kind];
  return last ? `${how} (${t().wayLast(shortDate(last.at), last.host ?? "")})` : how;
}

const ICONS: Record<Kind, IconName> = {
  here: "lock",
  relayed: "shield-question-mark",
  verified: "shield-check",
  certificate: "lock",
  encrypted: "lock",
  clear: "lock-open",
  unknown: "shield-question-mark",
};

const MOST_SHOWN = 5;
const kept = signal<ReadonlyMap<string, Way>>(new Map());
const asked = new Set<string>();

async function learn(domains: string[]): Promise<void> {
  const missing = domains.filter((one) => !asked.has(one)).slice(0, 50);
  if (!missing.length || !client.can("urn:posthorn:journey")) return;
  for (const one of missing) asked.add(one);
  try {
    const { list } = await client.call<{ list: Way[] }>("DeliverySecurity/get", { domains: missing });
    kept.value = new Map([...kept.peek(), ...list.map((way) => [way.domain, way] as const)]);
  } catch {
    for (const one of missing) asked.delete(one);
  }
}

/** A letter that was sent says more than was known before it. */
export function forgetWays(): void {
  asked.clear();
}

export function Ways({ list }: { list: Address[] }) {
  const domains = domainsOf(list);
  const key = domains.join(" ");
  useEffect(() => {
    const timer = setTimeout(() => void learn(domains), 200);
    return () => clearTimeout(timer);
  }, [key]);
  const ways = domains.flatMap((domain) => kept.value.get(domain) ?? []);
  if (!ways.length) return null;
  return (
    <ul class="ways small" aria-label={t().waysTitle}>
      {ways.slice(0, MOST_SHOWN).map((way) => (
        <li key={way.domain} data-way={kindOf(way)}>
          <Icon name={ICONS[kindOf(way)]} />
          <span>
            {way.domain}: {words(way)}
          </span>
        </li>
      ))}
      {ways.length > MOST_SHOWN && <li>{t().moreDomains(ways.length - MOST_SHOWN)}</li>}
    </ul>
  );
}
