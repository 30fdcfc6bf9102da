// Everything of the account as one archive. The browser keeps what comes on its disk; it is given out only if it is whole.
import { signal } from "@preact/signals";
import { size } from "../i18n/format.ts";
import { t } from "../i18n/t.ts";
import { loadQuota, quota } from "../state/quota.ts";
import { say, sayFailed } from "../state/toast.ts";
import { save } from "../state/transfer.ts";
import { Button } from "../ui/button.tsx";

const PATH = "/account/export";
/** From here on the browser's own download is the better place for it. */
const LARGE = 1_000_000_000;

const running = signal<XMLHttpRequest | null>(null);
const done = signal(0);

const nameIn = (field: string | null) => /filename="([^"/\\]+)"/.exec(field ?? "")?.[1] ?? "posthorn.tar";

function fetchAll(): Promise<{ blob: Blob; name: string } | null> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", PATH);
    request.responseType = "blob";
    request.onprogress = (event) => {
      done.value = event.loaded;
    };
    request.onload = () => {
      if (request.status === 200)
        return resolve({ blob: request.response as Blob, name: nameIn(request.getResponseHeader("Content-Disposition")) });
      void (request.response as Blob)
        .text()
        .then((text) => reject(new Error((JSON.parse(text) as { detail: string }).detail)))
        .catch(() => reject(new Error(`The server answered ${request.status}.`)));
    };
    request.onerror = () => reject(new Error(t().exportStopped));
    request.onabort = () => resolve(null);
    request.send();
    running.value = request;
  });
}

async function run(): Promise<void> {
  await loadQuota();
  if ((quota.peek()?.used ?? 0) > LARGE) {
    location.assign(PATH);
    return say(t().exportByBrowser);
  }
  done.value = 0;
  try {
    const whole = await fetchAll();
    if (!whole) return;
    save(whole.blob, whole.name);
    say(t().exportDone(size(whole.blob.size)));
  } finally {
    running.value = null;
  }
}

export function ExportAll() {
  const used = quota.value?.used ?? 0;
  return (
    <section aria-labelledby="export-all">
      <h3 id="export-all">{t().exportAll}</h3>
      <p class="small">{t().exportHelp}</p>
      {running.value ? (
        <div class="acts">
          <progress aria-label={t().exportNow} {...(used > done.value ? { max: used, value: done.value } : {})} />
          <span class="small">{t().soFar(size(done.value))}</span>
          <Button label={t().stop} onClick={() => running.value?.abort()} class="outlined" showLabel />
        </div>
      ) : (
        <div>
          <Button label={t().exportNow} icon="download" onClick={() => void run().catch(sayFailed)} class="outlined" showLabel />
        </div>
      )}
    </section>
  );
}
