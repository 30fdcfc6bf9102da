"""What stands in clear behind STARTTLS is never carried out inside TLS (attacks.md A4), on any of the three protocols; real sockets, real TLS."""
import socket
import unittest

from cases import ServerCase

# service, what is said until STARTTLS, STARTTLS, how its answer would begin, the injected command
TALKS = (
    ("smtp", b"EHLO x\r\n", b"STARTTLS\r\n", b"220", b"MAIL FROM:<mallory@evil.test>\r\nRSET\r\n"),
    ("submission", b"EHLO x\r\n", b"STARTTLS\r\n", b"220", b"EHLO mallory\r\n"),
    ("imap", b"a NOOP\r\n", b"b STARTTLS\r\n", b"b OK", b"c LOGIN mallory secret\r\n"),
    ("pop3", b"CAPA\r\n", b"STLS\r\n", b"+OK", b"USER mallory\r\n"),
)


class StartTls(ServerCase):
    def rest_of(self, plain):
        seen = b""
        try:
            while piece := plain.recv(4096):
                seen += piece
        except ConnectionResetError:
            pass  # our bytes were not read: they are not to be
        return seen

    def test_a4_who_sends_commands_in_clear_behind_starttls_is_refused_and_hung_up_on(self):
        for service, before, starttls, accepted, injected in TALKS:
            with self.subTest(service), socket.create_connection((self.server.address, self.server.ports[service]), timeout=20) as plain:
                plain.recv(4096)
                plain.sendall(before)
                plain.recv(4096)
                plain.sendall(starttls + injected)
                seen = self.rest_of(plain)
                self.assertFalse(seen.startswith(accepted), seen)
                self.assertLessEqual(seen.count(b"\r\n"), 1, seen)
        self.assertNotIn(b"mallory", open(self.server.log, "rb").read())

    def test_a4_who_waits_gets_tls_and_none_of_the_state_from_before(self):
        with socket.create_connection((self.server.address, self.server.ports["smtp"]), timeout=20) as plain:
            for line in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
                plain.sendall(line)
                answer = plain.recv(4096)
            self.assertTrue(answer.startswith(b"220 "), answer)
            with self.server.tls().wrap_socket(plain, server_hostname=self.server.name) as tls:
                tls.sendall(b"MAIL FROM:<x@elsewhere.test>\r\n")
                self.assertTrue(tls.recv(4096).startswith(b"503 "))  # the EHLO from before is forgotten (RFC 3207 4.2)


if __name__ == "__main__":
    unittest.main()
