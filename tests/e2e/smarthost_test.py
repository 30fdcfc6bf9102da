"""All mail leaves through a smarthost: over TLS whose certificate is checked, with AUTH; a wrong password keeps the mail and says why."""
import unittest

from harness import Folder, Server, body_of, letter, wait_for


class Smarthost(unittest.TestCase):
    def setUp(self):
        self.folder = Folder("smarthost")
        self.hub = Server(self.folder.path, "green.test", "127.0.9.2", {"submission": 'any_sender = ["relay@green.test"]\n'})
        self.hub.add("bob", "relay")
        self.hub.start()
        self.office = None

    def tearDown(self):
        try:
            if self.office:
                self.office.close()
            self.hub.close()
        finally:
            self.folder.remove()

    def start_office(self, service, password, ca=None):
        self.office = Server(self.folder.path, "blue.test", "127.0.9.1", {
            "queue": 'retry_first = "1s"\nretry_most = "2s"\nallow_private_routes = true\n',
            "smarthost": f'host = "{self.hub.address}"\nport = {self.hub.ports[service]}\nimplicit_tls = {str(service == "submissions").lower()}\n'
                         f'user = "relay@green.test"\npassword = "{password}"\nca_file = "{ca or self.hub.ca}"\n'})
        self.office.add("alice")
        self.office.start()

    def send(self):
        self.office.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", b"by way of the hub\r\n"))

    def test_mail_goes_over_starttls_with_auth(self):
        self.start_office("submission", "secret word")
        self.send()
        message = self.hub.wait_for_mail("bob@green.test")[-1]
        self.assertEqual(body_of(message), b"by way of the hub\r\n")
        self.assertIn("by mx.green.test with ESMTPSA", " ".join(message.decode().split("\r\n\r\n")[0].split()))
        wait_for(lambda: self.office.json("queue", "list") == [], 10, "the queue did not empty")

    def test_mail_goes_over_tls_from_the_first_byte_with_auth(self):
        self.start_office("submissions", "secret word")
        self.send()
        self.assertEqual(body_of(self.hub.wait_for_mail("bob@green.test")[-1]), b"by way of the hub\r\n")

    def test_a_wrong_password_keeps_the_mail_and_says_why(self):
        self.start_office("submission", "wrong")
        self.send()
        wait_for(lambda: self.office.json("queue", "list") and "535" in str(self.office.json("queue", "show", self.office.json("queue", "list")[0]["id"])), 15,
                 "the queue does not say that the password was refused")
        self.assertEqual(self.hub.inbox("bob@green.test"), [])

    def test_a_certificate_of_strangers_gets_no_password(self):
        self.start_office("submission", "secret word", ca="/etc/ssl/certs/ca-certificates.crt")
        self.send()
        wait_for(lambda: self.office.json("queue", "list") and "certificate" in str(self.office.json("queue", "show", self.office.json("queue", "list")[0]["id"])), 15,
                 "the queue does not say that the certificate is not trusted")
        self.assertEqual(self.hub.inbox("bob@green.test"), [])
        self.assertEqual(self.hub.events("login.refused"), [])


if __name__ == "__main__":
    unittest.main()
