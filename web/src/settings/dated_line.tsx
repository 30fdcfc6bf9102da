// One way into the account, in its list: what it is called, since when it is there, when it was last used, and the button that ends it.
import { shortDate, t } from "../i18n/t.ts";
import { sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";

export interface Dated {
  label: string;
  created: string;
  used: string | null;
}

export function DatedLine({ one, ending, end }: { one: Dated; ending: string; end: () => Promise<void> }) {
  return (
    <li class="line">
      <span class="grow">{one.label}</span>
      <span class="small">
        {t().madeOn(shortDate(one.created))} · {one.used ? t().lastUsed(shortDate(one.used)) : t().neverUsed}
      </span>
      <Button label={ending} icon="trash-2" onClick={() => void end().catch(sayFailed)} />
    </li>
  );
}
