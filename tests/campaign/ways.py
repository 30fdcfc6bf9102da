"""The ways a letter comes in, each over a connection that is ready before the fault is armed: DATA, BDAT, IMAP APPEND, submission over
STARTTLS with AUTH to another domain. send() gives True if the server said that it has the letter."""
import imaplib
import smtplib
import socket
import time

LOST = (OSError, EOFError, smtplib.SMTPException, imaplib.IMAP4.error)


def words_of(lost):
    """What the server said, where the exception tells: a login that is put off is an answer like any other."""
    if isinstance(lost, smtplib.SMTPResponseException):
        return f"{lost.smtp_code} {lost.smtp_error!r}"
    if isinstance(lost, imaplib.IMAP4.error) and not isinstance(lost, imaplib.IMAP4.abort):
        return f"NO {lost}"
    return f"lost: {lost!r}"


class Way:
    def acknowledge(self, letter, good, answer):
        letter.answer = answer
        if good:
            letter.acknowledged = time.monotonic()
        letter.forget_text()
        return good


class Smtp(Way):
    """Port 25 to a mailbox here; chunked: BDAT instead of DATA."""
    kind, user = "data", "alice@blue.test"

    def __init__(self, server, timeout=20):
        self.client = self.connect(server, timeout)
        self.code = 0

    def connect(self, server, timeout):
        client = smtplib.SMTP(server.address, server.ports["smtp"], timeout=timeout)
        client.ehlo()
        return client

    def envelope(self, letter):
        """MAIL and RCPT; False if one is refused."""
        sender, recipient = ("x@example.com", self.user) if self.kind != "out" else ("alice@blue.test", "someone@far.test")
        for line in (f"MAIL FROM:<{sender}> SIZE={len(letter.text)}", f"RCPT TO:<{recipient}>"):
            self.code, answer = self.client.docmd(line)
            if self.code != 250:
                self.client.docmd("RSET")
                return self.acknowledge(letter, False, f"{self.code} {answer.decode()}")
        return True

    def send(self, letter):
        if not self.envelope(letter):
            return False
        self.code, answer = self.text(letter)
        return self.acknowledge(letter, self.code == 250, f"{self.code} {answer.decode()}")

    def text(self, letter):
        self.client.docmd("DATA")
        self.client.send(letter.text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.client.getreply()

    def close(self):
        self.client.close()


class Bdat(Smtp):
    kind, user = "bdat", "carol@blue.test"

    def text(self, letter):
        half = len(letter.text) // 2
        for part, last in ((letter.text[:half], b""), (letter.text[half:], b" LAST")):
            self.client.send(b"BDAT %d%s\r\n" % (len(part), last) + part)
            code, answer = self.client.getreply()
            if code != 250:
                self.client.docmd("RSET")
                break
        return code, answer


class Submission(Smtp):
    """Port 587 to another domain: the letter is queued."""
    kind, user = "out", None

    def connect(self, server, timeout):
        client = smtplib.SMTP(server.address, server.ports["submission"], timeout=timeout)
        client.starttls(context=server.tls())
        client.login("alice@blue.test", server.passwords["alice@blue.test"])
        return client


class Append(Way):
    kind, user = "append", "dave@blue.test"

    def __init__(self, server, timeout=20):
        self.client = server.imap_plain(self.user, timeout)
        self.code = 0

    def send(self, letter):
        kind, data = self.client.append("INBOX", None, None, letter.text)
        self.code = 250 if kind == "OK" else 451
        return self.acknowledge(letter, kind == "OK", f"{kind} {data[0]!r}")

    def close(self):
        try:
            self.client.shutdown()
        except OSError:
            pass


WAYS = {"data": Smtp, "bdat": Bdat, "append": Append, "submission": Submission}


def connect(way, server, seconds=10):
    """A ready connection; a server that is just starting gets a moment."""
    end = time.monotonic() + seconds
    while True:
        try:
            return WAYS[way](server)
        except LOST:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def close_quietly(connection):
    if connection is None:
        return
    try:
        connection.close()
    except (OSError, socket.error):
        pass
