/** Whether passkeys can be used here: they are bound to the name of the server, and a number is none (WebAuthn, "effective domain"). */
export const passkeysHere = "PublicKeyCredential" in globalThis && !/^[\d.]+$|:/.test(location.hostname);
