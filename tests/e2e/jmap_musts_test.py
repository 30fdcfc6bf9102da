"""MUSTs of RFC 8620 and 8621 that only show over HTTP, named by section; and rows F8-F10 of attacks.md on the running server."""
import json
import socket
import statistics
import threading
import time
import unittest

from cases import JSON, JmapCase
from harness import letter, wait_for

CORE = "urn:ietf:params:jmap:core"
MAIL = "urn:ietf:params:jmap:mail"
USING = [CORE, MAIL, "urn:ietf:params:jmap:submission", "urn:ietf:params:jmap:vacationresponse"]


class JmapMusts(JmapCase):
    def request(self, calls, user="alice@blue.test", using=None):
        answer, data = self.ask("POST", "/jmap/api", json.dumps({"using": USING if using is None else using, "methodCalls": calls}), JSON, user)
        self.assertEqual(answer.status, 200, data)
        return json.loads(data)

    def call(self, name, user="alice@blue.test", **arguments):
        said, answer, _ = self.request([[name, {"accountId": self.account(user), **arguments}, "0"]], user)["methodResponses"][0]
        return answer if said == name else {"error": answer["type"]}

    def session(self, user="alice@blue.test"):
        answer, data = self.ask("GET", "/.well-known/jmap", user=user)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))
        return json.loads(data)

    def deliver(self, to="alice@blue.test", subject="Hello"):
        before = self.call("Email/get", to, ids=[])["state"]
        self.server.submit("bob@blue.test", [to], letter("bob@blue.test", to, subject=subject))
        wait_for(lambda: self.call("Email/get", to, ids=[])["state"] != before)

    # -- RFC 8620

    def test_S2_the_session_has_all_that_it_must(self):
        session = self.session()
        for name in ("capabilities", "accounts", "primaryAccounts", "username", "apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl", "state"):
            self.assertIn(name, session)
        core = session["capabilities"][CORE]
        for name in ("maxSizeUpload", "maxConcurrentUpload", "maxSizeRequest", "maxConcurrentRequests", "maxCallsInRequest", "maxObjectsInGet", "maxObjectsInSet"):
            self.assertGreater(core[name], 0, name)
        self.assertIsInstance(core["collationAlgorithms"], list)
        for account in session["accounts"].values():
            for name in ("name", "isPersonal", "isReadOnly", "accountCapabilities"):
                self.assertIn(name, account)
            # rfc:8621#1.4 what the user may use is named, with what it must tell.
            self.assertIn(MAIL, account["accountCapabilities"])
            for name in ("maxMailboxesPerEmail", "maxMailboxDepth", "maxSizeMailboxName", "maxSizeAttachmentsPerEmail", "emailQuerySortOptions", "mayCreateTopLevelMailbox"):
                self.assertIn(name, account["accountCapabilities"][MAIL])
            self.assertLessEqual(set(account["accountCapabilities"]), set(session["capabilities"]))
        for name in session["capabilities"]:
            self.assertTrue(name.startswith("urn:") or name.startswith("https://"), name)
        # A method of each capability that is told is there.
        for capability, account in session["primaryAccounts"].items():
            self.assertIn(account, session["accounts"], capability)
        self.assertEqual(self.session("bob@blue.test")["username"], "bob@blue.test")
        self.assertEqual(set(self.session("bob@blue.test")["accounts"]) & set(session["accounts"]), set())

    def test_S3_1_requests_and_answers_are_json(self):
        body = json.dumps({"using": [CORE], "methodCalls": [["Core/echo", {"a": "ä"}, "x"]]})
        answer, data = self.ask("POST", "/jmap/api", body, JSON)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))
        self.assertEqual(json.loads(data)["methodResponses"], [["Core/echo", {"a": "ä"}, "x"]])
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer, data = self.ask("POST", "/jmap/api", body, {"Content-Type": kind})
            self.assertEqual(answer.status, 400, kind)
        answer, data = self.ask("POST", "/jmap/api", body, {"Content-Type": "application/json; charset=utf-8"})
        self.assertEqual(answer.status, 200)

    def test_S1_7_nothing_is_said_without_tls(self):
        with socket.create_connection((self.server.address, self.server.ports["https"]), 20) as plain:
            login = "".join(f"{name}: {value}\r\n" for name, value in self.login().items())
            plain.sendall(f"GET /.well-known/jmap HTTP/1.1\r\nHost: {self.server.name}\r\n{login}\r\n".encode())
            said = b""
            try:
                while data := plain.recv(4096):
                    said += data
            except ConnectionResetError:
                pass
        self.assertNotIn(b"HTTP/", said)
        self.assertNotIn(b"apiUrl", said)

    def test_S3_6_2_a_method_that_fails_is_no_failure_of_http(self):
        answer = self.request([["Email/get", {"accountId": "A777", "ids": []}, "a"], ["Nope/get", {}, "b"], ["Core/echo", {}, "c"]])
        self.assertEqual([(one[0], one[1].get("type"), one[2]) for one in answer["methodResponses"]], [("error", "accountNotFound", "a"), ("error", "unknownMethod", "b"), ("Core/echo", None, "c")])

    def test_S1_8_only_what_was_opted_into_is_there(self):
        account = self.account()
        for using, there in ([CORE], False), ([CORE, MAIL], True):
            said = self.request([["Mailbox/get", {"accountId": account}, "0"]], using=using)["methodResponses"][0]
            self.assertEqual(said[0] == "Mailbox/get", there, said)
            said = self.request([["Identity/get", {"accountId": account}, "0"]], using=using)["methodResponses"][0]
            self.assertEqual((said[0], said[1]["type"]), ("error", "unknownMethod"))

    def test_S6_1_an_upload_is_told_whole(self):
        answer, data = self.ask("POST", f"/jmap/upload/{self.account()}/", b"some bytes", {"Content-Type": "text/plain"})
        self.assertEqual(answer.status, 201)
        self.assertEqual({key: value for key, value in json.loads(data).items() if key != "blobId"}, {"accountId": self.account(), "type": "text/plain", "size": 10})

    def test_S6_2_the_name_that_was_asked_for_is_the_files(self):
        answer, data = self.ask("POST", f"/jmap/upload/{self.account()}/", b"x", {"Content-Type": "text/plain"})
        blob = json.loads(data)["blobId"]
        answer, _ = self.ask("GET", f"/jmap/download/{self.account()}/{blob}/R%C3%A9sum%C3%A9%20%221%22.txt?type=text/plain")
        self.assertEqual(answer.status, 200)
        self.assertIn("filename*=UTF-8''R%C3%A9sum%C3%A9%20%221%22.txt", answer.headers["Content-Disposition"])

    def events(self, query, user="alice@blue.test", seconds=20, until=None, work=None):
        """Lines of an event source until it ends, the time is over or `until` says so."""
        c = self.connect()
        c.request("GET", "/jmap/eventsource?" + query, headers=self.login(user))
        sock = c.sock
        sock.settimeout(seconds)
        answer = c.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/event-stream"))
        answer.fp.readline()
        thread = threading.Thread(target=work) if work else None
        if thread:
            thread.start()
        events, fields, end = [], {}, time.time() + seconds
        try:
            while time.time() < end:
                line = answer.readline().decode()
                if not line:
                    events.append("ended")
                    break
                line = line.rstrip("\r\n")
                if line == "" and fields:
                    events.append(fields)
                    fields = {}
                    if until and until(events):
                        break
                elif line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
        except (TimeoutError, socket.timeout):
            pass
        if thread:
            thread.join()
        c.close()
        return events

    def test_S7_3_only_the_types_that_were_asked_for_and_the_end_after_a_state(self):
        events = self.events("types=Mailbox,EmailDelivery&closeafter=state&ping=0", work=self.deliver)
        self.assertEqual(events[-1], "ended")
        self.assertEqual([one["event"] for one in events[:-1]], ["state"])
        state = json.loads(events[0]["data"])
        self.assertEqual(state["@type"], "StateChange")
        self.assertEqual(set(state["changed"]), {self.account()})
        self.assertEqual(set(state["changed"][self.account()]), {"Mailbox", "EmailDelivery"})

    # rfc:8621#1.5 EmailDelivery changes with a new Email and with nothing else.
    def test_S1_5_email_delivery_is_only_for_what_is_new(self):
        self.deliver()
        email = self.call("Email/query", limit=1)["ids"][0]

        def flag():
            self.call("Email/set", update={email: {"keywords/$flagged": True}})
            time.sleep(1)
            self.deliver()
        events = self.events("types=EmailDelivery&closeafter=state&ping=0", work=flag)
        self.assertEqual(events[-1], "ended")
        self.assertEqual(len(events), 2)
        self.assertEqual(set(json.loads(events[0]["data"])["changed"][self.account()]), {"EmailDelivery"})

    # rfc:8621#1.5 "servers MUST support the JMAP push mechanisms [...] for any of the types defined in this specification"
    def test_S1_5_each_type_is_pushed(self):
        account = self.account()
        wanted = {"Mailbox", "Thread", "Email", "EmailDelivery", "Identity", "EmailSubmission", "VacationResponse"}
        seen = set()

        def work():
            self.call("Mailbox/set", create={"k": {"name": "Told by push"}})
            self.call("Identity/set", update={"I0": {"textSignature": "-- \nAlice"}})
            self.call("VacationResponse/set", update={"singleton": {"subject": "Away"}})
            self.deliver()
            drafts = self.call("Mailbox/query", filter={"role": "drafts"})["ids"][0]
            made = self.call("Email/set", create={"d": {"mailboxIds": {drafts: True}, "from": [{"email": "alice@blue.test"}], "to": [{"email": "bob@blue.test"}], "subject": "x",
                                                        "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "Hi"}}}})
            self.call("EmailSubmission/set", create={"s": {"identityId": "I0", "emailId": made["created"]["d"]["id"]}})

        def all_seen(events):
            seen.update(json.loads(events[-1]["data"])["changed"][account] if events[-1].get("event") == "state" else ())
            return wanted <= seen
        self.events("types=*&closeafter=no&ping=0", seconds=30, until=all_seen, work=work)
        self.assertEqual(wanted - seen, set())

    def test_S7_3_pings_come_in_time_without_an_id_whatever_else_changes(self):
        stop = threading.Event()

        def work():
            # Changes of other types wake the server and must not put the ping off.
            email = self.call("Email/query", limit=1)["ids"]
            while not stop.is_set() and email:
                self.call("Email/set", update={email[0]: {"keywords/$flagged": True}})
                self.call("Email/set", update={email[0]: {"keywords/$flagged": None}})
                stop.wait(0.5)
        self.deliver()
        started = time.time()

        def enough(events):
            if len(events) < 2:
                return False
            stop.set()
            return True
        events = self.events("types=Identity&closeafter=no&ping=5", seconds=25, until=enough, work=work)
        stop.set()
        self.assertEqual([one["event"] for one in events], ["ping", "ping"])
        self.assertTrue(all("id" not in one for one in events))
        self.assertEqual(json.loads(events[0]["data"]), {"interval": 5})
        self.assertLess(time.time() - started, 20)

    # -- attacks.md F8-F10

    def test_F8_anothers_blob_is_as_absent_as_one_that_never_was(self):
        self.deliver()
        account, email = self.account(), self.call("Email/query", limit=1)["ids"][0]
        blob = self.call("Email/get", ids=[email], properties=["blobId"])["list"][0]["blobId"]
        answer, data = self.ask("POST", f"/jmap/upload/{account}/", b"secret of alice", {"Content-Type": "text/plain"})
        upload = json.loads(data)["blobId"]
        own = self.account("bob@blue.test")
        answers = set()
        c = self.connect()
        times = {"anothers": [], "none": []}
        for in_account in (account, own):
            for name in (blob, upload, "BMffffffff", "BOffffffff", "x"):
                answer, data = self.ask("GET", f"/jmap/download/{in_account}/{name}/x?type=text/plain", user="bob@blue.test", connection=c)
                self.assertEqual(answer.status, 404, (in_account, name))
                answers.add(data)
        self.assertEqual(len(answers), 1, answers)
        for _ in range(40):
            for kind, name in (("anothers", upload), ("none", "BOffffffff")):
                start = time.perf_counter()
                self.ask("GET", f"/jmap/download/{own}/{name}/x", user="bob@blue.test", connection=c)
                times[kind].append(time.perf_counter() - start)
        a, b = statistics.median(times["anothers"]), statistics.median(times["none"])
        self.assertLess(abs(a - b), 0.005 + 0.5 * max(a, b), "the time tells")
        got = self.call("Email/parse", "bob@blue.test", blobIds=[blob, upload])
        self.assertEqual(sorted(got["notFound"]), sorted([blob, upload]))
        said = self.request([["Email/get", {"accountId": account, "ids": [email]}, "0"]], "bob@blue.test")["methodResponses"][0][1]
        none = self.request([["Email/get", {"accountId": "A777777", "ids": [email]}, "0"]], "bob@blue.test")["methodResponses"][0][1]
        self.assertEqual(said, none)
        # The same bytes, uploaded by another, have another id: nobody learns that they are there.
        answer, data = self.ask("POST", f"/jmap/upload/{own}/", b"secret of alice", {"Content-Type": "text/plain"}, "bob@blue.test")
        self.assertEqual(answer.status, 201)

    def test_F9_calls_objects_and_references_are_bounded(self):
        account = self.account()
        answer, data = self.ask("POST", "/jmap/api", json.dumps({"using": USING, "methodCalls": [["Core/echo", {}, str(i)] for i in range(33)]}), JSON)
        self.assertEqual((answer.status, json.loads(data)["type"], json.loads(data)["limit"]), (400, "urn:ietf:params:jmap:error:limit", "maxCallsInRequest"))
        self.assertEqual(self.call("Email/get", ids=[f"M{i}" for i in range(501)])["error"], "requestTooLarge")
        self.assertEqual(self.call("Email/set", destroy=[f"M{i}" for i in range(501)])["error"], "requestTooLarge")
        # Each call takes all the items of the one before, and then some.
        wide = [{"x": list(range(100))} for _ in range(90)]
        calls = [["Core/echo", {"list": wide}, "0"]] + [["Core/echo", {"#list": {"resultOf": "0", "name": "Core/echo", "path": "/list/*/x/*"}}, str(i)] for i in range(1, 12)]
        start = time.time()
        said = self.request(calls)["methodResponses"]
        self.assertLess(time.time() - start, 5)
        self.assertIn("invalidResultReference", [one[1].get("type") for one in said if one[0] == "error"])
        for filter in ({"operator": "OR", "conditions": [{"text": "x"}] * 2000}, {"text": "x " * 5000}, {"text": "a" * 50_000}):
            said = self.request([["Email/query", {"accountId": account, "filter": filter}, "0"]])["methodResponses"][0]
            self.assertEqual((said[0], said[1]["type"]), ("error", "unsupportedFilter"))
        deep = {"text": "x"}
        for _ in range(20):
            deep = {"operator": "NOT", "conditions": [deep, deep]} if len(json.dumps(deep)) < 50_000 else {"operator": "NOT", "conditions": [deep]}
        said = self.request([["Email/query", {"accountId": account, "filter": deep}, "0"]])["methodResponses"][0]
        self.assertIn(said[0] == "Email/query" or said[1]["type"], (True, "unsupportedFilter"))
        self.assertEqual(self.request([["Core/echo", {}, "0"]])["methodResponses"][0][0], "Core/echo")

    def test_F9_requests_at_once_are_bounded(self):
        body = json.dumps({"using": [CORE], "methodCalls": [["Core/echo", {"x": "y" * 1000}, "0"]]}).encode()
        held = []
        limit = self.session()["capabilities"][CORE]["maxConcurrentRequests"]
        try:
            for _ in range(limit):
                c = self.connect()
                c.putrequest("POST", "/jmap/api")
                for name, value in {**self.login(), "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
                    c.putheader(name, value)
                c.endheaders(body[:10])
                held.append(c)

            def refused():
                answer, data = self.ask("POST", "/jmap/api", body, JSON)
                return answer.status, data
            found = wait_for(lambda: (lambda said: said if said[0] != 200 else None)(refused()))
            self.assertEqual(json.loads(found[1])["type"], "urn:ietf:params:jmap:error:limit")
            self.assertEqual(json.loads(found[1])["limit"], "maxConcurrentRequests")
        finally:
            for c in held:
                c.close()
        wait_for(lambda: self.ask("POST", "/jmap/api", body, JSON)[0].status == 200)

    def test_F10_json_that_is_made_to_hurt_is_refused_quickly(self):
        numbers = '{"using":["%s"],"methodCalls":[["Core/echo",{"n":1e999999},"0"]]}' % CORE
        keys = ",".join(f'"k{i}":0' for i in range(200_000))
        for name, body in {"deep": "[" * 5_000_000, "deep objects": '{"a":' * 1_000_000, "closed": "[" * 100_000 + "]" * 100_000,
                           "keys": '{"using":[],"methodCalls":[["Core/echo",{%s},"0"]]}' % keys, "twice": '{"using":[],"using":[],"methodCalls":[]}',
                           "surrogate": '{"using":["\\ud800"],"methodCalls":[]}', "not UTF-8": b'{"using":["\xff"],"methodCalls":[]}'}.items():
            start = time.time()
            answer, data = self.ask("POST", "/jmap/api", body, JSON)
            self.assertEqual(answer.status, 400, name)
            self.assertEqual(json.loads(data)["type"], "urn:ietf:params:jmap:error:notJSON", name)
            self.assertLess(time.time() - start, 5, name)
        # Infinity is no JSON: what cannot be held is not taken.
        answer, data = self.ask("POST", "/jmap/api", numbers, JSON)
        self.assertEqual((answer.status, json.loads(data)["type"]), (400, "urn:ietf:params:jmap:error:notJSON"))
        # What is announced as too large is refused before it is sent.
        c = self.connect()
        c.putrequest("POST", "/jmap/api")
        for name, value in {**self.login(), "Content-Type": "application/json", "Content-Length": str((10 << 20) + 2)}.items():
            c.putheader(name, value)
        c.endheaders()
        data = c.getresponse().read()
        c.close()
        self.assertEqual((json.loads(data)["type"], json.loads(data)["limit"]), ("urn:ietf:params:jmap:error:limit", "maxSizeRequest"))

    # -- searches by the index of words, on the running server

    def test_words_are_indexed_and_the_index_made_anew(self):
        imap = self.server.imap("bob@blue.test")
        for i in range(80):
            imap.append("INBOX", None, None, f"From: ann@x.test\r\nSubject: number{i}\r\n\r\nword{i % 7} all\r\n".encode())
        imap.logout()
        find = lambda text: self.call("Email/query", "bob@blue.test", filter={"text": text}, calculateTotal=True)["total"]
        self.assertEqual((find("number7"), find("word3"), find("all")), (11, 11, 80))

        def indexed():
            with open(self.server.log, "rb") as log:
                return b"search.not_indexed" not in log.read()
        told = self.server.json("account", "reindex", "bob@blue.test")
        self.assertGreaterEqual(told["indexed"], 80)
        self.assertEqual(told["indexed"], told["emails"])
        self.assertTrue(indexed())
        self.assertEqual((find("number7"), find("word3"), find("all"), find("'number7 number8'")), (11, 11, 80, 0))


if __name__ == "__main__":
    unittest.main()
