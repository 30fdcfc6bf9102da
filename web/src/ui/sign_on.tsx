import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** The way in by the OpenID provider that the server trusts, if it trusts one. What the button says is the operator's. */
export function SignOn() {
  const label = useSignal("");
  useEffect(() => {
    void fetch("/auth/methods")
      .then(async (answer) => (answer.ok ? ((await answer.json()) as { oidc: { label: string } | null }) : null))
      .then((methods) => {
        label.value = methods?.oidc?.label ?? "";
      })
      .catch(() => {});
  }, []);
  if (!label.value) return null;
  return (
    <a class="button outlined" href="/auth/oidc/begin">
      {label.value}
    </a>
  );
}
