// Leaving a mailing list (RFC 2369, RFC 8058). The server says which way the message offers and proves: one click, which it does itself so that
// the list learns neither our address on the net nor our browser; else a letter or a page. Nothing happens before the reader has agreed to it.
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Email, Id } from "../jmap/types.ts";
import { say, sayFailed } from "../state/toast.ts";
import { askAll } from "./dialog.tsx";

interface Leaving {
  id: Id;
  how: "none" | "page" | "mail" | "oneClick";
  url: string | null;
  to: string | null;
}

async function look(id: Id): Promise<Leaving | undefined> {
  return (await client.call<{ list: Leaving[] }>("Unsubscribe/get", { ids: [id] })).list[0];
}

export async function unsubscribe(one: Email): Promise<void> {
  try {
    const found = await look(one.id);
    if (!found || found.how === "none") return say(t().cannotLeave, { kind: "failed" });
    const to = found.to ?? "";
    const { act, help } = {
      oneClick: { act: t().unsubscribe, help: t().leaveByClick(to) },
      mail: { act: t().write, help: t().leaveByMail(to) },
      page: { act: t().openIt, help: t().leaveByPage(to) },
    }[found.how];
    if (!(await askAll(t().unsubscribeQuestion(one.from?.[0]?.email ?? ""), [], act, help))) return;
    if (found.how === "page") open(found.url!, "_blank", "noopener,noreferrer");
    else if (found.how === "mail") document.dispatchEvent(new CustomEvent("compose", { detail: found.url }));
    else {
      const answer = await client.call<{ to: string }>("Email/unsubscribe", { emailId: one.id });
      say(t().asked(answer.to));
    }
  } catch (error) {
    sayFailed(error);
  }
}
