"""Attacks on us as a client: mail servers, DNS and policy hosts of strangers (attacks.md 2A, 2B, 2C). Each test is named after its row.
Real DNS (Knot), of which dane.test is signed; servers of strangers that speak byte by byte, each at an address of its own.
"""
import hashlib
import os
import re
import ssl
import subprocess
import threading
import time
import unittest

from harness import Dns, Folder, Server, certificate, free_ports, letter, wait_for, zone
from raw import FakeMx, take_mail

ALICE = "alice@blue.test"
DNS, BLUE, GREEN, STRICT = "127.0.9.54", "127.0.9.31", "127.0.9.32", "127.0.9.33"
STRANGERS = "127.0.10."  # their addresses

# What a mail server of strangers says at each step, and whether the letter may count as refused for good (A10).
LIES = {"endless": b"220-" + b"x" * 100, "code": b"55\r\n", "nocode": b"hello\r\n", "bare": b"220 a\n250 b\n", "nul": b"220 a\0b\r\n", "nocrlf": b"220 hello", "mixed": b"220-a\r\n250 b\r\n",
        "longline": b"220 " + b"a" * 100_000 + b"\r\n", "enhanced": b"450 4.1.\r\n", "big": b"999 no\r\n", "sign": b"-220 a\r\n", "letters": b"2x0 a\r\n"}


class Out(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder("out")
        try:
            cls.set_up()
        except BaseException:
            cls.folder.remove()
            raise

    @classmethod
    def set_up(cls):
        path = cls.folder.path
        cls.port, cls.web = free_ports(BLUE, 2)
        cls.fakes, cls.next_address = [], 0
        cls.names = {}  # domain: address of its mail server
        plain, dane = "", ""
        for name in [f"lie{i}" for i in range(len(LIES))] + ["capture", "kill", "slow", "good", "inject", "unsigned", "sts", "stsbad", "stsother", "stshttp", "strip"]:
            plain += f"{name} MX 10 mx.{name}\nmx.{name} A {cls.address(name + '.plain.test')}\n"
        for name in ("right", "wrong", "ta", "nostarttls", "odd", "moved"):
            dane += f"{name} MX 10 mx.{name}\n" + (f"mx.{name} A {cls.address(name + '.dane.test')}\n" if name != "moved" else "mx.moved CNAME mx.right\n")
        for name in ("sts", "stsbad", "stsother", "stshttp"):
            plain += f'_mta-sts.{name} TXT "v=STSv1; id={name}1"\nmta-sts.{name} A {cls.address("mta-sts." + name)}\n'
        bad = {"loop": "127.0.0.1", "link": "169.254.169.254", "none": "0.0.0.0", "ten": "10.0.0.1", "multi": "224.0.0.1", "shared": "100.64.0.1", "own": STRICT}
        for name, address in bad.items():
            plain += f"{name} MX 10 mx.{name}\nmx.{name} A {address}\n"
        plain += "six MX 10 mx.six\nmx.six AAAA ::1\nmapped MX 10 mx.mapped\nmx.mapped AAAA ::ffff:127.0.0.1\nnull MX 0 .\nself MX 10 mx.self\nmx.self A " + BLUE + "\n"
        plain += "".join(f"many MX {i} h{i}.many\nh{i}.many A {STRANGERS}250\n" for i in range(1000)) + "wide MX 10 mx.wide\n" + "".join(f"mx.wide A 127.0.11.{i + 1}\n" for i in range(50))
        plain += "chain MX 10 c0.chain\n" + "".join(f"c{i}.chain CNAME c{i + 1}.chain\n" for i in range(20)) + f"c20.chain A {STRANGERS}251\n"
        cls.bad = [*bad, "six", "mapped"]
        certificates = os.path.join(path, "mx")
        os.makedirs(certificates)
        dane += cls.tlsa(certificates)
        plain += f"_{cls.port}._tcp.mx.unsigned TLSA 3 1 1 {'00' * 32}\n"
        spf = '@ TXT "v=spf1 mx -all"\n'
        zones = {"test": zone("test", DNS), "blue.test": zone("blue.test", BLUE) + spf, "green.test": zone("green.test", GREEN), "strict.test": zone("strict.test", STRICT),
                 "plain.test": zone("plain.test", "127.0.9.53") + plain, "dane.test": zone("dane.test", "127.0.9.53") + dane}
        cls.dns = Dns(path, DNS, zones, signed=("dane.test",))
        dns = f'forward = ["{DNS}@{cls.dns.port}"]\ntest_domain = true\nask_localhost = true\ntrust_anchor = "{cls.dns.anchors}"\n'
        queue = f'port = {cls.port}\nallow_private_routes = true\nretry_first = "1s"\nretry_most = "3s"\nmta_sts_port = {cls.web}\nca_file = "mx/ca.pem"\n'
        limits = "tokens = 0\n"
        cls.blue = Server(path, "blue.test", BLUE, {"dns": dns, "queue": queue + f'source_address = "{BLUE}"\n', "limits": limits}, cls.port)
        cls.green = Server(path, "green.test", GREEN, {"dns": dns, "queue": queue + f'source_address = "{GREEN}"\n', "limits": limits}, cls.port)
        cls.strict = Server(path, "strict.test", STRICT, {"dns": dns, "queue": queue.replace("allow_private_routes = true\n", "")}, cls.port)
        for server in (cls.blue, cls.green, cls.strict):
            server.add("alice")
            server.start()

    @classmethod
    def address(cls, name):
        cls.next_address += 1
        cls.names[name] = f"{STRANGERS}{cls.next_address}"
        return cls.names[name]

    @classmethod
    def tlsa(cls, folder):
        """Certificates for the servers of dane.test, and TLSA records of them."""
        def digest(*command):
            return hashlib.sha256(subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True).stdout).hexdigest()
        lines = ""
        for name, domain in [(n, "dane.test") for n in ("right", "wrong", "ta", "odd")] + [(n, "plain.test") for n in ("unsigned", "sts", "stsbad", "stsother", "inject")]:
            certificate(folder, f"mx.{name}.{domain}", cls.names[f"{name}.{domain}"])
        for name in ("sts", "stsbad", "stsother", "stshttp"):
            certificate(folder, f"mta-sts.{name}.plain.test", cls.names[f"mta-sts.{name}"])
        other = os.path.join(folder, "other")
        os.makedirs(other)
        certificate(other, "mx.stsbad.plain.test", cls.names["stsbad.plain.test"])  # of a CA that nobody knows
        with open(os.path.join(folder, "mx.ta.dane.test.pem"), "a") as leaf, open(os.path.join(folder, "ca.pem")) as ca:
            leaf.write(ca.read())
        def key(name):
            with open(os.path.join(folder, f"{name}.spki"), "wb") as out:
                pem = subprocess.run(["openssl", "x509", "-in", f"{name}.pem", "-pubkey", "-noout"], cwd=folder, check=True, capture_output=True).stdout
                out.write(subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, check=True, capture_output=True).stdout)
            return hashlib.sha256(open(out.name, "rb").read()).hexdigest()
        lines += f"_{cls.port}._tcp.mx.right TLSA 3 1 1 {key('mx.right.dane.test')}\n"
        lines += f"_{cls.port}._tcp.mx.wrong TLSA 3 1 1 {'ab' * 32}\n"
        lines += f"_{cls.port}._tcp.mx.nostarttls TLSA 3 1 1 {'ab' * 32}\n"
        lines += f"_{cls.port}._tcp.mx.odd TLSA 1 1 1 {'ab' * 32}\n_{cls.port}._tcp.mx.odd TLSA 3 1 1 abab\n"
        lines += f"_{cls.port}._tcp.mx.ta TLSA 2 0 1 {digest('x509', '-in', 'ca.pem', '-outform', 'DER')}\n"
        return lines

    @classmethod
    def tearDownClass(cls):
        try:
            for server in (cls.blue, cls.green, cls.strict):
                server.close()
        finally:
            cls.dns.stop()
            cls.folder.remove()

    def setUp(self):
        self.fakes = []

    def tearDown(self):
        for fake in self.fakes:
            fake.close()
        for server in (self.blue, self.strict):
            for entry in server.json("queue", "list"):
                server.cli("queue", "drop", entry["id"], check=False)

    # -- helpers

    def context(self, name, folder="mx"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        base = os.path.join(self.folder.path, folder, name)
        context.load_cert_chain(base + ".pem", base + ".key")
        return context

    def fake(self, domain, play=None, context=None):
        self.fakes.append(FakeMx(self.names[domain], self.port, play, context))
        return self.fakes[-1]

    def send(self, domain, body=b"hello\r\n", server=None, user="x", **options):
        server = server or self.blue
        sender = f"alice@{server.domain}"
        server.submit(sender, [f"{user}@{domain}"], letter(sender, f"{user}@{domain}", body), **options)

    def waiting(self, domain, pattern, server=None, seconds=20):
        """The letter to that domain waits in the queue, and says why."""
        server = server or self.blue

        def look():
            for entry in server.json("queue", "list"):
                shown = str(server.json("queue", "show", entry["id"]))
                if f"@{domain}" in shown and re.search(pattern, shown):
                    return shown
            return None
        return wait_for(look, seconds, f"nothing for {domain} waits because of {pattern}: {server.json('queue', 'list')}")

    def notices(self, server):
        return [message for message in server.inbox(f"alice@{server.domain}") if b"multipart/report" in message]

    # -- A2

    def test_A2_smuggling_outbound_what_leaves_is_one_message_without_bare_line_ends(self):
        mx = self.fake("capture.plain.test")
        bodies = [b"x\r\n.\r\nMAIL FROM:<a@b.test>\r\n", b".\r\n..\r\n...\r\n.x\r\n", b"\r\n.\r\n\r\n.\r\n", b"a" * 998 + b"\r\n." + b"b" * 5000 + b"\r\n", b"no line end at the end"]
        for body in bodies:
            with self.subTest(body[:30]):
                count = len(mx.heard)
                with self.blue.smtp(ALICE) as client:
                    text = letter(ALICE, "x@capture.plain.test", body)
                    client.sendmail(ALICE, ["x@capture.plain.test"], text)
                heard = wait_for(lambda: next((bytes(one) for one in mx.heard[count:] if b"\r\n.\r\n" in one and b"QUIT" in one), None))
                self.assertEqual(heard.replace(b"\r\n", b"").count(b"\r") + heard.replace(b"\r\n", b"").count(b"\n"), 0)
                start, end = heard.index(b"DATA\r\n") + 6, heard.index(b"\r\n.\r\n") + 2
                self.assertEqual(heard[:start].count(b"MAIL FROM:"), 1)
                self.assertEqual(heard[end:], b".\r\nQUIT\r\n")
                unstuffed = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in heard[start:end].split(b"\r\n"))
                self.assertEqual(unstuffed.split(b"\r\n\r\n", 1)[1], body if body.endswith(b"\r\n") else body + b"\r\n")

    # -- A10

    def test_A10_replies_that_are_none_only_delay_the_letter(self):
        stop = threading.Event()

        def play(name, said):
            def talk(connection, number):
                if name == "endless":  # a million lines, or until we have had enough
                    for _ in range(1_000_000 // 1000):
                        connection.send((said + b"\r\n") * 1000)
                elif name == "nocrlf":  # an octet a second
                    for i in range(len(said)):
                        connection.send(said[i:i + 1])
                        if stop.wait(1):
                            return
                else:
                    connection.send(said)
                    connection.line()
            return talk
        for i, (name, said) in enumerate(LIES.items()):
            self.fake(f"lie{i}.plain.test", play(name, said))
            self.send(f"lie{i}.plain.test")
        memory = lambda: int(next(line.split()[1] for line in open(f"/proc/{self.blue.process.pid}/status") if line.startswith("VmHWM")))
        for i, name in enumerate(LIES):
            with self.subTest(name):
                if name != "nocrlf":  # that one is still talking
                    self.waiting(f"lie{i}.plain.test", r"malformed|closed the connection|4\.1\.|no reply|broken")
        self.assertLess(memory(), 400_000)
        stop.set()
        self.assertEqual(self.notices(self.blue), [])  # nothing was given up
        self.assertIsNone(self.blue.process.poll())

    # -- A13

    def test_A13_who_is_proved_by_spf_gets_the_notice_he_asked_for(self):
        """beside attacks_smtp_test's stranger, who does not"""
        before = len(self.blue.inbox(ALICE))
        self.send("green.test", user="alice", rcpt_options=["NOTIFY=SUCCESS"])
        message = self.blue.wait_for_mail(ALICE, before + 1)[-1]
        self.assertIn(b"Action: delivered", message)

    # -- A14

    def test_A14_two_servers_that_forward_to_each_other_do_so_once(self):
        self.blue.cli("alias", "set", "--foreign", "ring@blue.test", "ring@green.test")
        self.green.cli("alias", "set", "--foreign", "ring@green.test", "ring@blue.test")
        seen = len(self.blue.events("message.accepted")), len(self.green.events("message.accepted"))
        self.send("blue.test", user="ring")
        wait_for(lambda: self.green.events("queue.held"), 30, "the ring goes on")
        self.assertEqual(len(self.blue.events("message.accepted")) - seen[0], 1)
        self.assertEqual(len(self.green.events("message.accepted")) - seen[1], 1)
        held = self.green.json("queue", "list")
        self.assertEqual(len(held), 1)
        self.assertIn("5.4.6", str(self.green.json("queue", "show", held[0]["id"])))
        self.green.cli("queue", "drop", held[0]["id"])

    # -- A18

    def test_A18_a_message_that_brings_the_server_down_three_times_is_held(self):
        kills = []
        up = threading.Event()  # a server that goes down before start() has seen it up is no finding
        up.set()

        def die(connection):
            up.wait(20)
            up.clear()
            kills.append(time.monotonic())
            self.blue.process.kill()
        self.fake("kill.plain.test", lambda connection, number: take_mail(connection, on_text=die))
        good = self.fake("good.plain.test")
        self.send("kill.plain.test")
        for count in (1, 2, 3):
            wait_for(lambda: len(kills) >= count, 20, f"attempt {count} was not made")
            self.blue.process.wait(20)
            self.blue.start()
            up.set()
        held = wait_for(lambda: [e for e in self.blue.json("queue", "list") if e["held"]], 20, "it is not held")
        self.assertIn("three times", str(self.blue.json("queue", "show", held[0]["id"])))
        self.assertEqual(len(kills), 3)
        self.send("good.plain.test", b"the others go on\r\n")
        good.wait_for(b"the others go on")

    # -- A20

    def test_A20_mail_servers_at_addresses_that_are_not_on_the_internet_are_never_connected_to(self):
        trap = FakeMx("127.0.0.1", self.port)
        self.fakes.append(trap)
        for name in self.bad:
            self.send(f"{name}.plain.test", server=self.strict)
        self.send("null.plain.test", server=self.strict)
        notices = wait_for(lambda: (lambda all_: all_ if len(all_) >= len(self.bad) + 1 else None)(self.notices(self.strict)), 30, "some did not come back")
        text = b"".join(notices)
        for name in self.bad:
            self.assertRegex(text, rb"Final-Recipient: rfc822; ?x@" + name.encode() + rb"\.plain\.test\r\nAction: failed\r\nStatus: 5\.4\.4")
        self.assertRegex(text, rb"x@null\.plain\.test\r\nAction: failed\r\nStatus: 5\.1\.10")
        self.assertEqual(trap.heard, [])
        self.assertEqual(self.strict.events("delivery.connected"), [])
        with self.strict.smtp("alice@strict.test") as client:  # nor is an address asked for by itself
            client.mail("alice@strict.test")
            for literal in ("[127.0.0.1]", "[169.254.169.254]", "[IPv6:::1]", "[192.0.2.1]"):
                self.assertEqual(client.rcpt(f"x@{literal}")[0] // 100, 5)

    def test_A20_a_route_to_ourselves_is_no_route(self):
        before = len(self.notices(self.blue))
        self.send("self.plain.test")
        wait_for(lambda: len(self.notices(self.blue)) > before, 20)
        self.assertIn(b"Status: 5.4.4", self.notices(self.blue)[-1])

    # -- A21

    def test_A21_of_a_thousand_hosts_ten_are_tried_and_of_long_chains_nothing(self):
        trap = FakeMx(STRANGERS + "250", self.port, lambda connection, number: connection.send(b"421 go away\r\n"))
        self.fakes.append(trap)
        routes = lambda domain: [event["dns"] for event in self.blue.events("delivery.route") if event["domain"] == domain]
        self.send("many.plain.test")
        self.waiting("many.plain.test", "421|go away")
        first = next(line for line in routes("many.plain.test") if line.startswith("MX "))
        self.assertEqual(len(first.split(": ", 1)[1].split(", ")), 10)
        self.send("wide.plain.test")
        self.waiting("wide.plain.test", "refused|connect")
        addresses = next(line for line in routes("wide.plain.test") if line.startswith("A/AAAA"))
        self.assertEqual(len(addresses.split(": ", 1)[1].split(", ")), 10)
        end = FakeMx(STRANGERS + "251", self.port)
        self.fakes.append(end)
        self.send("chain.plain.test")
        wait_for(lambda: routes("chain.plain.test"), 20)
        time.sleep(1)
        self.assertEqual(end.heard, [])

    def test_A21_one_slow_destination_holds_nobody_else_up(self):
        stop = threading.Event()
        slow = self.fake("slow.plain.test", lambda connection, number: stop.wait(60))
        good = self.fake("good.plain.test")
        for _ in range(40):
            self.send("slow.plain.test")
        wait_for(lambda: slow.heard, 10)
        started = time.monotonic()
        self.send("good.plain.test", b"quick\r\n")
        good.wait_for(b"quick")
        print(f"A21: a letter past a destination that hangs took {time.monotonic() - started:.2f} s; {len(slow.heard)} connections hang")
        self.assertLess(time.monotonic() - started, 5)
        self.assertLessEqual(len(slow.heard), 20)
        stop.set()

    # -- B2

    def test_B2_words_in_clear_before_the_handshake_end_the_connection(self):
        context = self.context("mx.inject.plain.test")

        def play(connection, number):
            connection.send(b"220 fake\r\n")
            while not connection.line().upper().startswith(b"STARTTLS"):
                connection.send(b"250-fake\r\n250 STARTTLS\r\n")
            connection.send(b"220 go\r\n250-INJECT\r\n250 8BITMIME\r\n")
            connection.start_tls(context)
            connection.line()
        mx = self.fake("inject.plain.test", play)
        self.send("inject.plain.test")
        self.waiting("inject.plain.test", "in clear after its reply to STARTTLS")
        self.assertFalse(any(b"MAIL" in one for one in mx.heard))

    # -- B3, DANE

    def policy_of(self, domain):
        """What the log says of the last connection that was made for it."""
        return [event for event in self.blue.events("delivery.ready") if event["host"] == f"mx.{domain}" or event["host"].endswith(domain)][-1]

    def test_B3_dane_a_key_that_dns_proves_is_good_whoever_signed_it(self):
        for name, server in (("right", "right"), ("ta", "ta"), ("moved", "right")):
            with self.subTest(name):
                mx = self.fake(f"{server}.dane.test", context=self.context(f"mx.{server}.dane.test"))
                self.send(f"{name}.dane.test", name.encode() + b" by DANE\r\n")
                mx.wait_for(name.encode() + b" by DANE")
                facts = self.policy_of(f"{name}.dane.test")
                self.assertEqual((facts["policy"], facts["certificate"]), ("DANE", "verified by DANE"))
                self.assertFalse(any(b"MAIL" in one for one in mx.clear))
                mx.close()

    def test_B3_dane_without_the_right_key_or_without_tls_nothing_is_sent(self):
        wrong = self.fake("wrong.dane.test", context=self.context("mx.wrong.dane.test"))
        stripped = self.fake("nostarttls.dane.test")
        for mx, domain, why in ((wrong, "wrong.dane.test", "DANE asks for TLS.*certificate"), (stripped, "nostarttls.dane.test", "DANE asks for TLS.*does not offer STARTTLS")):
            self.send(domain)
            shown = self.waiting(domain, why)
            self.assertIn("4.7.5", shown)
            self.assertFalse(any(b"MAIL" in one for one in mx.heard))

    def test_B3_dane_records_that_cannot_be_used_ask_for_tls_alone(self):
        mx = self.fake("odd.dane.test", context=self.context("mx.odd.dane.test"))
        self.send("odd.dane.test", b"odd\r\n")
        mx.wait_for(b"odd\r\n")
        self.assertEqual(self.policy_of("odd.dane.test")["policy"], "DANE without usable records")
        self.assertFalse(any(b"MAIL" in one for one in mx.clear))

    def test_B3_c18_records_that_dnssec_does_not_prove_are_no_dane(self):
        mx = self.fake("unsigned.plain.test", context=self.context("mx.unsigned.plain.test"))
        self.send("unsigned.plain.test", b"unsigned\r\n")
        mx.wait_for(b"unsigned\r\n")
        facts = self.policy_of("unsigned.plain.test")
        self.assertEqual(facts["policy"], "")
        self.assertNotIn("DANE", facts["certificate"])

    def test_B3_opportunistic_tls_is_used_where_it_is_offered_and_clear_text_is_written_down(self):
        mx = self.fake("strip.plain.test")
        self.send("strip.plain.test", b"stripped\r\n")
        mx.wait_for(b"stripped\r\n")
        self.assertEqual(self.policy_of("strip.plain.test")["tls"], "none")

    # -- B3, MTA-STS

    def web_host(self, name, answer):
        """The policy host of name.plain.test: `answer` is the whole HTTP response."""
        def play(connection, number):
            connection.start_tls(self.context(f"mta-sts.{name}.plain.test"))
            while connection.line() != b"\r\n":
                pass
            connection.send(answer)
        host = FakeMx(self.names[f"mta-sts.{name}"], self.web, play)
        self.fakes.append(host)
        return host

    @staticmethod
    def policy(*hosts, mode="enforce", kind="text/plain", age=86400):
        text = f"version: STSv1\r\nmode: {mode}\r\n" + "".join(f"mx: {host}\r\n" for host in hosts) + f"max_age: {age}\r\n"
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()

    def test_B3_mta_sts_enforce_verifies_and_outlives_its_host_and_a_restart(self):
        host = self.web_host("sts", self.policy("*.sts.plain.test"))
        mx = self.fake("sts.plain.test", context=self.context("mx.sts.plain.test"))
        self.send("sts.plain.test", b"enforced\r\n")
        mx.wait_for(b"enforced\r\n")
        self.assertIn(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.sts.plain.test\r\n", bytes(host.heard[0]))
        facts = self.policy_of("sts.plain.test")
        self.assertEqual((facts["policy"], facts["certificate"]), ("MTA-STS enforce", "verified"))
        # Now an attacker keeps us from the policy's host and takes STARTTLS away.
        host.close()
        mx.close()
        self.blue.stop()
        self.blue.start()
        stripped = self.fake("sts.plain.test")
        self.send("sts.plain.test", b"not in clear\r\n")
        shown = self.waiting("sts.plain.test", "MTA-STS enforce asks for TLS.*does not offer STARTTLS")
        self.assertIn("4.7.5", shown)
        self.assertFalse(any(b"MAIL" in one for one in stripped.heard))

    def test_B3_mta_sts_enforce_takes_no_other_certificate_and_no_other_host(self):
        self.web_host("stsbad", self.policy("mx.stsbad.plain.test"))
        bad = self.fake("stsbad.plain.test", context=self.context("mx.stsbad.plain.test", "mx/other"))
        self.web_host("stsother", self.policy("mx.elsewhere.test"))
        other = self.fake("stsother.plain.test", context=self.context("mx.stsother.plain.test"))
        self.send("stsbad.plain.test")
        self.send("stsother.plain.test")
        self.waiting("stsbad.plain.test", "MTA-STS enforce asks for TLS.*certificate")
        self.waiting("stsother.plain.test", "MTA-STS.*does not name it")
        for mx in (bad, other):
            self.assertFalse(any(b"MAIL" in one for one in mx.heard))

    def test_B3_f4_a_policy_host_that_redirects_or_sends_something_else_is_not_believed(self):
        trap = FakeMx("127.0.0.1", self.web)
        self.fakes.append(trap)
        answers = [f"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:{self.web}/\r\nContent-Length: 0\r\n\r\n".encode(), self.policy("mx.stshttp.plain.test", kind="text/html"),
                   b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"version: STSv1\r\n" * 10_000, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99999999\r\n\r\nv",
                   b"version: STSv1\r\nmode: enforce\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000]
        for number, answer in enumerate(answers):
            with self.subTest(answer[:40]):
                # A restart forgets that it could not be fetched a moment ago.
                self.blue.stop()
                self.blue.start()
                host = self.web_host("stshttp", answer)
                mx = self.fake("stshttp.plain.test")
                self.send("stshttp.plain.test", b"letter %d\r\n" % number)
                mx.wait_for(b"letter %d\r\n" % number)
                self.assertTrue(host.heard)
                host.close()
                mx.close()
        self.assertEqual(trap.heard, [])
        self.assertEqual(len(self.blue.events("sts.not_fetched")), len(answers))


if __name__ == "__main__":
    unittest.main()
