// Passkeys (WebAuthn): between the server's JSON, where octets are base64url, and what navigator.credentials takes and gives.
const SAME_PAGE = { "Content-Type": "application/json", "X-Posthorn": "1" };

function octets(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

function text(octets: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(octets)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export interface CreationOptions extends Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials: { type: "public-key"; id: string }[];
}

/** What the server wants to see of a new passkey. Throws what the browser throws: NotAllowedError if its user says no. */
export async function makePasskey(options: CreationOptions): Promise<Record<string, string>> {
  const made = (await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: octets(options.challenge),
      user: { ...options.user, id: octets(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: octets(one.id) })),
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    challenge: options.challenge,
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
  };
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, { method: "POST", headers: SAME_PAGE, body: JSON.stringify(body) });
}

export type PasskeyAnswer = "ok" | "stopped" | "refused" | "slow";

/** `waiting`: the browser offers its passkeys among the names that fill in the form, until one is chosen or this is aborted. */
export async function signInWithPasskey(waiting?: AbortSignal): Promise<PasskeyAnswer> {
  const begun = await post("/auth/passkey/begin", {});
  if (!begun.ok) return begun.status === 429 ? "slow" : "refused";
  const options = (await begun.json()) as { challenge: string; rpId: string; userVerification: "required"; timeout: number };
  let shown: PublicKeyCredential;
  try {
    shown = (await navigator.credentials.get({
      publicKey: { ...options, challenge: octets(options.challenge), allowCredentials: [] },
      ...(waiting ? { mediation: "conditional", signal: AbortSignal.any([waiting, AbortSignal.timeout(options.timeout)]) } : {}),
    })) as PublicKeyCredential;
  } catch {
    return "stopped";
  }
  const response = shown.response as AuthenticatorAssertionResponse;
  const answer = await post("/auth/passkey", {
    challenge: options.challenge,
    id: text(shown.rawId),
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : "",
  });
  return answer.ok ? "ok" : answer.status === 429 ? "slow" : "refused";
}

/** Offers passkeys in the form as long as it is shown: a challenge of the server lasts some minutes, then there is another. Nothing: this
 * browser cannot. */
export async function offerPasskeys(shown: AbortSignal): Promise<PasskeyAnswer | null> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return null;
  for (;;) {
    const begun = Date.now();
    const answer = await signInWithPasskey(shown);
    // What stopped at once will do so again: it was aborted, or this browser does not let us.
    if (shown.aborted || answer !== "stopped" || Date.now() - begun < 10_000) return shown.aborted ? null : answer;
  }
}
