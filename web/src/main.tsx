// Starts the app: who is signed in, what to show. Everything that the inbox does not need comes later.
import { signal } from "@preact/signals";
import { render } from "preact";
import { chooseLanguage, t } from "./i18n/t.ts";
import { client } from "./jmap/client.ts";
import { loadMailboxes } from "./state/mailboxes.ts";
import { startSync } from "./state/sync.ts";
import { startWorker, whenSubscribed } from "./state/worker.ts";
import { Login } from "./ui/login.tsx";
import { Shell } from "./ui/shell.tsx";

type State = "starting" | "out" | "in" | "unreachable";
const state = signal<State>("starting");
let stop: (() => void) | undefined;

async function start(): Promise<void> {
  try {
    if (!(await client.open())) {
      state.value = "out";
      return;
    }
    client.onSignedOut = () => {
      stop?.();
      state.value = "out";
    };
    await loadMailboxes();
    state.value = "in";
    stop = await startSync();
    setTimeout(() => void whenSubscribed((part) => part.keepOn()), 2000);
  } catch {
    state.value = "unreachable";
  }
}

function App() {
  if (state.value === "out") return <Login onDone={start} />;
  if (state.value === "in") return <Shell />;
  if (state.value === "starting") return null;
  return (
    <main class="login">
      <p role="alert">{t().unreachable}</p>
      <button type="button" class="button primary" onClick={() => void start()}>
        {t().retry}
      </button>
    </main>
  );
}

await Promise.all([chooseLanguage(), start()]);
render(<App />, document.getElementById("app")!);
startWorker();
