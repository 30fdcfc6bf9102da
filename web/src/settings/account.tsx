// The account and its security. Each part stands in a file of its own.
import { t } from "../i18n/t.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { askAll, type Field } from "../ui/dialog.tsx";
import { AppPasswords } from "./app_passwords.tsx";
import { ExportAll } from "./export_all.tsx";
import { Passkeys } from "./passkeys.tsx";
import { request } from "./resource.ts";
import { SecondStep } from "./second_step.tsx";
import { Sessions } from "./sessions.tsx";

async function changePassword(): Promise<void> {
  const fields: Field[] = [
    { label: t().currentPassword, type: "password", autocomplete: "current-password" },
    { label: t().newPassword, type: "password", autocomplete: "new-password", least: 8 },
  ];
  const given = await askAll(t().changePassword, fields, t().changePassword, t().passwordHelp);
  if (!given) return;
  await request("POST", "/account/password", { current: given[0], new: given[1] });
  say(t().passwordChanged);
}

export function Account() {
  return (
    <section aria-labelledby="account">
      <h2 id="account">{t().security}</h2>
      <div>
        <Button
          label={t().changePassword}
          icon="key-round"
          onClick={() => void changePassword().catch(sayFailed)}
          class="outlined"
          showLabel
        />
      </div>
      <SecondStep />
      <Passkeys />
      <AppPasswords />
      <Sessions />
      <ExportAll />
    </section>
  );
}
