// node-oidc-provider on loopback, for oidc_test.py. Arguments: FOLDER ADDRESS PORT REDIRECT. FOLDER holds idp.test.pem and idp.test.key. One client for
// each algorithm of ID tokens; whoever logs in is who they say, with a verified address, but for names that begin with "unverified".
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import * as oidc from "oidc-provider";

const [folder, address, port, redirect] = process.argv.slice(2);
const Provider = oidc.Provider ?? oidc.default;
const jwk = (kind, options, alg) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" }), use: "sig", alg, kid: `key ${alg}` });
const algorithms = ["RS256", "ES256", "EdDSA"];
const provider = new Provider(`https://${address}:${port}`, {
  clients: algorithms.map((alg) => ({
    client_id: `posthorn-${alg}`,
    client_secret: "a secret: with/marks",
    redirect_uris: [redirect],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_basic",
    id_token_signed_response_alg: alg,
  })),
  jwks: { keys: [jwk("rsa", { modulusLength: 2048 }, "RS256"), jwk("ec", { namedCurve: "P-256" }, "ES256"), jwk("ed25519", {}, "EdDSA")] },
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  cookies: { keys: ["of the test"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }) }),
});
createServer({ cert: readFileSync(`${folder}/idp.test.pem`), key: readFileSync(`${folder}/idp.test.key`) }, provider.callback()).listen(Number(port), address, () => console.log("ready"));
