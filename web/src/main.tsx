// Starts the app: who is signed in, what to show. Everything that the inbox does not need comes later.
import { render } from "preact";
import { chooseLanguage, t } from "./i18n/t.ts";
import { presence, start } from "./state/presence.ts";
import { startWorker } from "./state/worker.ts";
import { Login } from "./ui/login.tsx";
import { Shell } from "./ui/shell.tsx";

function App() {
  const now = presence.value;
  if (now === "out") return <Login onDone={start} />;
  if (now === "in") return <Shell />;
  if (now === "starting") return null;
  return (
    <main class="login">
      {now === "leaving" ? (
        <p role="status">{t().signingOut}</p>
      ) : (
        <>
          <p role="alert">{t().unreachable}</p>
          <button type="button" class="button primary" onClick={() => void start()}>
            {t().retry}
          </button>
        </>
      )}
    </main>
  );
}

await Promise.all([chooseLanguage(), start()]);
render(<App />, document.getElementById("app")!);
startWorker();
