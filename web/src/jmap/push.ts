// Live changes by EventSource (RFC 8620, section 7.3). An event carries no truth, only "look again": losing one is harmless.
import { client } from "./client.ts";

type Changed = Record<string, string>;

export function listen(onChange: (types: Changed) => void, onConnection: (connected: boolean) => void): () => void {
  const url = client.session.eventSourceUrl.replace("{types}", "*").replace("{closeafter}", "no").replace("{ping}", "60");
  let source: EventSource | null = null;
  let retry = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(url);
    source.addEventListener("open", () => {
      // What happened before this connection stood, or while it was broken, is found by asking for everything once.
      onChange({ Email: "", Mailbox: "", EmailSubmission: "" });
      retry = 0;
      onConnection(true);
    });
    source.addEventListener("state", (event) => {
      const { changed } = JSON.parse((event as MessageEvent<string>).data) as { changed: Record<string, Changed> };
      const mine = changed[client.accountId];
      if (mine) onChange(mine);
    });
    source.addEventListener("error", () => {
      onConnection(false);
      if (source?.readyState === EventSource.CLOSED) {
        retry += 1;
        timer = setTimeout(open, Math.min(30_000, 1000 * 2 ** retry));
      }
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
