// Leaving a mailing list (RFC 2369, RFC 8058). One click only where the message says that it may be done so; else a mail or a page.
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Email } from "../jmap/types.ts";
import { say, sayFailed } from "../state/toast.ts";
import { sure } from "./dialog.tsx";

export async function unsubscribe(one: Email): Promise<void> {
  const urls = (one["header:List-Unsubscribe:asURLs"] as string[] | null) ?? [];
  const who = one.from?.[0]?.email ?? "";
  const page = urls.find((url) => url.startsWith("https://"));
  if (!(await sure(t().unsubscribeQuestion(who)))) return;
  try {
    if (page && one["header:List-Unsubscribe-Post:asText"] && client.can("urn:posthorn:unsubscribe")) {
      // The server sends the POST, so that the sender learns neither our address on the net nor our browser.
      await client.call("Email/unsubscribe", { emailId: one.id });
      say(t().unsubscribe);
    } else if (page) open(page, "_blank", "noopener,noreferrer");
    else {
      const mail = urls.find((url) => url.startsWith("mailto:"));
      if (mail) document.dispatchEvent(new CustomEvent("compose", { detail: mail }));
    }
  } catch (error) {
    sayFailed(error);
  }
}
