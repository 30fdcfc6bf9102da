"""Attacks on TLS and on the way into it (attacks.md 2B), through real sockets of a running server. Each test is named after its row.
B3 and B2's other half, where we are the client, are in attacks_out_test.py; B5 is also what `./test --long testssl` prints.
"""
import os
import select
import shutil
import socket
import ssl
import subprocess
import time
import unittest

from attacks_smtp_test import ALICE, Attacked, memory_of
from harness import certificate

SECRET = b"s3cret-Pass-word"
IMPLICIT = ("submissions", "imaps", "pop3s")
# service, what is said before, the word for TLS, what says that it begins, the command inside TLS, its only answer
STARTTLS = (("smtp", b"EHLO x\r\n", b"STARTTLS", b"220", b"NOOP\r\n", b"250"), ("submission", b"EHLO x\r\n", b"STARTTLS", b"220", b"NOOP\r\n", b"250"),
            ("imap", b"", b"A STARTTLS", b"A OK", b"C NOOP\r\n", b"C OK"), ("pop3", b"", b"STLS", b"+OK", b"NOOP\r\n", b"-ERR"))


def hello(name, change=lambda bytes_: bytes_):
    """A client's first flight that asks for `name`; `change` may forge it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return change(outgoing.read())


class Tls(Attacked):
    limits = "tokens = 0\nconnections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n"

    def secure(self, service, context=None, name=None, source=None):
        """A client inside TLS, by STARTTLS where the service wants it."""
        client = self.raw(service, greeting=service not in IMPLICIT, source=source)
        for one, before, word, accepted, _, _ in STARTTLS:
            if one == service:
                for line in (before, word + b"\r\n"):
                    if line:
                        client.send(line)
                        answer = client.reply()
                assert answer.encode().startswith(accepted), answer
        client.tls(context, name)
        if service in IMPLICIT:
            client.line()
        return client

    # -- B1

    def test_B1_commands_in_clear_behind_starttls_end_the_connection(self):
        payloads = {"smtp": b"NOOP\r\n", "submission": b"NOOP\r\n", "imap": b"B NOOP\r\n", "pop3": b"CAPA\r\n"}
        for service, before, word, accepted, _, _ in STARTTLS:
            for pieces in ([word + b"\r\n" + payloads[service]], [word + b"\r\n" + payloads[service][:1]], [word + b"\r\n\x16"]):
                with self.subTest(service=service, pieces=pieces), self.raw(service) as client:
                    if before:
                        client.say(before[:-2])
                    for piece in pieces:
                        client.send(piece)
                    answer = client.rest()
                    self.assertFalse(answer.startswith(accepted), answer)
                    self.assertLessEqual(answer.count(b"\r\n"), 1, answer)

    def test_B1_nothing_said_in_clear_holds_inside_tls(self):
        for service, before, _, _, command, answer in STARTTLS:
            with self.subTest(service), self.secure(service) as client:
                client.send(command)
                self.assertTrue(client.reply().encode().startswith(answer))
                client.socket.settimeout(0.3)
                with self.assertRaises(TimeoutError):  # exactly one answer
                    client.socket.recv(1)
        with self.secure("smtp") as client:
            self.assertTrue(client.say("MAIL FROM:<x@elsewhere.test>").startswith("503"))  # EHLO is needed again
            self.assertTrue(client.say("STARTTLS").startswith("503"))
        with self.secure("imap") as client:
            lines = client.tagged("d", "CAPABILITY")
            self.assertNotIn("STARTTLS", lines[0])
            self.assertNotIn("LOGINDISABLED", lines[0])

    # -- B4

    def test_B4_no_password_is_taken_in_clear(self):
        secret = SECRET.decode()
        with self.raw("imap") as client:
            self.assertIn("LOGINDISABLED", client.greeting + " ".join(client.tagged("c", "CAPABILITY")))
            self.assertRegex(client.tagged("a", f"LOGIN {ALICE} {secret}")[-1], r"^a NO \[PRIVACYREQUIRED\]")
            self.assertRegex(client.tagged("b", "AUTHENTICATE PLAIN AGFsaWNlAHMzY3JldA==")[-1], r"^b NO \[PRIVACYREQUIRED\]")
        with self.raw("submission") as client:
            self.assertNotIn("AUTH", client.say("EHLO tester"))
            self.assertTrue(client.say("AUTH PLAIN AGFsaWNlAHMzY3JldA==").startswith("538 "))
        with self.raw("smtp") as client:
            self.assertNotIn("AUTH", client.say("EHLO tester"))
            self.assertTrue(client.say("AUTH PLAIN AGFsaWNlAHMzY3JldA==").startswith("502 "))
        with self.raw("pop3") as client:
            client.send(f"USER {ALICE}\r\n".encode())
            self.assertTrue(client.line().startswith("-ERR"))
            client.send(b"PASS " + SECRET + b"\r\n")
            self.assertTrue(client.line().startswith("-ERR"))
            client.send(b"AUTH PLAIN AGFsaWNlAHMzY3JldA==\r\n")
            self.assertTrue(client.line().startswith("-ERR"))
        log = open(self.server.log).read()
        self.assertNotIn(secret, log)
        self.assertNotIn("AGFsaWNlAHMzY3JldA", log)
        self.assertEqual(self.server.events("login.refused"), [])  # nobody looked whether it was right

    # -- B5

    def test_B5_only_tls_1_2_with_ecdhe_and_aead_and_1_3(self):
        for service in IMPLICIT + tuple(row[0] for row in STARTTLS):
            for ciphers, version, good in (("ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1, False), ("AES256-GCM-SHA384", ssl.TLSVersion.TLSv1_2, False),
                                           ("ECDHE-ECDSA-AES256-SHA384", ssl.TLSVersion.TLSv1_2, False), ("DHE-RSA-AES256-GCM-SHA384", ssl.TLSVersion.TLSv1_2, False),
                                           ("ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2, True), ("ALL", ssl.TLSVersion.TLSv1_3, True)):
                with self.subTest(service=service, ciphers=ciphers, version=version):
                    context = self.server.tls()
                    context.minimum_version = context.maximum_version = version
                    context.set_ciphers(ciphers)
                    if good:
                        self.secure(service, context).socket.close()
                    else:
                        with self.assertRaises((ssl.SSLError, OSError)):
                            self.secure(service, context)

    def test_B5_no_tickets_no_renegotiation_no_early_data(self):
        address = f"{self.server.address}:{self.server.ports['imaps']}"
        for version in ("-tls1_2", "-tls1_3"):
            done = subprocess.run(["openssl", "s_client", "-connect", address, version, "-CAfile", self.server.ca, "-reconnect" if version == "-tls1_2" else "-ign_eof"],
                                  input=b"a LOGOUT\r\n", capture_output=True, timeout=30)
            self.assertNotIn(b"TLS session ticket:", done.stdout)
            self.assertNotIn(b"Reused,", done.stdout)
            self.assertNotIn(b"Max Early Data: 1", done.stdout)
        # "R" asks for a renegotiation; the server answers with the alert no_renegotiation. The client must live to read it.
        asking = subprocess.Popen(["openssl", "s_client", "-connect", address, "-tls1_2", "-CAfile", self.server.ca],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = b""
        while b"* OK" not in said:  # the greeting comes after the handshake
            said += self.more_of(asking)
        asking.stdin.write(b"R\n")
        asking.stdin.flush()
        while b"no renegotiation" not in said:
            said += self.more_of(asking)
        asking.kill()
        asking.communicate()

    def more_of(self, process):
        ready, _, _ = select.select([process.stdout], [], [], 20)
        more = os.read(process.stdout.fileno(), 65536) if ready else b""
        self.assertTrue(more, "openssl s_client said nothing more")
        return more

    # -- B6

    def test_B6_there_is_no_compression_before_a_login(self):
        with self.secure("imap") as client:
            self.assertNotIn("COMPRESS", " ".join(client.tagged("a", "CAPABILITY")))
            self.assertRegex(client.tagged("b", "COMPRESS DEFLATE")[-1], r"^b (BAD|NO)")
        with self.secure("imap") as client:
            client.tagged("a", f'LOGIN {ALICE} "secret word"')
            self.assertRegex(client.tagged("b", f'LOGIN {ALICE} "secret word"')[-1], r"^b (BAD|NO)")  # never again, compressed or not
        self.assertIsNone(self.secure("imaps").socket.compression())

    # -- B7

    def test_B7_certificates_are_swapped_whole_and_bad_ones_never(self):
        folder, name = self.folder.path, self.server.name
        served = lambda: self.fingerprint("imaps")
        before = served()
        held = self.secure("imaps")
        for kind in ("certificate", "key"):
            path = os.path.join(folder, f"{name}.{'pem' if kind == 'certificate' else 'key'}")
            shutil.copy(path, path + ".kept")
            for bad in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", open(os.path.join(folder, "ca.key"), "rb").read()):
                with open(path, "wb") as file:
                    file.write(bad)
                self.assertNotEqual(self.server.cli("reload", check=False).returncode, 0)
                self.assertEqual(served(), before)
            shutil.move(path + ".kept", path)
        certificate(folder, name, self.server.address)
        self.server.cli("reload")
        self.assertNotEqual(served(), before)
        self.assertTrue(held.tagged("a", "NOOP")[-1].startswith("a OK"))  # who was there stays
        held.socket.close()

    def fingerprint(self, service, name=None):
        context = ssl.create_default_context(cafile=self.server.ca)
        context.check_hostname = False
        with self.secure(service, context, name) as client:
            return client.socket.getpeercert(True)

    def test_B7_an_unknown_name_gets_the_default_certificate_at_port_25_and_none_at_993(self):
        ours = self.fingerprint("smtp")
        for service in ("smtp", "submission", "imap", "pop3"):
            self.assertEqual(self.fingerprint(service, "somebody.else.test"), ours)
        for service in IMPLICIT:
            with self.assertRaisesRegex(ssl.SSLError, "UNRECOGNIZED_NAME"):
                self.fingerprint(service, "somebody.else.test")
            self.assertEqual(self.fingerprint(service, self.server.name), ours)
            self.assertEqual(self.fingerprint(service, self.server.name.upper()), ours)

    # -- A19's half in TLS

    def test_A19_another_protocol_is_not_led_here_by_tls(self):
        for service, own in (("imaps", "imap"), ("pop3s", "pop3"), ("submissions", "smtp"), ("smtp", "smtp"), ("imap", "imap"), ("pop3", "pop3")):
            for offered, good in ((["h2"], False), (["http/1.1", "h2"], False), ([own], True), (["h2", own], True)):
                with self.subTest(service=service, offered=offered):
                    context = self.server.tls()
                    context.set_alpn_protocols(offered)
                    if good:
                        with self.secure(service, context) as client:
                            self.assertEqual(client.socket.selected_alpn_protocol(), own)
                    else:
                        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
                            self.secure(service, context)

    # -- B8

    def test_B8_half_handshakes_end_after_ten_seconds_and_delay_nobody(self):
        """Five hundred here; five thousand are in the overload campaign's attack."""
        first = hello(self.server.name)
        started = time.monotonic()
        halves = []
        at = memory_of(self.server.process)
        for i in range(500):
            plain = socket.create_connection((self.server.address, self.server.ports[IMPLICIT[i % 3]]), source_address=(f"127.0.{20 + i % 50}.{i % 250 + 1}", 0))
            plain.sendall((first, first[:60], b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + b"\x03" * 500, b"")[i % 4])
            halves.append(plain)
        times = []
        for _ in range(20):
            before = time.monotonic()
            self.secure("imaps").socket.close()
            times.append(time.monotonic() - before)
        self.assertLess(sorted(times)[len(times) // 2], 1, times)
        grown = (memory_of(self.server.process) - at) / len(halves)
        self.assertLess(grown, 128, "KiB for each half handshake")
        for plain in halves:
            plain.settimeout(max(0.1, started + 14 - time.monotonic()))
            try:
                while plain.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            plain.close()
        self.assertLess(time.monotonic() - started, 16)

    def test_B8_a_client_that_sends_on_and_on_before_the_handshake_is_done_is_cut_off(self):
        cases = {"a hello of 100 KB": lambda: (b"\x16\x03\x01\x3f\xff\x01\x01\x86\xa0" + b"\x03\x03" + bytes(16379), *[b"\x16\x03\x01\x3f\xff" + bytes(16383)] * 6),
                 "one record after the other": lambda: (hello(self.server.name), *[b"\x14\x03\x03\x00\x01\x01"] * 10_000)}
        for name, pieces in cases.items():
            with self.subTest(name), self.raw("imaps", greeting=False) as client:
                started = time.monotonic()
                for piece in pieces():
                    client.send(piece)
                    if len(piece) > 100:
                        time.sleep(0.02)
                client.rest(8)
                self.assertLess(time.monotonic() - started, 8)

    # -- B9

    def test_B9_a_name_that_is_none_is_ignored_and_never_written_down_raw(self):
        plain_name = "abcdefgh.test"
        names = [b"a\\\0bcdef.test", b"../../../x.tes", b"a\"b'c;d .test", b"\xff\xfe\x80\x81fgh.test", b"%s%n%x%d.test", b"abcdefgh\r\nlog", b"-----------.."]
        for name in names:
            forged = name[:len(plain_name)].ljust(len(plain_name), b".")
            with self.subTest(forged), self.raw("smtp") as client:
                client.say("EHLO x")
                client.say("STARTTLS")
                client.send(hello(plain_name, lambda bytes_: bytes_.replace(plain_name.encode(), forged)))
                answer = client.socket.recv(5)
                self.assertIn(answer[:1], (b"\x16", b"\x15"))  # a hello or an alert
        self.assertIsNone(self.server.process.poll())
        with open(self.server.log, "rb") as log:
            for line in log:
                self.assertNotIn(b"\0", line)
                self.assertNotIn(b"a\\\\", line)
        long = "a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." + "d" * 60
        ours = self.fingerprint("smtp")
        self.assertEqual(self.fingerprint("smtp", long), ours)


if __name__ == "__main__":
    unittest.main()
