"""What the tests of judging share: blue.test with a policy of reject, attack.test of an attacker whose own SPF, DKIM and DMARC are in
order, and green.test that receives; strangers who speak SMTP byte by byte; signatures as no signer would make them.
"""
import base64
import hashlib
import os
import socket
import subprocess

from cases import PairCase
from harness import Pair, zone

# What blue.test publishes. It sends from 127.0.9.1 alone.
BLUE = '@ TXT "v=spf1 mx -all"\nmx TXT "v=spf1 a -all"\n_dmarc TXT "v=DMARC1; p=reject; rua=mailto:postmaster@blue.test"\n'
STRANGER = "127.0.9.66"


class Key:
    """A private key made by openssl. `record`: its TXT record (RFC 6376 3.6.1, 8463 4)."""

    def __init__(self, folder, name, kind="rsa", bits=2048):
        self.path, self.kind = os.path.join(folder, f"{name}.pem"), kind
        options = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"] if kind == "rsa" else ["-algorithm", "ED25519"]
        subprocess.run(["openssl", "genpkey", *options, "-out", self.path], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        if kind != "rsa":
            self.public = self.public[-32:]
        self.record = f"v=DKIM1; k={kind}; p={base64.b64encode(self.public).decode()}"

    def sign(self, data, digest="sha256"):
        if self.kind == "rsa":
            return subprocess.run(["openssl", "dgst", f"-{digest}", "-sign", self.path], input=data, check=True, capture_output=True).stdout
        hashed = os.path.join(os.path.dirname(self.path), "hashed")
        with open(hashed, "wb") as out:
            out.write(hashlib.sha256(data).digest())
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", hashed], check=True, capture_output=True).stdout


def txt(name, text):
    """A TXT line of a zone file; long texts are cut into strings."""
    return f"{name} TXT " + " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200)) + "\n"


def signed(message, key, domain, selector="s", fields=("From", "To", "Subject", "Date"), algorithm=None, length=None, more="", body_hash=None):
    """A message with a DKIM-Signature on top, simple/simple (RFC 6376 3.4.1, 3.4.3), with whatever tags the test wants."""
    head, body = message.split(b"\r\n\r\n", 1)
    algorithm = algorithm or f"{key.kind}-sha256"
    digest = algorithm.split("-")[1]
    lines = {}
    for line in head.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n"):
        name, _, _ = line.partition(b":")
        lines.setdefault(name.strip().lower(), []).append(line.replace(b"\0", b"\r\n"))
    hashed = body[:length] if length is not None else body.rstrip(b"\r\n") + b"\r\n"
    bh = base64.b64encode(hashlib.new(digest, hashed).digest()).decode() if body_hash is None else body_hash
    tags = f"v=1; a={algorithm}; c=simple/simple; d={domain}; s={selector}; h={':'.join(fields)}; bh={bh};" + (f" l={length};" if length is not None else "") + more
    field = b"DKIM-Signature: " + tags.encode("latin-1") + b" b="
    covered = b""
    for name in fields:
        rest = lines.get(name.lower().encode(), [])
        if rest:
            covered += rest.pop() + b"\r\n"
    return field + base64.b64encode(key.sign(covered + field, digest)) + b"\r\n" + message


def flat(field):
    return " ".join((field or "").split())


class Judged(PairCase):
    """One pair of servers for the class. `records` of a subclass: more lines of attack.test's and blue.test's zones."""
    queue = 'source_address = "127.0.9.1"\nretry_first = "1s"\nretry_most = "5s"\n'
    keys = {}  # selector: kind and bits; all of them in both zones, at attack.test as SELECTOR, at blue.test as SELECTOR
    attack_records, blue_records, green_records, sections = "", "", "", None

    @classmethod
    def make_pair(cls):
        cls.made = {name: Key(cls.folder.path, name, *options) for name, options in cls.keys.items()}
        keys = "".join(txt(f"{name}._domainkey", key.record) for name, key in cls.made.items())
        cls.zones = {"test": zone("test", "127.0.9.53"),
                     "attack.test": zone("attack.test", STRANGER) + '@ TXT "v=spf1 mx -all"\n_dmarc TXT "v=DMARC1; p=none"\n' + keys + cls.attack_records}
        return Pair(cls.folder.path, queue=cls.queue, more_zone={"blue.test": BLUE + keys + cls.blue_records, "green.test": cls.green_records}, more_zones=cls.zones, more_sections=cls.sections)

    @classmethod
    def start(cls):
        cls.green.start()

    def dialog(self, data, mail_from=b"<any@attack.test>", helo=b"attack.test", recipient=b"<bob@green.test>", server=None):
        """One SMTP session of a stranger, byte by byte. Gives the verb that was refused, or "." for the end of data, and the answer to it."""
        server = server or self.green
        with socket.create_connection((server.address, server.ports["smtp"]), timeout=90, source_address=(STRANGER, 0)) as connection:
            stream = connection.makefile("rb")

            def answer():
                while True:
                    line = stream.readline()
                    if line[3:4] != b"-":
                        return line.decode().rstrip()
            answer()
            for verb, line in (("EHLO", b"EHLO " + helo), ("MAIL", b"MAIL FROM:" + mail_from), ("RCPT", b"RCPT TO:" + recipient), ("DATA", b"DATA")):
                connection.sendall(line + b"\r\n")
                got = answer()
                if got[0] in "45":
                    return verb, got
            connection.sendall(data.replace(b"\r\n.", b"\r\n..") + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            return ".", answer()

    def counts(self, server=None):
        server = server or self.green
        return {name: len(server.inbox("bob@green.test", name)) for name in ("INBOX", "Junk")}

    def refused(self, data, code, at=".", **options):
        """It is refused with this answer at that verb, and nothing is delivered."""
        before = self.counts()
        verb, answer = self.dialog(data, **options)
        self.assertEqual(verb, at, answer)
        self.assertRegex(answer, code)
        self.assertEqual(self.counts(), before)
        return answer

    def delivered(self, data, mailbox, **options):
        """It is taken into that mailbox and nowhere else. Gives it."""
        before = self.counts()
        verb, answer = self.dialog(data, **options)
        self.assertEqual((verb, answer[:3]), (".", "250"), answer)
        wanted = {name: count + (name == mailbox) for name, count in before.items()}
        self.assertEqual(self.counts(), wanted)
        return self.green.inbox("bob@green.test", mailbox)[-1]

    def evidence(self, mailbox):
        """What `check stored` says about the newest message of a mailbox."""
        with self.green.imap("bob@green.test") as imap:
            imap.select(mailbox)
            uid = imap.uid("SEARCH", "ALL")[1][0].split()[-1].decode()
        return self.green.json("check", "stored", "bob@green.test", uid, "--mailbox", mailbox)

    def envelope_from(self, mailbox):
        """The From that IMAP's ENVELOPE shows of the newest message."""
        with self.green.imap("bob@green.test") as imap:
            imap.select(mailbox)
            return imap.fetch("*", "(ENVELOPE)")[1][0]
