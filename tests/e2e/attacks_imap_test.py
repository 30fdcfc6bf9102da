"""attacks.md 2E against a running server: each test is named after its row."""
import base64
import os
import random
import socket
import sys
import threading
import time
import unittest

from cases import ServerCase
from harness import Folder, Server, letter, resident, wait_for

ALICE, BOB = "alice@blue.test", "bob@blue.test"
PASSWORD = "secret"


def rss(server):
    return resident(server.process)


def settled_rss(server):
    """jemalloc gives memory back within a second or two."""
    time.sleep(2.5)
    return rss(server)


class Raw:
    """A connection that says just what it is told."""

    def __init__(self, server, service="imap", source="127.0.0.1", greeting=True):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((source, 0))
        self.socket.settimeout(60)
        self.socket.connect((server.address, server.ports[service]))
        self.file = self.socket.makefile("rb")
        self.greeting = self.line() if greeting else b""

    def line(self):
        return self.file.readline()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def until(self, tag):
        """The lines up to the tagged one."""
        lines = []
        while True:
            line = self.line()
            lines.append(line)
            if not line or line.startswith(tag.encode() + b" "):
                return lines

    def ask(self, tag, command):
        self.send(f"{tag} {command}\r\n")
        return self.until(tag)

    def ended(self):
        """What comes until the server closes."""
        rest = b""
        try:
            rest = self.file.read()
        except ConnectionResetError:
            pass
        return rest

    def close(self):
        self.file.close()
        self.socket.close()


class Imap(ServerCase):
    users, password = ("alice", "bob"), PASSWORD
    sections = {"server": "insecure_auth = true\n", "limits": "connections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\nfailed_logins_per_account = 0\nfailed_logins_before_waits = 0\nfailed_logins_per_address = 0\nconnections_per_account_and_address = 0\nconnections_per_account = 0\n"}

    def login(self, user=ALICE, service="imap"):
        raw = Raw(self.server, service)
        self.assertIn(b" OK ", raw.ask("in", f"LOGIN {user} {PASSWORD}")[-1])
        return raw

    def test_E1_literal_memory_is_not_taken_by_its_announcement(self):
        before = settled_rss(self.server)
        for n in ("4294967295", "18446744073709551616", "-1", "1e9+", "1000000000", "1025"):
            raw = Raw(self.server)
            raw.send(f"a LOGIN {{{n}}}\r\n")
            self.assertRegex(raw.line(), rb"^(a|\*) (BAD|NO|BYE)", n)
            raw.close()
        raws = [self.login() for _ in range(5)]
        for raw in raws:
            raw.send("a APPEND INBOX {4294967295}\r\n")
            self.assertRegex(raw.line(), rb"^a NO \[TOOBIG\]")
            raw.send("b SEARCH TEXT {70000}\r\n")
            self.assertRegex(raw.line(), rb"^b (BAD|NO)")
        for raw in raws:
            raw.close()
        # A literal that may be announced costs nothing until it comes.
        raws = [self.login() for _ in range(20)]
        at = settled_rss(self.server)
        for raw in raws:
            raw.send("a APPEND INBOX {52428000}\r\n")
            self.assertTrue(raw.line().startswith(b"+ "))
        self.assertLess(settled_rss(self.server) - at, 20 * 65536)
        for raw in raws:
            raw.close()
        self.assertLess(settled_rss(self.server) - before, 8 << 20)

    def test_E2_a_literal_that_is_not_waited_for_is_small_or_the_connection_ends(self):
        raw = self.login()
        self.assertIn(b"LITERAL-", b"".join(raw.ask("c", "CAPABILITY")))
        raw.send("a APPEND x {2147483647+}\r\n")
        said = raw.ended()
        self.assertIn(b"a BAD", said)
        self.assertIn(b"* BYE", said)
        raw = self.login()
        raw.send("a SEARCH TEXT {4+}\r\nabcd\r\n")
        self.assertRegex(raw.line(), rb"^a BAD|^\* ")
        raw.close()

    def test_E3_nesting_before_login_holds_no_memory(self):
        before = settled_rss(self.server)
        raws = [Raw(self.server) for _ in range(1000)]
        for raw in raws:
            try:
                raw.send(b"a NOOP " + b"(" * 4000)
            except OSError:
                pass
        time.sleep(1)
        grown = rss(self.server) - before
        print(f"E3: 1000 connections with 4,000 parentheses each: {grown / 2 ** 20:.1f} MiB more")
        self.assertLess(grown, 32 << 20)
        good = self.login()
        self.assertIn(b"OK", good.ask("n", "NOOP")[-1])
        good.close()
        for raw in raws:
            raw.close()

    def test_E4_bad_base64_and_aborted_exchanges_leave_others_alone(self):
        over = threading.Event()
        failures, times = [], []

        def good():
            while not over.is_set():
                started = time.monotonic()
                try:
                    self.login().close()
                except (AssertionError, OSError) as e:
                    failures.append(e)
                times.append(time.monotonic() - started)
        thread = threading.Thread(target=good)
        thread.start()
        warm = None
        # Five failures end a connection (F1).
        for i in range(2000):
            raw = Raw(self.server)
            raw.send("a AUTHENTICATE PLAIN\r\n****\r\nb AUTHENTICATE PLAIN\r\n*\r\nc AUTHENTICATE SCRAM-SHA-256\r\nbiwsbj1hbGljZSxyPWFiYw==\r\n*\r\n")
            lines = [raw.line() for _ in range(7)]
            self.assertTrue(any(l.startswith(b"a BAD") for l in lines), lines)
            self.assertTrue(any(l.startswith(b"b BAD") for l in lines), lines)
            raw.close()
            if i == 500:
                warm = settled_rss(self.server)
        over.set()
        thread.join()
        self.assertEqual([], failures)
        self.assertGreater(len(times), 3)
        grown = settled_rss(self.server) - warm
        print(f"E4: 1,500 more connections with aborted exchanges: {grown / 2 ** 20:.1f} MiB more")
        self.assertLess(grown, 6 << 20)

    def test_E5_wildcards_are_linear_and_a_search_is_stopped(self):
        raw = self.login(BOB)
        count = 2000
        for start in range(0, count, 500):
            raw.send("".join(f"m{i} CREATE {'a' * 30}{i}\r\n" for i in range(start, start + 500)))
            for i in range(start, start + 500):
                self.assertIn(b"OK", raw.until(f"m{i}")[-1])
        self.assertIn(b"OK", raw.ask("w", 'LIST "" "*"')[-1])
        started = time.monotonic()
        plain = raw.ask("p", 'LIST "" "nothing"')
        base = time.monotonic() - started
        started = time.monotonic()
        lines = raw.ask("l", 'LIST "" "*a*a*a*a*a*a*a*a*a*a*a*a*a*b"')
        took = time.monotonic() - started
        self.assertEqual(1, len(lines))
        print(f"E5: LIST over {count} mailboxes: {base * 1000:.0f} ms with a plain name, {took * 1000:.0f} ms with 13 wildcards")
        self.assertLess(took, max(0.2, 5 * base))
        raw.send("d SEARCH " + "OR " * 40000 + "\r\n")
        self.assertRegex(raw.line(), rb"^d (BAD|NO)|^\* BAD")
        raw.close()  # a line that long ends the connection
        raw = self.login(BOB)
        self.assertRegex(raw.ask("n", "SEARCH " + "(" * 40 + "ALL" + ")" * 40)[-1], rb"BAD|NO")
        raw.close()

    def test_E6_a_client_that_reads_nothing_holds_no_memory(self):
        self.server.json("account", "list")
        raw = self.login()
        body = b"x" * 76 + b"\r\n"
        message = letter(ALICE, ALICE, body * (20_000_000 // len(body)), "large")
        raw.send(f"a APPEND INBOX {{{len(message)}}}\r\n")
        raw.line()
        raw.send(message + b"\r\n")
        self.assertIn(b"a OK", raw.until("a")[-1])
        raw.close()
        before = settled_rss(self.server)
        stuck = []
        for _ in range(20):
            one = Raw(self.server)
            one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            one.ask("in", f"LOGIN {ALICE} {PASSWORD}")
            one.ask("s", "EXAMINE INBOX")
            one.send("f FETCH 1 (" + " ".join(["BODY.PEEK[]"] + [f"BODY.PEEK[]<{i}.20000000>" for i in range(100)]) + ")\r\n")
            stuck.append(one)
        time.sleep(3)
        grown = rss(self.server) - before
        print(f"E6: 20 clients that asked for 100 x 20 MB each and read nothing: {grown / 2 ** 20:.1f} MiB more")
        self.assertLess(grown, 20 * (2 << 20))
        # Ranges are what they should be, also across the chunks of the store.
        raw = self.login()
        raw.ask("s", "EXAMINE INBOX")
        for at, n in ((0, 10), (65530, 20), (131072, 65536), (262140, 300000), (len(message) - 5, 100), (len(message) + 5, 10), (1, len(message))):
            lines = raw.ask("r", f"UID FETCH 1 (BODY.PEEK[]<{at}.{n}>)")
            got = b"".join(lines)
            start = got.index(b"}\r\n") + 3
            expected = message[at:at + n]
            self.assertEqual(expected, got[start:start + len(expected)], (at, n))
            self.assertTrue(got[start + len(expected):].startswith(b")\r\n"), (at, n))
        whole = b"".join(raw.ask("w", "UID FETCH 1 (BODY.PEEK[] RFC822.SIZE BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        self.assertIn(message, whole)
        self.assertIn(b"Subject: large\r\n\r\n", whole[len(message):])
        text = message.split(b"\r\n\r\n", 1)[1]
        at = whole.index(b"BODY[TEXT] {%d}\r\n" % len(text)) + len(b"BODY[TEXT] {%d}\r\n" % len(text))
        self.assertEqual(text, whole[at:at + len(text)])
        started = time.monotonic()
        for i in range(100):
            raw.ask("x", f"UID FETCH 1 (BODY.PEEK[]<{i * 65536}.65536>)")
        print(f"E6: a range of 64 KiB of a message of 20 MB: {(time.monotonic() - started) * 10:.2f} ms")
        raw.close()
        for one in stuck:
            one.close()

    def test_E7_a_mailbox_name_is_no_path(self):
        raw = self.login()
        for name in ('"../../etc/x"', '"INBOX/../.."', '"a/./b"', '"/etc/passwd"', '"a//b"'):
            said = raw.ask("c", f"CREATE {name}")[-1]
            self.assertRegex(said, rb"^c (OK|NO|BAD)", name)
        for name in ('"&ANkA2Q-"', '"&AGE-"', '"&!!!-"', '"&2AA-"', '"a&"', '"x&AAA-y"', '"tab\x01"'):
            self.assertRegex(raw.ask("c", f"CREATE {name}")[-1], rb"^c (NO|BAD)", name) if name != '"&ANkA2Q-"' else raw.ask("c", f"CREATE {name}")
        self.assertRegex(raw.ask("d", "CREATE " + "a" * 2000)[-1], rb"^d (NO|BAD)")
        self.assertRegex(raw.ask("e", "CREATE " + "/".join(["d"] * 70))[-1], rb"^e (NO|BAD)")
        raw.close()
        outside = [os.path.join(root, f) for root, _, files in os.walk(self.folder.path) for f in files if f == "x" or "etc" in root[len(self.folder.path):]]
        self.assertEqual([], outside)

    def test_E9_apop_is_not_offered(self):
        raw = Raw(self.server, "pop3")
        self.assertNotRegex(raw.greeting, rb"<.*>")
        raw.send("CAPA\r\nAPOP alice 0123456789abcdef0123456789abcdef\r\n")
        said = b""
        while b"-ERR" not in said:
            said += raw.line()
        self.assertNotIn(b"APOP", said.upper().split(b"-ERR")[0])
        raw.close()

    def test_E14_a_captured_exchange_does_not_work_again(self):
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        import hashlib
        import hmac
        def first(raw):
            bare = b"n=" + ALICE.encode() + b",r=fixednonce"
            raw.send(b"a AUTHENTICATE SCRAM-SHA-256 " + base64.b64encode(b"n,," + bare) + b"\r\n")
            server_first = base64.b64decode(raw.line()[2:].strip())
            return bare, server_first
        raw = Raw(self.server)
        bare, server_first = first(raw)
        fields = dict(f.split(b"=", 1) for f in server_first.split(b","))
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), base64.b64decode(fields[b"s"]), int(fields[b"i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        final = b"c=biws,r=" + fields[b"r"]
        signature = hmac.digest(hashlib.sha256(client_key).digest(), bare + b"," + server_first + b"," + final, "sha256")
        captured = final + b",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature)))
        raw.send(base64.b64encode(captured) + b"\r\n")
        raw.line()
        raw.send(b"\r\n")
        self.assertIn(b"a OK", raw.until("a")[-1])
        raw.close()
        raw = Raw(self.server)
        first(raw)
        raw.send(base64.b64encode(captured) + b"\r\n")
        self.assertIn(b"a NO", raw.until("a")[-1])
        raw.close()

    def test_F16_names_are_values(self):
        for user in ("*)(uid=*", "' OR 1=1--", "alice@blue.test' --", "*", "%", "alice@blue.test\\x00x", "alice@*"):
            raw = Raw(self.server)
            raw.send(f"a LOGIN {{{len(user)}}}\r\n")
            raw.line()
            raw.send(f"{user} {{{len(PASSWORD)}}}\r\n")
            self.assertTrue(raw.line().startswith(b"+"))
            raw.send(PASSWORD + "\r\n")
            self.assertRegex(raw.until("a")[-1], rb"^a NO \[AUTHENTICATIONFAILED\]", user)
            raw.close()

    def test_E8_random_work_of_two_users_never_crosses(self):
        """Every message, mailbox and flag of a user carries a word that the other's must never show."""
        rnd = random.Random(8)
        words = {ALICE: b"wordofalice", BOB: b"wordofbob"}
        sessions = {u: self.login(u) for u in words}
        for user, raw in sessions.items():
            word = words[user].decode()
            raw.ask("c", f"CREATE {word}")
            for i in range(5):
                message = letter(user, user, words[user] + b" %d\r\n" % i, word)
                raw.send(f"a APPEND {word} {{{len(message)}}}\r\n".encode())
                raw.line()
                raw.send(message + b"\r\n")
                raw.until("a")
            raw.ask("s", f"SELECT {word}")
        other = {ALICE: BOB, BOB: ALICE}
        count = 0
        for i in range(4000):
            user = rnd.choice(list(words))
            raw, word, foreign = sessions[user], words[user].decode(), words[other[user]].decode()
            command = rnd.choice([
                f"FETCH {rnd.randint(1, 9)} (FLAGS ENVELOPE BODY.PEEK[TEXT] EMAILID)", f"UID FETCH 1:{rnd.randint(1, 999999)} (BODY.PEEK[HEADER])",
                f"SELECT {foreign}", f"STATUS {foreign} (MESSAGES)", f"UID COPY 1:* {foreign}", f"RENAME {foreign} stolen{i}", f"DELETE {foreign}",
                f"SELECT \"Other Users/{other[user]}/INBOX\"", f"SELECT \"/{other[user]}/{foreign}\"", f"SELECT {word}", f"SELECT {word}",
                'LIST "" "*"', f'LIST "" "*{foreign}*"', f"SEARCH TEXT {foreign}", "SEARCH ALL", f"STORE 1 +FLAGS ({word})", "NOOP", f"SUBSCRIBE {foreign}", f"UNSUBSCRIBE {foreign}",
                f"UID MOVE 1 {foreign}", "NAMESPACE", f"APPEND {foreign} {{3+}}\r\nx\r\n"])
            raw.send(f"t{i} {command}\r\n")
            said = b"".join(raw.until(f"t{i}"))
            count += 1
            # What the client itself said may come back in a refusal's text, never as data.
            if b"* BYE" in said or not said.endswith(b"\n"):  # too many commands that were wrong
                raw.close()
                sessions[user] = self.login(user)
                sessions[user].ask("s", f"SELECT {word}")
            elif command.startswith("SELECT") and b" OK " not in said:
                raw.ask("s", f"SELECT {word}")
            data = b"\n".join(l for l in said.split(b"\n") if not l.startswith(b"t%d " % i))
            self.assertNotIn(words[other[user]], data.replace(b"* LIST (\\NonExistent", b""), (user, command))
        print(f"E8: {count} random commands of two users, nothing crossed")
        for raw in sessions.values():
            raw.close()


class Limits(unittest.TestCase):
    """With the limits as they are shipped."""

    def setUp(self):
        self.folder = Folder("attacks-imap-limits")

    def tearDown(self):
        self.folder.remove()

    def start(self, limits):
        server = Server(self.folder.path, sections={"server": "insecure_auth = true\n", "limits": limits})
        server.add("alice", password=PASSWORD)
        server.start()
        return server

    def test_E10_idle_connections_of_an_account_are_limited(self):
        server = self.start("connections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n")
        held, refused = [], []
        for i in range(25):
            raw = Raw(server)
            said = raw.ask("a", f"LOGIN {ALICE} {PASSWORD}")[-1]
            (held if b"OK" in said else refused).append((raw, said))
        self.assertEqual((20, 5), (len(held), len(refused)))
        self.assertIn(b"NO [LIMIT]", refused[0][1])
        for i in range(100):
            raw = Raw(server, source=f"127.0.{1 + i // 15}.{i % 15 + 1}")
            said = raw.ask("a", f"LOGIN {ALICE} {PASSWORD}")[-1]
            (held if b"OK" in said else refused).append((raw, said))
        self.assertEqual(100, len(held), "a hundred in all")
        pop = Raw(server, "pop3", source="127.0.77.1")
        pop.send(f"USER {ALICE}\r\nPASS {PASSWORD}\r\n")
        pop.line()
        self.assertIn(b"-ERR [SYS/TEMP]", pop.line())
        before = settled_rss(server)
        for raw, _ in held:
            raw.send("i IDLE\r\n")
        for raw, _ in held:
            self.assertTrue(raw.line().startswith(b"+"))
        print(f"E10: idling costs {(settled_rss(server) - before) / len(held) / 1024:.1f} KiB more a connection")
        held.pop()[0].close()
        wait_for(lambda: b"OK" in Raw(server, source="127.0.88.1").ask("a", f"LOGIN {ALICE} {PASSWORD}")[-1], 10, "the place was not free again")
        # A stop is told to those who idle, at once (and to those who wait before login).
        waiting = [Raw(server), Raw(server, "pop3"), Raw(server, "smtp")]
        started = time.monotonic()
        server.process.terminate()
        self.assertIn(b"* BYE", held[0][0].ended())
        self.assertIn(b"* BYE", waiting[0].ended())
        self.assertIn(b"-ERR [SYS/TEMP]", waiting[1].ended())
        self.assertIn(b"421 4.3.2", waiting[2].ended())
        self.assertEqual(0, server.process.wait(20))
        took = time.monotonic() - started
        print(f"E10: a graceful stop with {len(held) + 3} waiting clients took {took:.2f} s")
        self.assertLess(took, 5)
        server.process = None
        server.close()

    def test_E5_a_search_that_takes_too_long_is_refused(self):
        server = self.start('search_time = "1ms"\n')
        raw = Raw(server)
        raw.ask("in", f"LOGIN {ALICE} {PASSWORD}")
        message = letter(ALICE, ALICE, (b"y" * 76 + b"\r\n") * 20000, "large")
        for _ in range(10):
            raw.send(f"a APPEND INBOX {{{len(message)}}}\r\n")
            raw.line()
            raw.send(message + b"\r\n")
            self.assertIn(b"OK", raw.until("a")[-1])
        raw.ask("s", "SELECT INBOX")
        said = raw.ask("t", "SEARCH " + " ".join(f"TEXT nothing{i}" for i in range(50)))[-1]
        said = raw.ask("u", "SEARCH " + "".join(f"OR TEXT nothing{i} " for i in range(28)) + "TEXT nothing")[-1]
        self.assertRegex(said, rb"^u NO \[LIMIT\]")
        self.assertIn(b"OK", raw.ask("v", "SEARCH ALL")[-1])
        raw.close()
        server.close()


if __name__ == "__main__":
    unittest.main()
