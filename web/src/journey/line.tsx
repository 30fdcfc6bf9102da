// The one line of evidence below the sender. It opens the panel.
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import { Icon } from "../ui/icon.tsx";
import { current } from "../ui/reader.tsx";
import { journeyOpen } from "../ui/shell.tsx";
import { askAgain, journey, verdict } from "./data.ts";

const DAY = 86_400_000;

export function EvidenceLine({ id }: { id: Id }) {
  const one = journey(id);
  const leaves = typeof one === "object" ? one.sent.find((sent) => sent.undoStatus === "pending")?.sendAt : undefined;
  useEffect(() => {
    const left = leaves ? Date.parse(leaves) - Date.now() : DAY;
    if (left >= DAY) return;
    const timer = setTimeout(() => askAgain(id), Math.max(0, left) + 2000);
    return () => clearTimeout(timer);
  }, [id, leaves]);
  if (one === undefined) return <div class="evidence" aria-busy="true" />;
  const { word, text } =
    typeof one === "string"
      ? { word: "unknown" as const, text: one === "failed" ? t().couldNotCheck : t().noJourney }
      : verdict(one);
  const details: string[] = [];
  if (typeof one !== "string" && one.evidence) {
    details.push(one.evidence.tls ? t().encryptedArrival : t().plainArrival);
    if (one.hops.length) details.push(t().hops(one.hops.length));
    if (one.altered?.result === "found") details.push(t().alteredHere(one.altered.edits?.length ?? 0));
  }
  const icon =
    word === "pass"
      ? "shield-check"
      : word === "unknown"
        ? "shield-question-mark"
        : word === "warn"
          ? "triangle-alert"
          : "shield-alert";
  return (
    <button
      type="button"
      class={`evidence ${word}`}
      data-verdict={word}
      onClick={() => {
        current.value = id;
        journeyOpen.value = !journeyOpen.peek();
      }}
    >
      <Icon name={icon} />
      <span>{[text, ...details].join(" · ")}</span>
      <Icon name="chevron-right" />
    </button>
  );
}
