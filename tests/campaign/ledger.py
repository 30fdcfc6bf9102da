"""The oracle: what was tried, what was acknowledged, and what a mailbox shows of it.

A letter is known by its Message-ID, its body by SHA-256. Every attempt is a letter of its own, so a mailbox holds each acknowledged one
once and each other at most once. A Mailbox remembers every UID that it ever saw: one that comes again, comes lower or names another
letter, a UIDVALIDITY that changes and a HIGHESTMODSEQ that falls are faults.
"""
import base64
import imaplib
import random
import re
import threading
import time

from harness import sha
from sink import body_of, name_of


class Letter:
    def __init__(self, name, size, dice):
        body = base64.encodebytes(dice.randbytes(max(40, size * 3 // 4))).replace(b"\n", b"\r\n")
        self.name, self.size, self.sha = name, size, sha(body)
        self.acknowledged = None  # when, on the monotonic clock
        self.answer = ""          # what the server said last
        self.text = (f"From: alice@blue.test\r\nTo: bob@green.test\r\nSubject: {name}\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n"
                     f"Message-ID: <{name}>\r\n\r\n").encode() + body

    def forget_text(self):
        self.text = None


class Ledger:
    def __init__(self, seed):
        self.seed, self.count, self.letters, self.faults = seed, 0, {}, []
        self.lock = threading.Lock()

    def letter(self, size, kind):
        with self.lock:
            self.count += 1
            number = self.count
        made = Letter(f"{kind}-{number}-{self.seed}@campaign", size, random.Random(f"{self.seed} {number}"))
        with self.lock:
            self.letters[made.name] = made
        return made

    def fault(self, what):
        if what not in self.faults:
            self.faults.append(what)
            print(f"FAULT {what}", flush=True)

    def acknowledged(self, before=float("inf"), kind=""):
        with self.lock:
            return {l.name for l in self.letters.values() if l.acknowledged is not None and l.acknowledged < before and l.name.startswith(kind)}


class Mailbox:
    """What one mailbox has shown so far. `kind`: the letters that are to be in it have names that begin so."""

    def __init__(self, ledger, server, user, kind, name="INBOX"):
        self.ledger, self.server, self.user, self.kind, self.name = ledger, server, user, kind, name
        self.seen, self.gone, self.validity, self.modseq, self.next = {}, set(), None, 0, 1
        self.doubled = 0

    def fault(self, what):
        self.ledger.fault(f"{self.user} {self.name}: {what}")

    def select(self, client):
        _, data = client.select(self.name)
        number = lambda word: int((client.response(word)[1] or [b"0"])[0] or 0)
        validity, following = number("UIDVALIDITY"), number("UIDNEXT")
        modseq = number("HIGHESTMODSEQ")
        if self.validity not in (None, validity):
            self.fault(f"UIDVALIDITY was {self.validity} and is {validity}")
        if following < self.next:
            self.fault(f"UIDNEXT fell from {self.next} to {following}")
        if modseq < self.modseq:
            self.fault(f"HIGHESTMODSEQ fell from {self.modseq} to {modseq}")
        self.validity, self.next, self.modseq = validity, following, modseq
        return int(data[0])

    def take(self, uid, message):
        name, digest = name_of(message), sha(body_of(message))
        letter = self.ledger.letters.get(name)
        if letter is None:
            self.fault(f"UID {uid} holds a letter that nobody sent: {message[:200]!r}")
        elif digest != letter.sha:
            self.fault(f"UID {uid}: the text of {name} is not what was sent")
        if self.seen.get(uid, name) != name:
            self.fault(f"UID {uid} was {self.seen[uid]} and is {name}")
        elif uid not in self.seen and (name in self.seen.values() or name in self.gone):
            self.doubled += 1
            self.fault(f"{name} is there twice (UID {uid})")
        if uid >= self.next:
            self.fault(f"UID {uid} is not below UIDNEXT {self.next}")
        if uid not in self.seen and self.seen and uid <= max(self.seen):
            self.fault(f"UID {uid} came after UID {max(self.seen)}")
        self.seen[uid] = name

    def log_in(self, seconds=30):
        """While the store opens itself again after an error a login is told to come again (docs/reliability.md), as it is in a crowd."""
        until = time.monotonic() + seconds
        while True:
            try:
                return self.server.imap_plain(self.user)
            except imaplib.IMAP4.error as error:
                if "[UNAVAILABLE]" not in str(error) or time.monotonic() > until:
                    raise
            time.sleep(0.2)

    def look(self, before=float("inf"), whole=False):
        """Looks at what is new (whole: at everything again), and that nothing acknowledged before `before` is missing. Gives the missing."""
        client = self.log_in()
        try:
            exists = self.select(client)
            first = 1 if whole or not self.seen else max(self.seen) + 1
            _, data = client.uid("FETCH", f"{first}:*", "(UID BODY.PEEK[])")
            found = {}
            for item in data or []:
                if isinstance(item, tuple):
                    uid = int(re.search(rb"UID (\d+)", item[0])[1])
                    if uid >= first:
                        found[uid] = item[1]
            for uid in sorted(found):
                self.take(uid, found[uid])
            if whole:
                for uid in set(self.seen) - set(found):
                    self.fault(f"UID {uid} ({self.seen[uid]}) is gone")
            if exists != len(self.seen):
                self.fault(f"EXISTS says {exists}, and {len(self.seen)} were seen")
        finally:
            client.logout()
        missing = self.ledger.acknowledged(before, self.kind) - set(self.seen.values()) - self.gone
        for name in sorted(missing):
            self.fault(f"{name} was acknowledged and is lost")
        return missing

    def empty(self):
        """Expunges all, so that the folder stays small; the UIDs stay spent. False: the server says that it did not work."""
        client = self.log_in()
        try:
            self.select(client)
            if self.seen:
                if client.uid("STORE", f"1:{max(self.seen)}", "+FLAGS.SILENT", "(\\Deleted)")[0] != "OK":
                    return False
                if client.expunge()[0] != "OK":
                    return False
            self.gone |= set(self.seen.values())
            highest = max(self.seen, default=0)
            self.seen.clear()
            exists = self.select(client)
            if self.next <= highest:
                self.fault(f"UIDNEXT is {self.next} after UID {highest} was expunged")
            if exists:
                self.fault(f"{exists} are left after all were expunged")
            return True
        finally:
            client.logout()
