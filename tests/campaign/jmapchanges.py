"""JMAP clients that follow /changes and /queryChanges while IMAP, SMTP and JMAP change the account at random and at the same time.

A client keeps, by Email/changes, Mailbox/changes and Thread/changes alone, the ids that are there and what of them may change; and lists of
ids by Email/queryChanges and Mailbox/queryChanges. It also looks in the middle of the work, where every answer must fit what it knew: nothing
created twice, nothing changed or destroyed that was never there, no place in a list behind its end. At each rest what it knows is what the
server says to who asks anew.

  ./test --long jmapchanges [--rounds 200] [--seed 1] [--seconds 1.5]
"""
import argparse
import base64
import http.client
import json
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))

USER = "alice@blue.test"
USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
QUERIES = [
    ("Email", {}),
    ("Email", {"filter": {"inMailbox": "F1"}, "collapseThreads": True}),
    ("Email", {"filter": {"inMailbox": "F1"}, "sort": [{"property": "receivedAt", "isAscending": True}]}),
    ("Email", {"filter": {"notKeyword": "$seen"}, "sort": [{"property": "size"}]}),
    ("Email", {"filter": {"operator": "NOT", "conditions": [{"hasKeyword": "$flagged"}, {"inMailbox": "F1"}]}}),
    ("Email", {"filter": {"someInThreadHaveKeyword": "$flagged"}, "sort": [{"property": "hasKeyword", "keyword": "$work"}]}),
    ("Mailbox", {"sort": [{"property": "sortOrder"}, {"property": "name"}]}),
]
PROPERTIES = {"Email": ["mailboxIds", "keywords", "threadId"], "Mailbox": ["name", "role", "parentId", "totalEmails", "unreadEmails", "totalThreads", "unreadThreads"], "Thread": ["emailIds"]}


class Fault(Exception):
    """The server said what does not fit."""


class Jmap:
    def __init__(self, server):
        self.server, self.connection = server, None
        self.login = base64.b64encode(f"{USER}:{server.passwords[USER]}".encode()).decode()
        self.account = "none"
        self.account = next(iter(self.ask("GET", "/jmap/session")["accounts"]))

    def ask(self, method, path, body=None):
        for _ in range(200):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(self.server.address, self.server.ports["https"], context=self.server.tls(), timeout=120)
            try:
                self.connection.request(method, path, body, {"Authorization": "Basic " + self.login, "Content-Type": "application/json"})
                answer = self.connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
                continue
            if answer.status in (400, 429) and b"maxConcurrentRequests" in data:
                time.sleep(0.02)
                continue
            if answer.status != 200:
                raise Fault(f"{path}: {answer.status} {data[:200]}")
            return json.loads(data)
        raise Fault(f"{path}: no answer")

    def call(self, name, **arguments):
        body = json.dumps({"using": USING, "methodCalls": [[name, {"accountId": self.account, **arguments}, "0"]]})
        return self.ask("POST", "/jmap/api", body)["methodResponses"][0][:2]

    def must(self, name, **arguments):
        said, answer = self.call(name, **arguments)
        if said != name:
            raise Fault(f"{name} {arguments}: {answer}")
        return answer


class Followed:
    """One type, by /changes alone."""

    def __init__(self, jmap, kind, most):
        self.jmap, self.kind, self.most = jmap, kind, most
        if kind == "Thread":
            # There is no Thread/query: who begins asks for the Emails first.
            self.state = jmap.must("Thread/get", ids=[])["state"]
            threads = {one["threadId"] for one in self.get("Email", jmap.must("Email/query")["ids"])["list"]}
            self.known = {one["id"]: one for one in self.get("Thread", sorted(threads))["list"]}
        else:
            self.state = jmap.must(f"{kind}/get", ids=[])["state"]
            self.known = {one["id"]: one for one in self.get(kind, jmap.must(f"{kind}/query")["ids"])["list"]}
        self.steps = 0

    def get(self, kind, ids):
        out = {"list": [], "notFound": []}
        for at in range(0, len(ids), 400):
            answer = self.jmap.must(f"{kind}/get", ids=ids[at:at + 400], properties=PROPERTIES[kind])
            out["list"] += answer["list"]
            out["notFound"] += answer["notFound"]
        return out

    def catch_up(self, steps=100_000):
        """In the middle of the work only some steps: changes may come faster than small ones follow them."""
        for _ in range(steps):
            answer = self.jmap.must(f"{self.kind}/changes", sinceState=self.state, maxChanges=self.most)
            created, updated, destroyed = answer["created"], answer["updated"], answer["destroyed"]
            self.steps += 1
            where = f"{self.kind}/changes since {self.state}: {answer}"
            if len(created) + len(updated) + len(destroyed) > self.most:
                raise Fault("more than maxChanges: " + where)
            if len(set(created + updated + destroyed)) != len(created) + len(updated) + len(destroyed):
                raise Fault("an id stands twice: " + where)
            # What was read of an object may be newer than its change: who begins in the middle of the work knows some already.
            if any(one not in self.known for one in updated):
                raise Fault("updated, but never created: " + where)
            for one in destroyed:
                self.known.pop(one, None)
            got = self.get(self.kind, created + updated)
            for one in got["list"]:
                self.known[one["id"]] = one
            for one in got["notFound"]:
                # Gone since; a later answer says so.
                self.known.setdefault(one, None)
            if not answer["hasMoreChanges"]:
                self.state = answer["newState"]
                return
            if answer["newState"] == self.state:
                raise Fault("more changes, but the same state: " + where)
            self.state = answer["newState"]

    def check(self):
        """At rest: all that is there, as it is there."""
        if self.kind == "Thread":
            ids = sorted({one["threadId"] for one in self.get("Email", self.jmap.must("Email/query")["ids"])["list"]})
        else:
            ids = self.jmap.must(f"{self.kind}/query")["ids"]
        now = {one["id"]: one for one in self.get(self.kind, ids)["list"]}
        if now != self.known:
            wrong = {key: (self.known.get(key), now.get(key)) for key in set(now) | set(self.known) if self.known.get(key) != now.get(key)}
            raise Fault(f"{self.kind}: known and true differ: {dict(list(wrong.items())[:5])}")


class List:
    """One query, by /queryChanges alone."""

    def __init__(self, jmap, kind, query):
        self.jmap, self.kind, self.query = jmap, kind, query
        answer = jmap.must(f"{kind}/query", **query)
        self.ids, self.state = answer["ids"], answer["queryState"]

    def catch_up(self, steps=1):
        arguments = {key: value for key, value in self.query.items()}
        answer = self.jmap.must(f"{self.kind}/queryChanges", sinceQueryState=self.state, calculateTotal=True, **arguments)
        where = f"{self.kind}/queryChanges {self.query} since {self.state}"
        gone = set(answer["removed"])
        self.ids = [one for one in self.ids if one not in gone]
        before = -1
        for added in answer["added"]:
            if added["index"] <= before or added["index"] > len(self.ids):
                raise Fault(f"{where}: {added} in a list of {len(self.ids)}: {answer}")
            before = added["index"]
            self.ids.insert(added["index"], added["id"])
        if len(set(self.ids)) != len(self.ids) or len(self.ids) != answer["total"]:
            raise Fault(f"{where}: {len(self.ids)} known, {answer['total']} told, or one twice")
        self.state = answer["newQueryState"]

    def check(self):
        answer = self.jmap.must(f"{self.kind}/query", **self.query)
        if answer["ids"] != self.ids:
            raise Fault(f"{self.kind}/query {self.query}: known {self.ids[:20]}, true {answer['ids'][:20]}")


class Worker(threading.Thread):
    """Changes the account at random until it is told to rest."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.server, self.dice = server, random.Random(seed)
        self.go, self.rests, self.ending = threading.Event(), threading.Event(), False
        self.done, self.fault = 0, None
        self.rests.set()

    def run(self):
        try:
            while not self.ending:
                if not self.go.wait(0.1):
                    continue
                self.rests.clear()
                while self.go.is_set():
                    self.step()
                    self.done += 1
                    time.sleep(0.03)
                self.rests.set()
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = f"{type(self).__name__}: {fault!r}"
        finally:
            self.rests.set()


class Delivers(Worker):
    def step(self):
        dice = self.dice
        thread = dice.randrange(15)
        text = (f"From: bob@blue.test\r\nTo: {USER}\r\nSubject: {dice.choice(['', 'Re: '])}thread {thread}\r\nMessage-ID: <{dice.getrandbits(60)}@blue.test>\r\n"
                f"References: <t{thread}@blue.test>\r\n\r\n{'x' * dice.randrange(2000)}\r\n")
        with self.server.smtp("bob@blue.test") as client:
            for _ in range(dice.randrange(1, 4)):
                client.sendmail("bob@blue.test", [USER], text.replace("Message-ID: <", f"Message-ID: <{dice.getrandbits(30)}."))
        time.sleep(0.02)


class Reads(Worker):
    """IMAP: flags, copies, moves, expunges, mailboxes."""
    imap = None

    def step(self):
        dice = self.dice
        if self.imap is None:
            self.imap = self.server.imap(USER)
        names = ["INBOX", "Archive", "Trash"] + [f"box{i}" for i in range(4)]
        what = dice.randrange(12)
        if what == 0:
            self.imap.create(f"box{dice.randrange(4)}")
            return
        if what == 1:
            self.imap.delete(f"box{dice.randrange(4)}")
            return
        if what == 2:
            self.imap.rename(f"box{dice.randrange(4)}", f"box{dice.randrange(4)}")
            return
        if self.imap.select(dice.choice(names))[0] != "OK":
            return
        uids = self.imap.uid("SEARCH", "ALL")[1][0].split()
        if not uids:
            return
        some = b",".join(sorted(set(dice.choices(uids, k=dice.randrange(1, 8))), key=int)).decode()
        if what < 8:
            flag = dice.choice(["\\Seen", "\\Flagged", "\\Deleted", "$work", "\\Answered"])
            self.imap.uid("STORE", some, dice.choice(["+", "-"]) + "FLAGS", f"({flag})")
        elif what == 8:
            self.imap.uid("COPY", some, dice.choice(names))
        elif what == 9:
            self.imap.uid("MOVE", some, dice.choice(names))
        else:
            self.imap.expunge()


class Sets(Worker):
    """JMAP: keywords, mailboxes, drafts, destroys."""
    jmap = None

    def step(self):
        dice = self.dice
        if self.jmap is None:
            self.jmap = Jmap(self.server)
        boxes = self.jmap.must("Mailbox/query")["ids"]
        emails = self.jmap.must("Email/query", limit=200)["ids"]
        some = dice.sample(emails, min(len(emails), dice.randrange(1, 6)))
        what = dice.randrange(8)
        if what == 0:
            self.jmap.must("Email/set", create={"k": {"mailboxIds": {dice.choice(boxes): True}, "subject": "draft", "keywords": {"$draft": True}}})
        elif what == 1:
            self.jmap.must("Email/set", destroy=some[:2])
        elif what == 2:
            self.jmap.must("Mailbox/set", create={"k": {"name": f"box{dice.randrange(4)}"}}, update={dice.choice(boxes): {"sortOrder": dice.randrange(5)}})
        elif what == 3:
            self.jmap.must("Email/set", update={one: {"mailboxIds": {box: True for box in dice.sample(boxes, min(2, len(boxes)))}} for one in some})
        else:
            keyword = dice.choice(["$seen", "$flagged", "$work"])
            self.jmap.must("Email/set", update={one: {f"keywords/{keyword}": dice.choice([True, None])} for one in some})


def follow(server, rounds, seed, seconds):
    """Gives (faults, told)."""
    jmap, faults = Jmap(server), []
    workers = [Delivers(server, f"{seed} smtp"), Reads(server, f"{seed} imap"), Sets(server, f"{seed} jmap")]
    followed = [Followed(jmap, kind, most) for kind, most in (("Email", 500), ("Email", 20), ("Mailbox", 500), ("Mailbox", 3), ("Thread", 500), ("Thread", 10))]
    lists = [List(jmap, kind, query) for kind, query in QUERIES]
    for one in workers:
        one.start()
    looks = 0
    try:
        for number in range(rounds):
            for one in workers:
                one.go.set()
            until = time.time() + seconds
            while time.time() < until:
                for one in followed + lists:
                    one.catch_up(steps=3)
                looks += 1
            for one in workers:
                one.go.clear()
            for one in workers:
                if not one.rests.wait(120):
                    raise Fault(f"{type(one).__name__} does not come to rest")
                if one.fault:
                    raise Fault(one.fault)
            # All that was submitted is there before it is compared.
            for _ in range(200):
                before = jmap.must("Email/get", ids=[])["state"]
                time.sleep(0.1)
                if before == jmap.must("Email/get", ids=[])["state"]:
                    break
            for one in followed + lists:
                one.catch_up()
                one.check()
            size = len(followed[0].known)
            if size > 900:
                jmap.must("Email/set", destroy=sorted(followed[0].known)[:400])
    except Fault as fault:
        faults.append(f"seed {seed}, round {number}: {fault}")
    finally:
        for one in workers:
            one.ending = True
            one.go.clear()
        for one in workers:
            one.join(60)
    done = ", ".join(f"{type(one).__name__} {one.done}" for one in workers)
    steps = sum(one.steps for one in followed)
    return faults, f"changes followed: {rounds} rests, {looks} looks in the middle of the work, {steps} answers of /changes; work: {done}; {len(followed[0].known)} emails at the end"


def run(rounds, seed, seconds):
    from harness import Folder, Server
    folder = Folder("jmapchanges")
    server = Server(folder.path, log_level="info")
    try:
        server.start()
        server.add("alice", "bob")
        faults, told = follow(server, rounds, seed, seconds)
        server.stop()
        server.cli("verify")
    finally:
        server.close()
        folder.remove()
    return faults, told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=float, default=1.5)
    arguments = parser.parse_args()
    os.environ.setdefault("POSTHORN", os.path.join(SOURCE, arguments.build, "posthorn"))
    os.environ.setdefault("POSTHORN_SOURCE", SOURCE)
    faults, told = run(arguments.rounds, arguments.seed, arguments.seconds)
    for one in faults:
        print(one)
    print(told)
    print(f"{arguments.rounds - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
