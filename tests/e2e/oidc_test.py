"""Login by OpenID Connect on the real server: with node-oidc-provider, which is certified, and with a provider written here that lies."""
import base64
import hashlib
import hmac
import http.client
import http.cookiejar
import json
import os
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from account_test import Browser, base64url, code_of
from cases import ServerCase
from harness import SOURCE, Folder, Server, certificate, free_ports
from https_service import HttpsService, Quiet
import web_test

IDP = "127.0.9.44"


class Visitor:
    """A browser on its way to the provider and back: it keeps the server's cookies and goes nowhere by itself."""

    def __init__(self, server, language="en"):
        self.server, self.cookies, self.language = server, {}, language

    def get(self, path):
        connection = http.client.HTTPSConnection(self.server.address, self.server.ports["https"], context=self.server.tls(), timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("GET", path, headers={"Accept-Language": self.language, **({"Cookie": cookies} if cookies else {})})
        answer = connection.getresponse()
        self.text = answer.read().decode()
        for field in answer.headers.get_all("Set-Cookie") or []:
            name, value = field.split(";")[0].split("=", 1)
            self.cookies[name] = value
            self.fields = field
            if not value:
                del self.cookies[name]
        connection.close()
        return answer.status, answer.headers["Location"]

    def begin(self, more=""):
        """Where the provider's login is, and what is asked for there."""
        status, url = self.get("/auth/oidc/begin" + more)
        assert status == 302, (status, self.text)
        return url, dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))

    def come_back(self, **parameters):
        return self.get("/auth/oidc/callback?" + urllib.parse.urlencode(parameters))

    def who(self):
        """Whose session it is now, or None."""
        browser = Browser(self.server)
        browser.cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, session = browser.ask("GET", "/jmap/session")
        return session["username"] if status == 200 else None


class LyingProvider(HttpsService):
    """Signs by openssl whatever a test wants signed. `header` and `claims` change what it says, `answers` what it sends instead of a document."""

    def __init__(self, folder, name="lying.test", address=IDP):
        certificate(folder, name, address)
        self.key = os.path.join(folder, f"{name}.rsa")
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout.strip().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": "one", "use": "sig", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}
        self.pem = subprocess.run(["openssl", "rsa", "-in", self.key, "-pubout"], check=True, capture_output=True).stdout
        self.asked, self.codes, self.lock = [], {}, threading.Lock()
        self.reset()
        provider = self

        class Handler(Quiet):
            def do_GET(self):
                provider.answer(self, "")

            def do_POST(self):
                provider.answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

        super().__init__(address, Handler, os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key"))

    def reset(self):
        self.header, self.claims, self.answers, self.sign = {}, {}, {}, None

    def answer(self, request, body):
        with self.lock:
            self.asked.append((request.path, body, dict(request.headers)))
        documents = {"/.well-known/openid-configuration": lambda: {"issuer": self.url, "authorization_endpoint": self.url + "/auth", "token_endpoint": self.url + "/token", "jwks_uri": self.url + "/keys"},
                     "/keys": lambda: {"keys": [self.jwk]}, "/token": lambda: self.token(body)}
        make = self.answers.get(request.path)
        status, fields, data = make() if make else (200, {}, documents[request.path]()) if request.path in documents else (404, {}, {})
        if isinstance(data, tuple):
            status, data = data
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        try:
            request.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **fields}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(data)
        except OSError:
            pass

    def issue(self, asked, user="alice@blue.test"):
        """A code, for whoever was sent here with these parameters."""
        code = os.urandom(8).hex()
        self.codes[code] = (asked, user)
        return code

    def token(self, body):
        form = dict(urllib.parse.parse_qsl(body))
        asked, user = self.codes.pop(form["code"], (None, None))
        if asked is None:
            return 400, {"error": "invalid_grant"}
        challenge = base64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (challenge, form["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]) or asked["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": "posthorn", "sub": user, "email": user, "email_verified": True, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims}
        header = {"alg": "RS256", "kid": "one", **self.header}
        text = base64url(json.dumps(header).encode()) + "." + base64url(json.dumps(claims).encode())
        signature = self.sign(text) if self.sign else subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True, capture_output=True).stdout
        return {"access_token": "a", "token_type": "Bearer", "id_token": text + "." + base64url(signature)}


class SignOn(ServerCase):
    users = ("alice", "bob", "carl")

    @classmethod
    def prepare(cls):
        cls.provider = LyingProvider(cls.folder.path)
        cls.addClassCleanup(cls.provider.close)
        cls.evil = LyingProvider(cls.folder.path, "evil.test", "127.0.9.45")
        cls.addClassCleanup(cls.evil.close)
        cls.sections = {"oidc": f'issuer = "{cls.provider.url}"\nclient_id = "posthorn"\nclient_secret = "secret"\nlabel = "Blue <staff>"\n'
                                'ca_file = "ca.pem"\nallow_private = true\ndomains = ["blue.test"]\n'}

    def setUp(self):
        self.provider.reset()

    def log_in(self, visitor=None, user="alice@blue.test", **more):
        visitor = visitor or Visitor(self.server)
        _, asked = visitor.begin()
        answer = visitor.come_back(code=self.provider.issue(asked, user), state=asked["state"], **more)
        return visitor, answer

    def assert_refused(self, status, word, **arguments):
        visitor, answer = self.log_in(**arguments)
        self.assertEqual(answer, (status, None), visitor.text)
        self.assertIn(word, visitor.text)
        self.assertIsNone(visitor.who())

    def restart(self):
        """Forgets what the server keeps of the provider."""
        self.server.stop()
        self.server.start()

    def test_a_browser_signs_on_and_is_in(self):
        methods = Browser(self.server).ask("GET", "/auth/methods")
        self.assertEqual(methods, (200, {"oidc": {"label": "Blue <staff>"}}))
        visitor = Visitor(self.server)
        url, asked = visitor.begin()
        self.assertTrue(url.startswith(self.provider.url + "/auth?"))
        self.assertEqual({name: asked[name] for name in ("response_type", "client_id", "scope", "redirect_uri", "code_challenge_method")},
                         {"response_type": "code", "client_id": "posthorn", "scope": "openid email", "redirect_uri": f"https://{self.server.name}/auth/oidc/callback", "code_challenge_method": "S256"})
        self.assertRegex(visitor.fields, "__Host-posthorn-sign-on=.*; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600")
        self.assertEqual(visitor.come_back(code=self.provider.issue(asked, "Alice@Blue.test"), state=asked["state"]), (302, "/"))
        self.assertEqual(set(visitor.cookies), {"__Host-posthorn"}, "the one of the way is gone")
        self.assertEqual(visitor.who(), "alice@blue.test")
        self.assertEqual(self.provider.asked[-1][2].get("Authorization") or [one for one in self.provider.asked if one[0] == "/token"][-1][2]["Authorization"],
                         "Basic " + base64.b64encode(b"posthorn:secret").decode())

    def test_it_stands_for_password_and_code_and_ends_as_other_sessions_do(self):
        owner = Browser(self.server)
        self.assertEqual(owner.log_in("carl@blue.test")[0], 200)
        _, begun = owner.ask("POST", "/account/codes", {"current": "secret word"})
        self.assertEqual(owner.ask("POST", "/account/codes/confirm", {"code": code_of(begun["secret"])})[0], 200)
        visitor, answer = self.log_in(user="carl@blue.test")
        self.assertEqual((answer, visitor.who()), ((302, "/"), "carl@blue.test"))
        self.server.cli("account", "set", "carl@blue.test", "--disable")
        self.assertIsNone(visitor.who())
        self.assert_refused(403, "no account here", user="carl@blue.test")

    def test_who_has_no_account_here_is_told_so(self):
        self.assert_refused(403, "no account here", user="nobody@blue.test")
        self.assert_refused(403, "may not open accounts of green.test", user="alice@green.test")
        for verified in (False, "true", None):
            self.provider.claims = {"email_verified": verified}
            self.assert_refused(403, "has not verified")
        self.provider.claims = {"email": None}
        self.assert_refused(403, "does not tell")

    def test_the_provider_says_no(self):
        visitor = Visitor(self.server, "de-DE,de;q=0.9")
        _, asked = visitor.begin()
        self.assertEqual(visitor.come_back(error="access_denied", error_description="<script>", state=asked["state"])[0], 401)
        self.assertIn("access_denied", visitor.text)
        self.assertIn('<html lang="de">', visitor.text)
        self.assertNotIn("<script>", visitor.text)

    # -- hostile
    def forge(self, header, sign):
        self.provider.header, self.provider.sign = header, sign
        self.assert_refused(502, "ID token")

    def test_alg_none(self):
        for name in ("none", "None", "NONE", "nOnE", ""):
            self.forge({"alg": name}, lambda text: b"")

    def test_key_confusion_hs256_with_the_rsa_key(self):
        for secret in (self.provider.pem, self.provider.pem.strip(), json.dumps(self.provider.jwk).encode(), self.provider.jwk["n"].encode()):
            self.forge({"alg": "HS256"}, lambda text, key=secret: hmac.new(key, text.encode(), "sha256").digest())

    def test_a_key_that_the_token_brings_along(self):
        sign = lambda text: subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.evil.key], input=text.encode(), check=True, capture_output=True).stdout
        self.forge({"kid": "one"}, sign)
        self.forge({"kid": "evil", "jwk": self.evil.jwk}, sign)
        before = len(self.evil.asked)
        self.forge({"kid": "evil", "jku": self.evil.url + "/keys"}, sign)
        self.assertEqual(len(self.evil.asked), before, "nobody asks there")

    def test_claims_that_are_not_for_us_now(self):
        now = int(time.time())
        for claims in ({"aud": "other"}, {"aud": ["posthorn", "other"]}, {"azp": "other"}, {"iss": self.evil.url}, {"nonce": "of another login"}, {"nonce": None}, {"exp": now - 120}, {"exp": None},
                       {"iat": now + 3600}, {"iat": now - 3600}, {"sub": ""}):
            with self.subTest(claims):
                self.provider.claims = claims
                self.assert_refused(502, "ID token")

    def test_state_mismatch(self):
        visitor, other = Visitor(self.server), Visitor(self.server)
        _, asked = visitor.begin()
        _, theirs = other.begin()
        before = len(self.provider.asked)
        for state in ("", "x", theirs["state"], asked["state"][:-1]):
            one = Visitor(self.server)
            one.cookies = dict(visitor.cookies)
            self.assertEqual(one.come_back(code=self.provider.issue(asked), state=state)[0], 400)
            self.assertIsNone(one.who())
        # Another's answer brought to somebody's browser: it would be logged in as the other.
        self.assertEqual(Visitor(self.server).come_back(code=self.provider.issue(theirs), state=theirs["state"])[0], 400)
        forged = Visitor(self.server)
        forged.cookies = {"__Host-posthorn-sign-on": base64url(os.urandom(40))}
        self.assertEqual(forged.come_back(code=self.provider.issue(theirs), state=theirs["state"])[0], 400)
        self.assertEqual(len(self.provider.asked), before, "the provider is not bothered")
        self.assertEqual(visitor.come_back(code=self.provider.issue(asked), state=asked["state"]), (302, "/"), "the right one is still good")

    def test_redirect_to_another_place(self):
        evil = urllib.parse.quote(self.evil.url, safe="")
        visitor = Visitor(self.server)
        url, asked = visitor.begin(f"?redirect_uri={evil}&next={evil}&return_to={evil}")
        self.assertTrue(url.startswith(self.provider.url + "/auth?"))
        self.assertEqual(asked["redirect_uri"], f"https://{self.server.name}/auth/oidc/callback")
        self.assertEqual(visitor.come_back(code=self.provider.issue(asked), state=asked["state"], next=self.evil.url, redirect_uri=self.evil.url), (302, "/"))
        # RFC 9207: an answer of another provider.
        self.assert_refused(502, "another provider", iss=self.evil.url)
        # Documents that lie elsewhere are not fetched there.
        for path in ("/token", "/keys", "/.well-known/openid-configuration"):
            self.restart()
            self.provider.answers = {path: lambda at=path: (302, {"Location": self.evil.url + at}, b"")}
            visitor = Visitor(self.server)
            if path.startswith("/.well"):
                self.assertEqual(visitor.get("/auth/oidc/begin"), (503, None))
            else:
                self.assert_refused(503, "cannot be reached")
        self.assertEqual(self.evil.asked, [])

    def test_code_replay(self):
        visitor = Visitor(self.server)
        _, asked = visitor.begin()
        cookies = dict(visitor.cookies)
        code = self.provider.issue(asked)
        self.assertEqual(visitor.come_back(code=code, state=asked["state"]), (302, "/"))
        before = len(self.provider.asked)
        again = Visitor(self.server)
        again.cookies = cookies
        self.assertEqual(again.come_back(code=code, state=asked["state"])[0], 400, "what was begun counts once")
        self.assertEqual(len(self.provider.asked), before)
        # The code in another login: the provider refuses it, and one that does not would fail at PKCE and nonce.
        _, theirs = again.begin()
        self.assertEqual(again.come_back(code=code, state=theirs["state"])[0], 502)
        self.assertIn("invalid_grant", again.text)
        stolen = self.provider.issue(asked)
        _, theirs = again.begin()
        self.assertEqual(again.come_back(code=stolen, state=theirs["state"])[0], 502)
        self.assertIsNone(again.who())

    def test_huge_key_sets_and_documents(self):
        for path in ("/keys", "/token", "/.well-known/openid-configuration"):
            self.restart()
            # More than any key set has, and more than would fit into memory if it were believed.
            self.provider.answers = {path: lambda: (200, {"Content-Length": str(1 << 34)}, b'{"keys":[' + b'{"kty":"RSA"},' * 100_000)}
            if path.startswith("/.well"):
                self.assertEqual(Visitor(self.server).get("/auth/oidc/begin"), (503, None))
            else:
                self.assert_refused(503, "cannot be reached")
        self.restart()
        self.provider.answers = {"/keys": lambda: (200, {}, b"[" * 60_000)}
        self.assert_refused(503, "cannot be reached")

    def test_a_slow_provider_holds_up_nobody_else(self):
        self.restart()
        self.provider.answers = {"/keys": lambda: (time.sleep(7), (200, {}, {"keys": [self.provider.jwk]}))[1]}
        ended = {}

        def wait(number):
            visitor, answer = self.log_in()
            ended[number] = answer[0], time.monotonic() - started
        started = time.monotonic()
        waiting = [threading.Thread(target=wait, args=(number,)) for number in range(2)]
        for one in waiting:
            one.start()
        time.sleep(1)
        asked = time.monotonic()
        self.assertEqual(Browser(self.server).log_in("bob@blue.test")[0], 200)
        self.assertLess(time.monotonic() - asked, 3)
        for one in waiting:
            one.join()
        self.assertEqual({status for status, _ in ended.values()}, {503})
        self.assertLess(max(seconds for _, seconds in ended.values()), 20)
        self.provider.reset()
        self.assertEqual(self.log_in()[1], (302, "/"), "and then it is asked again")


class WithoutProvider(ServerCase):
    def test_there_is_no_way_there(self):
        self.assertEqual(Browser(self.server).ask("GET", "/auth/methods"), (200, {"oidc": None}))
        for path in ("begin", "callback", "x"):
            self.assertEqual(Visitor(self.server).get("/auth/oidc/" + path)[0], 404)


class NodeProvider(unittest.TestCase):
    """The whole way with node-oidc-provider: its login form, its consent, its tokens."""

    @classmethod
    def setUpClass(cls):
        here = os.path.join(SOURCE, "tests", "e2e", "oidc")
        if not os.path.isdir(os.path.join(here, "node_modules", "oidc-provider")):
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=here, check=True, timeout=300)
        cls.folder = Folder("oidc-node")
        certificate(cls.folder.path, "idp.test", IDP)
        cls.port = free_ports(IDP, 1)[0]
        cls.server = Server(cls.folder.path)
        cls.url = f"https://{cls.server.address}:{cls.server.ports['https']}"
        node = os.path.join(SOURCE, "web", "node_modules", ".bin", "node")
        cls.provider = subprocess.Popen([node, "provider.js", cls.folder.path, IDP, str(cls.port), cls.url + "/auth/oidc/callback"], cwd=here, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in cls.provider.stdout:
            if line.strip() == "ready":
                break
        cls.server.add("alice")

    @classmethod
    def tearDownClass(cls):
        cls.provider.terminate()
        cls.provider.wait(10)
        cls.server.close()
        cls.folder.remove()

    def start(self, algorithm):
        self.server.stop()
        self.server.write_config({"oidc": f'issuer = "https://{IDP}:{self.port}"\nclient_id = "posthorn-{algorithm}"\nclient_secret = "a secret: with/marks"\nurl = "{self.url}"\n'
                                          'ca_file = "ca.pem"\nallow_private = true\n'})
        self.server.start()

    def test_a_person_signs_on_with_each_algorithm(self):
        for algorithm in ("ES256", "EdDSA", "RS256"):
            with self.subTest(algorithm):
                self.start(algorithm)
                self.assertEqual(self.sign_on(self.server, "alice@blue.test"), "alice@blue.test")
                self.assertIsNone(self.sign_on(self.server, "unverified@blue.test"))

    def test_the_button_of_the_webmail_leads_there_and_back(self):
        self.start("ES256")
        found, text = web_test.run([os.path.join(web_test.WEB, "tests", "oidc", "sign_on.test.mjs")], {"URL": self.url, "PROVIDER": f"https://{IDP}:{self.port}"}, 120)
        self.assertEqual([good for good, _ in found], [True], text[-8000:])

    def sign_on(self, server, user):
        """What a person does: the forms of the provider, by a client that keeps cookies and follows."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=server.tls()), urllib.request.HTTPCookieProcessor(jar))
        page = opener.open(f"https://{server.address}:{server.ports['https']}/auth/oidc/begin", timeout=30)
        for form in ({"prompt": "login", "login": user, "password": "x"}, {"prompt": "consent"}):
            self.assertIn("/interaction/", page.url)
            try:
                page = opener.open(page.url, urllib.parse.urlencode(form).encode(), timeout=30)
            except urllib.error.HTTPError as error:
                self.assertIn("/auth/oidc/callback", error.url)
                self.assertEqual(error.code, 403, error.read())
                return None
        self.assertEqual(page.url, f"https://{server.address}:{server.ports['https']}/")
        visitor = Visitor(server)
        visitor.cookies = {cookie.name: cookie.value for cookie in jar if cookie.name == "__Host-posthorn"}
        return visitor.who()


if __name__ == "__main__":
    unittest.main()
