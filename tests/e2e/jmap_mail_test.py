"""JMAP mail over HTTPS on the real server, in step with SMTP and IMAP: delivered by one, read and changed by the others, sent, held, taken back."""
import json
import time
import unittest

from cases import JSON, JmapCase
from harness import letter, wait_for

USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission", "urn:posthorn:journey"]


class JmapMail(JmapCase):
    def calls(self, calls, user="alice@blue.test"):
        account = self.account(user)
        body = {"using": USING, "methodCalls": [[name, {"accountId": account, **arguments}, str(i)] for i, (name, arguments) in enumerate(calls)]}
        answer, data = self.ask("POST", "/jmap/api", json.dumps(body), JSON, user)
        self.assertEqual(answer.status, 200, data)
        return [(name, arguments) for name, arguments, _ in json.loads(data)["methodResponses"]]

    def call(self, name, user="alice@blue.test", **arguments):
        answers = self.calls([(name, arguments)], user)
        self.assertEqual(answers[0][0], name, answers)
        return answers[0][1]

    def box(self, role, user="alice@blue.test"):
        return self.call("Mailbox/query", user, filter={"role": role})["ids"][0]

    def found(self, subject, user="alice@blue.test"):
        return self.call("Email/query", user, filter={"subject": subject})["ids"]

    def draft(self, subject, to, **more):
        email = {"mailboxIds": {self.box("drafts"): True}, "keywords": {"$draft": True, "$seen": True}, "from": [{"email": "alice@blue.test", "name": "Alice Ä"}],
                 "to": [{"email": to}], "subject": subject, "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "Hi\nthere"}}, **more}
        made = self.call("Email/set", create={"d": email})
        self.assertIn("d", made["created"] or {}, made)
        return made["created"]["d"]

    def test_delivered_by_smtp_read_by_jmap_changed_by_imap_seen_by_changes(self):
        state = self.call("Email/get", ids=[])["state"]
        mailboxes = self.call("Mailbox/get", ids=[])["state"]
        self.server.submit("bob@blue.test", ["alice@blue.test"], letter("bob@blue.test", "alice@blue.test", subject="In step"))
        wait_for(lambda: self.found("in step"))
        changes = self.call("Email/changes", sinceState=state)
        self.assertEqual(changes["created"], self.found("in step"))
        email = changes["created"][0]
        got = self.call("Email/get", ids=[email], properties=["subject", "keywords", "from", "textBody", "bodyValues"], fetchTextBodyValues=True)
        self.assertEqual(got["list"][0]["from"], [{"name": None, "email": "bob@blue.test"}])
        self.assertEqual(list(got["list"][0]["bodyValues"].values())[0]["value"].strip(), "Hello")

        imap = self.server.imap("alice@blue.test")
        imap.select("INBOX")
        number = imap.search(None, "SUBJECT", '"In step"')[1][0].split()[0].decode()
        # EMAILID is the id of JMAP (RFC 8621 1.6).
        self.assertIn(email.encode(), imap.fetch(number, "(EMAILID)")[1][0])
        imap.store(number, "+FLAGS", "\\Flagged")
        newer = self.call("Email/changes", sinceState=changes["newState"])
        self.assertEqual(newer["updated"], [email])
        self.assertTrue(self.call("Email/get", ids=[email], properties=["keywords"])["list"][0]["keywords"]["$flagged"])
        counted = self.call("Mailbox/changes", sinceState=mailboxes)
        self.assertIn(self.box("inbox"), counted["updated"])
        self.assertEqual(counted["updatedProperties"], ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"])

        # What JMAP changes, the IMAP session sees at its next command.
        self.call("Email/set", update={email: {"keywords/$seen": True, "keywords/work": True}})
        imap.noop()
        self.assertIn(b"\\Seen", imap.fetch(number, "(FLAGS)")[1][0])
        self.assertIn(b"work", imap.fetch(number, "(FLAGS)")[1][0])
        self.call("Email/set", update={email: {"mailboxIds": {self.box("archive"): True}}})
        imap.noop()
        self.assertEqual(imap.search(None, "SUBJECT", '"In step"')[1][0], b"")
        imap.logout()

    def test_a_screen_of_mail_comes_by_references(self):
        for i in range(3):
            self.server.submit("bob@blue.test", ["alice@blue.test"], letter("bob@blue.test", "alice@blue.test", subject=f"Screen {i}"))
        wait_for(lambda: len(self.found("screen")) == 3)
        answers = self.calls([
            ("Email/query", {"filter": {"inMailbox": self.box("inbox")}, "sort": [{"property": "receivedAt", "isAscending": False}], "collapseThreads": True, "limit": 2, "calculateTotal": True}),
            ("Email/get", {"#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["threadId"]}),
            ("Thread/get", {"#ids": {"resultOf": "1", "name": "Email/get", "path": "/list/*/threadId"}}),
            ("Email/get", {"#ids": {"resultOf": "2", "name": "Thread/get", "path": "/list/*/emailIds"}, "properties": ["subject", "preview"]})])
        self.assertEqual([one["subject"] for one in answers[3][1]["list"]], ["Screen 2", "Screen 1"], answers)

    def test_an_upload_becomes_an_attachment_and_comes_back_whole(self):
        data = bytes(range(256)) * 40
        answer, body = self.ask("POST", f"/jmap/upload/{self.account('alice@blue.test')}/", data, {"Content-Type": "image/png"})
        self.assertIn(answer.status, (200, 201), body)
        blob = json.loads(body)["blobId"]
        made = self.draft("With a picture", "bob@blue.test", attachments=[{"blobId": blob, "type": "image/png", "name": "Bär.png"}])
        part = self.call("Email/get", ids=[made["id"]], properties=["attachments"])["list"][0]["attachments"][0]
        self.assertEqual((part["name"], part["size"]), ("Bär.png", len(data)))
        answer, body = self.ask("GET", f"/jmap/download/{self.account('alice@blue.test')}/{part['blobId']}/x.png?type=image/png")
        self.assertEqual((answer.status, body), (200, data))

    def submit(self, email, to, seconds=None):
        parameters = {"HOLDFOR": str(seconds)} if seconds else None
        made = self.call("EmailSubmission/set", create={"s": {"identityId": "I0", "emailId": email, "envelope": {
            "mailFrom": {"email": "alice@blue.test", "parameters": parameters}, "rcptTo": [{"email": to, "parameters": None}]}}})
        self.assertIn("s", made["created"] or {}, made)
        return made["created"]["s"]["id"]

    def status(self, submission):
        return self.call("EmailSubmission/get", ids=[submission])["list"][0]

    def hold(self, name, while_held):
        """Hands in a letter that waits and does something before its time has come; on a machine that is too busy for that, with one that waits
        longer. Gives the submission and the subject. `while_held` says whether it was in time; that it was not is believed only if it is true."""
        for seconds in (4, 16, 64, 256):
            subject = f"{name} held{seconds}s"
            submission = self.submit(self.draft(subject, "bob@blue.test")["id"], "bob@blue.test", seconds)
            if while_held(submission, subject):
                return submission, subject
            self.assertGreaterEqual(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), self.status(submission)["sendAt"], "it left before its time")
        self.fail("this machine is too slow to do anything within four minutes")

    def test_sent_held_and_taken_back(self):
        now = self.submit(self.draft("At once", "bob@blue.test")["id"], "bob@blue.test")
        wait_for(lambda: self.found("at once", "bob@blue.test"))

        def waits(submission, subject):
            found = self.found(subject, "bob@blue.test")
            if self.status(submission)["undoStatus"] != "pending":
                return False
            self.assertEqual(found, [])
            return True
        held, subject = self.hold("A little later", waits)
        wait_for(lambda: self.found(subject, "bob@blue.test"), 300)
        came = self.call("Email/get", "bob@blue.test", ids=self.found(subject, "bob@blue.test"), properties=["receivedAt"])["list"][0]["receivedAt"]
        self.assertGreaterEqual(came, self.status(held)["sendAt"])

        def take_back(submission, _):
            answer = self.call("EmailSubmission/set", update={submission: {"undoStatus": "canceled"}})
            if answer["notUpdated"]:
                self.assertEqual(answer["notUpdated"][submission]["type"], "cannotUnsend")
                return False
            self.assertEqual(answer["updated"], {submission: None})
            return True
        never, subject = self.hold("Never", take_back)
        its_time = self.status(never)["sendAt"]
        wait_for(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2)) > its_time, 300)
        self.assertEqual(self.found(subject, "bob@blue.test"), [])
        states = [self.status(one)["undoStatus"] for one in (now, held, never)]
        self.assertEqual(states, ["final", "final", "canceled"])

    def test_what_is_held_outlives_a_kill(self):
        def through_the_crash(submission, _):
            self.server.kill()
            self.server.start()
            return self.status(submission)["undoStatus"] == "pending"
        held, subject = self.hold("Through the crash", through_the_crash)
        wait_for(lambda: self.found(subject, "bob@blue.test"), 300)
        self.assertEqual(self.status(held)["deliveryStatus"]["bob@blue.test"]["delivered"], "yes")

    def test_nobody_sends_as_another(self):
        email = self.draft("Forged", "bob@blue.test", **{"from": [{"email": "bob@blue.test"}]})["id"]
        made = self.call("EmailSubmission/set", create={"s": {"identityId": "I0", "emailId": email, "envelope": {"mailFrom": {"email": "alice@blue.test"}, "rcptTo": [{"email": "bob@blue.test"}]}}})
        self.assertEqual(made["notCreated"]["s"]["type"], "forbiddenFrom")

    def test_the_journey_of_a_letter(self):
        self.server.submit("bob@blue.test", ["alice@blue.test"], letter("bob@blue.test", "alice@blue.test", subject="Journey"))
        wait_for(lambda: self.found("journey"))
        journey = self.call("Journey/get", ids=self.found("journey"), replay=True)["list"][0]
        self.assertEqual(journey["arrival"]["login"], "bob@blue.test")
        self.assertTrue(journey["arrival"]["tls"]["version"])
        self.assertEqual(journey["claimed"][0]["by"], self.server.name)


if __name__ == "__main__":
    unittest.main()
