"""JMAP over HTTPS on the real server: session, API, uploads, downloads, events, login of browsers; with curl and Python's own client."""
import base64
import json
import os
import subprocess
import threading
import unittest
import urllib.parse

from cases import JmapCase
from harness import letter

CORE = ["urn:ietf:params:jmap:core"]


class JmapCore(JmapCase):
    def test_session_says_what_section_2_asks(self):
        session = self.session()
        core = session["capabilities"]["urn:ietf:params:jmap:core"]
        for name in ["maxSizeUpload", "maxConcurrentUpload", "maxSizeRequest", "maxConcurrentRequests", "maxCallsInRequest", "maxObjectsInGet",
                     "maxObjectsInSet", "collationAlgorithms"]:
            self.assertIn(name, core)
        self.assertEqual(session["username"], "alice@blue.test")
        self.assertIn("{accountId}", session["uploadUrl"])
        for part in ["{accountId}", "{blobId}", "{type}", "{name}"]:
            self.assertIn(part, session["downloadUrl"])
        for part in ["{types}", "{closeafter}", "{ping}"]:
            self.assertIn(part, session["eventSourceUrl"])
        self.assertEqual(self.api([])["sessionState"], session["state"])

    def test_curl_echoes(self):
        done = subprocess.run(["curl", "-s", "--cacert", self.server.ca, "--resolve", f"{self.server.name}:{self.server.ports['https']}:{self.server.address}",
                               "-u", f"alice@blue.test:{self.server.passwords['alice@blue.test']}", "-H", "Content-Type: application/json", "-d",
                               json.dumps({"using": CORE, "methodCalls": [["Core/echo", {"a": 1}, "x"]]}),
                               f"https://{self.server.name}:{self.server.ports['https']}/jmap/api"], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(json.loads(done.stdout)["methodResponses"], [["Core/echo", {"a": 1}, "x"]])

    def test_nobody_gets_in_without_a_login(self):
        for method, path in [("GET", "/jmap/session"), ("POST", "/jmap/api"), ("GET", "/jmap/download/A1/BM1/x"), ("POST", "/jmap/upload/A1/"),
                             ("GET", "/jmap/eventsource")]:
            answer, _ = self.ask(method, path, user=None)
            self.assertEqual(answer.status, 401, path)
        answer, _ = self.ask("GET", "/jmap/session", headers={"Authorization": "Basic " + base64.b64encode(b"alice@blue.test:wrong").decode()}, user=None)
        self.assertEqual(answer.status, 401)
        self.assertIn("Basic", answer.headers["WWW-Authenticate"])

    def test_many_requests_travel_on_one_connection(self):
        c = self.connect()
        for i in range(20):
            answer, data = self.ask("POST", "/jmap/api", json.dumps({"using": CORE, "methodCalls": [["Core/echo", {"i": i}, "x"]]}),
                                    {"Content-Type": "application/json"}, connection=c)
            self.assertEqual(json.loads(data)["methodResponses"][0][1]["i"], i)

    def test_chunked_bodies_are_understood(self):
        c = self.connect()
        body = json.dumps({"using": CORE, "methodCalls": [["Core/echo", {"x": "y" * 5000}, "x"]]}).encode()
        c.request("POST", "/jmap/api", iter([body[:10], body[10:3000], body[3000:]]), {
            "Content-Type": "application/json", "Transfer-Encoding": "chunked",
            "Authorization": "Basic " + base64.b64encode(f"alice@blue.test:{self.server.passwords['alice@blue.test']}".encode()).decode()}, encode_chunked=True)
        self.assertEqual(len(json.loads(c.getresponse().read())["methodResponses"][0][1]["x"]), 5000)

    def test_problems_have_their_types(self):
        for body, kind, of_type in [("{", "notJSON", "application/json"), ("[]", "notRequest", "application/json"), ("{}", "notJSON", "text/plain"),
                                    (json.dumps({"using": ["x:y"], "methodCalls": []}), "unknownCapability", "application/json")]:
            answer, data = self.ask("POST", "/jmap/api", body, {"Content-Type": of_type})
            self.assertEqual(answer.status, 400)
            self.assertEqual(json.loads(data)["type"], f"urn:ietf:params:jmap:error:{kind}")

    def test_an_upload_comes_back_and_is_nobody_elses(self):
        account = self.account()
        content = os.urandom(300_000)
        answer, data = self.ask("POST", f"/jmap/upload/{account}/", content, {"Content-Type": "image/png"})
        self.assertEqual(answer.status, 201, data)
        made = json.loads(data)
        self.assertEqual((made["accountId"], made["type"], made["size"]), (account, "image/png", len(content)))
        path = f"/jmap/download/{account}/{made['blobId']}/%C3%A4.png?type=image%2Fpng"
        answer, data = self.ask("GET", path)
        self.assertEqual(data, content)
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        self.assertIn("inline; filename*=UTF-8''%C3%A4.png", answer.headers["Content-Disposition"])
        for other_account in (account, self.account("bob@blue.test")):
            answer, _ = self.ask("GET", f"/jmap/download/{other_account}/{made['blobId']}/x", user="bob@blue.test")
            self.assertEqual(answer.status, 404)
        answer, _ = self.ask("POST", f"/jmap/upload/{account}/", b"x", user="bob@blue.test")
        self.assertEqual(answer.status, 404)

    def test_D12_what_could_run_is_an_attachment(self):
        account = self.account()
        _, data = self.ask("POST", f"/jmap/upload/{account}/", b"<script>alert(1)</script>", {"Content-Type": "text/html"})
        blob = json.loads(data)["blobId"]
        for of_type in ["text/html", "image/svg+xml", "application/xml", "text/xml", "application/xhtml+xml", "", "bad type", "text/html\r\nX: y"]:
            answer, _ = self.ask("GET", f"/jmap/download/{account}/{blob}/x.html?type={urllib.parse.quote(of_type, safe='')}")
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"), of_type)
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_event_source_tells_of_a_delivery(self):
        events = []
        ready = threading.Event()

        def listen():
            c = self.connect()
            c.request("GET", "/jmap/eventsource?types=*&closeafter=state&ping=0", headers={
                "Authorization": "Basic " + base64.b64encode(f"bob@blue.test:{self.server.passwords['bob@blue.test']}".encode()).decode()})
            answer = c.getresponse()
            events.append(answer.headers["Content-Type"])
            answer.fp.readline()
            ready.set()
            events.append(answer.read().decode())

        thread = threading.Thread(target=listen)
        thread.start()
        self.assertTrue(ready.wait(30))
        self.server.submit("alice@blue.test", ["bob@blue.test"], letter("alice@blue.test", "bob@blue.test"))
        thread.join(60)
        self.assertEqual(events[0], "text/event-stream")
        data = json.loads(next(line for line in events[1].splitlines() if line.startswith("data: "))[6:])
        self.assertEqual(data["@type"], "StateChange")
        self.assertLessEqual({"Email", "Mailbox", "Thread"}, set(data["changed"][self.account("bob@blue.test")]))

    def log_in(self):
        answer, data = self.ask("POST", "/auth/login", json.dumps({"username": "alice@blue.test", "password": self.server.passwords["alice@blue.test"]}),
                                {"Content-Type": "application/json", "X-Posthorn": "1"}, user=None)
        self.assertEqual(answer.status, 200, data)
        cookie = answer.headers["Set-Cookie"]
        for word in ["__Host-posthorn=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"]:
            self.assertIn(word, cookie)
        return cookie.split(";")[0]

    def test_F5_F6_a_browser_logs_in_by_cookie_and_others_cannot_use_it(self):
        cookie = self.log_in()
        own = {"Cookie": cookie, "X-Posthorn": "1", "Content-Type": "application/json"}
        body = json.dumps({"using": CORE, "methodCalls": []})
        answer, _ = self.ask("POST", "/jmap/api", body, own, user=None)
        self.assertEqual(answer.status, 200)
        for wrong in [{k: v for k, v in own.items() if k != "X-Posthorn"}, {**own, "Origin": "https://evil.test"}]:
            answer, _ = self.ask("POST", "/jmap/api", body, wrong, user=None)
            self.assertEqual(answer.status, 403)
        for forged in [cookie[:-2] + "00", cookie.replace("A", "B", 1), "__Host-posthorn=", "__Host-posthorn=A1.1.00"]:
            answer, _ = self.ask("POST", "/jmap/api", body, {**own, "Cookie": forged}, user=None)
            self.assertEqual(answer.status, 401, forged)
        answer, _ = self.ask("POST", "/auth/logout", None, own, user=None)
        self.assertEqual(answer.status, 200)
        answer, _ = self.ask("POST", "/jmap/api", body, own, user=None)
        self.assertEqual(answer.status, 401)

    def test_F6_a_new_password_ends_the_sessions(self):
        cookie = self.log_in()
        password = self.server.passwords["alice@blue.test"]
        self.server.cli("account", "password", "alice@blue.test", "--password-file", "-", input=password + "\n")
        answer, _ = self.ask("GET", "/jmap/session", headers={"Cookie": cookie, "X-Posthorn": "1"}, user=None)
        self.assertEqual(answer.status, 401)

    def test_the_webmail_s_page_comes_with_its_policy(self):
        for path in ["/", "/mail/inbox", "/settings/x"]:
            answer, data = self.ask("GET", path, user=None)
            self.assertEqual(answer.status, 200)
            self.assertIn("text/html", answer.headers["Content-Type"])
            self.assertIn("script-src 'self'", answer.headers["Content-Security-Policy"])
            self.assertIn("max-age", answer.headers["Strict-Transport-Security"])
        answer, _ = self.ask("GET", "/no/such", user=None)
        self.assertEqual(answer.status, 404)
        answer, _ = self.ask("GET", "/../../etc/passwd", user=None)
        self.assertEqual(answer.status, 404)


if __name__ == "__main__":
    unittest.main()
