// Printing a letter: its page once more, with a head for paper, in a frame that nobody sees. That frame may be reached from here, so that the
// print dialog can be opened, and still runs no script: neither its sandbox nor its policy lets any.
import { client } from "../jmap/client.ts";
import type { Email } from "../jmap/types.ts";

export function printMessage(one: Email): void {
  document.querySelector("iframe.printing")?.remove();
  const frame = document.createElement("iframe");
  frame.className = "printing";
  frame.setAttribute("sandbox", "allow-same-origin allow-modals");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.src = `/body/${encodeURIComponent(client.accountId)}/${encodeURIComponent(one.id)}?print=1`;
  frame.addEventListener("load", () => {
    frame.contentWindow?.focus();
    frame.contentWindow?.print();
    frame.dataset.printed = "";
  });
  document.body.append(frame);
}
