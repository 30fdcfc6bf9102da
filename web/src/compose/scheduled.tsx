// The letters that wait on the server for their time: take one back, send it now, give it another time. What is shown is what the server says, so
// that every window of the account shows the same.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fullDate, t } from "../i18n/t.ts";
import type { Address, EmailSubmission } from "../jmap/types.ts";
import { email } from "../state/emails.ts";
import { loadScheduled, scheduled } from "../state/scheduled.ts";
import { settings } from "../state/settings.ts";
import { sayFailed } from "../state/toast.ts";
import { laterItems } from "../ui/act_menus.tsx";
import { Button } from "../ui/button.tsx";
import { refocus } from "../ui/focus.ts";
import { Link } from "../ui/link.tsx";
import { Menu } from "../ui/menu.tsx";
import { person, subjectOf } from "../ui/names.ts";
import { forget, sendAt } from "./send.ts";

export function Scheduled() {
  const list = scheduled.value;
  const busy = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => void loadScheduled().catch(sayFailed), []);
  // A line that goes takes the focus with it.
  const focused = useRef(false);
  useEffect(() => {
    if (focused.current) refocus(heading.current);
  }, [list]);
  const change = async (act: () => Promise<void>) => {
    // A second click means the same.
    if (busy.peek()) return;
    busy.value = true;
    try {
      await act();
    } catch (error) {
      sayFailed(error);
      await loadScheduled().catch(() => {});
    } finally {
      busy.value = false;
    }
  };
  return (
    <section
      class="page"
      aria-labelledby="scheduled-title"
      aria-busy={busy.value}
      onFocusIn={() => {
        focused.current = true;
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget) focused.current = false;
      }}
    >
      <h1 id="scheduled-title" ref={heading} tabIndex={-1}>
        {t().scheduledBox}
      </h1>
      <p class="small">{list.length ? t().scheduledHelp : t().noScheduled}</p>
      <ul>
        {list.map((one) => (
          <Waiting key={one.id} one={one} change={(act) => void change(act)} />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ one, change }: { one: EmailSubmission; change: (act: () => Promise<void>) => void }) {
  const letter = email(one.emailId).value;
  const subject = letter ? subjectOf(letter) : t().noSubject;
  const known = [...(letter?.to ?? []), ...(letter?.cc ?? []), ...(letter?.bcc ?? [])];
  const named = (address: string): Address => known.find((who) => who.email === address) ?? { name: null, email: address };
  const to = one.envelope?.rcptTo.map((who) => person(named(who.email))).join(", ") ?? "";
  return (
    <li class="waiting" aria-label={subject}>
      <div class="to small">{t().toWhom(to)}</div>
      {letter ? (
        <Link
          class="subject"
          to={{ view: "mail", place: "sent", thread: settings.value.conversations ? letter.threadId : letter.id }}
        >
          {subject}
        </Link>
      ) : (
        <span class="subject">{subject}</span>
      )}
      <time dateTime={one.sendAt}>{fullDate(one.sendAt)}</time>
      {letter ? (
        <div class="acts">
          <Button
            label={t().backToDrafts}
            icon="file-pen-line"
            onClick={() =>
              document.dispatchEvent(new CustomEvent("unsend", { detail: { submission: one.id, email: one.emailId } }))
            }
            showLabel
          />
          <Menu label={t().changeTime} icon="clock" items={() => laterItems((at) => change(() => sendAt(one, at)))} showLabel />
          <Button label={t().sendNow} icon="send" onClick={() => change(() => sendAt(one, null))} showLabel />
        </div>
      ) : (
        <div class="acts">
          <Button label={t().dontSend} icon="x" onClick={() => change(() => forget(one))} showLabel />
        </div>
      )}
    </li>
  );
}
