"""The 22 attacks of espoofer (attacks.md 2C; chenjj/espoofer testcases.py): its very bytes, with blue.test for the domain that it forges,
green.test for the victim's and attack.test for the attacker's, whose SPF, DKIM and DMARC are in order. One test for each case.
"""
import base64
import email
import unittest

from judged import Judged, flat

MARK = b"Hi, this is a test message! Best wishes.\r\n"
ALTERNATIVE = b'multipart/alternative; boundary="001a113db9c28077e7054ee99e9c"'
ADMIN = b"<admin@blue.test>"


def letter(from_header, subject, sender=b"", content=b'text/plain; charset="UTF-8"'):
    return (from_header + b"To: <bob@green.test>\r\nSubject: " + subject + b"\r\nDate: Tue, 24 Nov 2026 01:00:00 +0000\r\n" + sender + b"Content-Type: " + content
            + b"\r\nMIME-Version: 1.0\r\nMessage-ID: <1538085644648.096e3d4e-bc38-4027-b57e-ABCDEF@message-ids.attack.com>\r\n"
            b"X-Email-Client: https://github.com/chenjj/espoofer\r\n\r\n" + MARK)


SENDER = b"Sender: <s@sender.blue.test>\r\n"


class Espoofer(Judged):
    keys = {"s": ("rsa", 2048)}
    # a4 needs the name that the attacker wants to be asked for; a1 a subdomain that is not there.
    attack_records = 'helo TXT "v=spf1 +all"\nhelo A 127.0.9.66\n33 TXT "v=spf1 ip4:127.0.9.66 -all"\n33 A 127.0.9.66\n' \
                     "selector._domainkey TXT \"v=DKIM1; k=rsa; p=\"\nselector._domainkey.test'a TXT \"v=DKIM1; k=rsa; p=\"\n"

    @classmethod
    def start(cls):
        cls.pair.start()

    def never_proved(self, mailbox):
        """Nothing that a program or a person reads says that blue.test was proved."""
        kept = self.evidence(mailbox)
        for verdict in kept["judgement"].get("all_dmarc", [kept["judgement"]["dmarc"]]):
            if verdict["author"] == "blue.test":
                self.assertNotEqual(verdict["result"], "pass")
        return kept

    # -- who the client says to be

    def test_a1_a_sender_below_the_forged_domain_that_does_not_exist_proves_nothing(self):
        message = self.delivered(letter(b"From: " + ADMIN + b"\r\n", b"A1: Non-existent subdomain"), "Junk", mail_from=b"<any@mailfrom.notexist.blue.test>", helo=b"helo.attack.test")
        results = flat(email.message_from_bytes(message)["Authentication-Results"])
        self.assertIn("spf=none", results)
        self.assertIn("dmarc=fail", results)
        self.never_proved("Junk")

    def test_a2_a_sender_that_is_a_comment(self):
        self.refused(letter(b"From: " + ADMIN + b"\r\n", b"A2: empty MAIL FROM address"), r"^501 5\.1\.7 ", "MAIL", mail_from=b"<(any@blue.test>")

    def test_a5_a_sender_with_a_comment_in_its_domain(self):
        self.refused(letter(b"From: " + ADMIN + b"\r\n", b"A5: SPF authentication results injection using parenthese"), "^501 ", "MAIL", mail_from=b"<any@blue.test(a.attack.test>")

    def test_a6_a_sender_with_a_quote_in_its_local_part(self):
        self.refused(letter(b"From: " + ADMIN + b"\r\n", b"A6: SPF authentication results injection 2"), "^501 ", "MAIL", mail_from=b"<any@blue.test'@any.attack.test>")

    def test_a7_a_source_route_before_the_sender(self):
        self.refused(letter(b"From: " + ADMIN + b"\r\n", b"A6: routing address in mailfrom"), "^501 ", "MAIL", mail_from=b"<@blue.test,@any.com:'any@attack.test>")

    # -- what the signature says to be of

    def forged_key(self, domain, selector):
        return (b"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=" + domain + b"; s=" + selector +
                b"; h=From; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=" + base64.b64encode(bytes(256)) + b"\r\n")

    def test_a3_a_selector_with_nul_is_refused_and_never_asked_for(self):
        data = self.forged_key(b"blue.test", b"selector._domainkey.attack.test.\x00.any") + letter(b"From: " + ADMIN + b"\r\n", b"A3: NUL ambiguity", content=ALTERNATIVE)
        self.refused(data, r"^550 5\.6\.0 .*NUL", mail_from=b"<any@33.attack.test>", helo=b"33.attack.test")

    def test_a3_a_selector_with_an_escaped_nul_is_a_permerror_and_never_asked_for(self):
        data = self.forged_key(b"blue.test", b"selector._domainkey.attack.test.\\x00.any") + letter(b"From: " + ADMIN + b"\r\n", b"A3: NUL ambiguity", content=ALTERNATIVE)
        self.no_key_is_asked_for(self.delivered(data, "Junk", mail_from=b"<any@33.attack.test>", helo=b"33.attack.test"))

    def test_a4_a_quote_in_the_signing_domain_is_a_permerror_and_never_asked_for(self):
        data = self.forged_key(b"blue.test'a.attack.test", b"selector") + letter(b"From: " + ADMIN + b"\r\n", b"A4: DKIM authentication results injection using single quote", content=ALTERNATIVE)
        message = self.delivered(data, "Junk")
        self.no_key_is_asked_for(message)
        # Whatever is shown of it stands in quotes.
        results = flat(email.message_from_bytes(message)["Authentication-Results"])
        self.assertNotRegex(results, r"header\.d=blue\.test'")

    def no_key_is_asked_for(self, message):
        results = flat(email.message_from_bytes(message)["Authentication-Results"])
        self.assertIn("dkim=permerror", results)
        self.assertIn("dmarc=fail", results)
        kept = self.never_proved("Junk")
        self.assertEqual([a["name"] for a in kept["dns"] if "_domainkey" in a["name"]], [])

    # -- whose message it is

    def unclear(self, from_header, subject, sender=b""):
        return self.refused(letter(from_header, subject, sender), r"^550 5\.6\.0 It is not clear whose message this is")

    def test_a8_two_from_fields(self):
        self.unclear(b"From: <first@attack.test>\r\nFrom: " + ADMIN + b"\r\n", b"A8: Multiple From headers")

    def test_a9_a_from_behind_a_space(self):
        self.unclear(b" From: <first@attack.test>\r\nFrom: " + ADMIN + b"\r\n", b"A9: Multiple From headers with preceding space")

    def test_a10_a_from_before_a_space(self):
        self.unclear(b"From: <first@attack.test>\r\nFrom : " + ADMIN + b"\r\n", b"A10: Multiple From headers with succeeding space")

    def test_a11_a_from_folded_before_its_colon(self):
        self.unclear(b"From\r\n : <first@attack.test>\r\nFrom: " + ADMIN + b"\r\n", b"A11: Multiple From headers with folding line")

    def test_a12_a_folded_from_and_a_sender(self):
        for stray in (b"n", b""):  # the stray n is in its repository
            self.unclear(b"From\r\n : <first@attack.test>\r\n" + stray, b"A12: From and Sender header ambiguity", b"Sender: " + ADMIN + b"\r\n")

    def test_a13_a_folded_from_and_a_resent_from(self):
        for stray in (b"n", b""):
            self.unclear(b"From\r\n : <first@attack.test>\r\n" + stray, b"A13: From and Resent-From header ambiguity", b"Resent-From: " + ADMIN + b"\r\n")

    def test_a12_a13_sender_and_resent_from_are_never_the_author(self):
        for field in (b"Sender: ", b"Resent-From: "):
            message = self.delivered(letter(b"From: <any@attack.test>\r\n", b"x", field + ADMIN + b"\r\n"), "INBOX")
            self.assertIn("header.from=attack.test", flat(email.message_from_bytes(message)["Authentication-Results"]))
            self.assertEqual(self.evidence("INBOX")["judgement"]["dmarc"]["author"], "attack.test")

    def test_a14_two_authors_of_whom_one_is_forged(self):
        self.refused(letter(b"From: <first@attack.test>, " + ADMIN + b"\r\n", b"A14: Multiple address in From header", SENDER), r"^550 5\.7\.1 .*DMARC policy of blue\.test")

    def test_a15_an_author_in_an_encoded_word(self):
        word = b"=?utf-8?B?" + base64.b64encode(ADMIN) + b"?="
        self.unclear(b"From:" + word + b",<second@attack.test>\r\n", b"A15: Email address encoding", SENDER)

    def test_a16_a_source_route_before_the_author(self):
        data = letter(b"From: <@attack.test,@any.com:admin@blue.test>\r\n", b"A16: Route portion", SENDER)
        before = self.counts()
        _, answer = self.dialog(data)
        if answer.startswith("550"):
            self.assertEqual(self.counts(), before)
            return
        self.assertEqual(self.counts(), {"INBOX": before["INBOX"], "Junk": before["Junk"] + 1}, answer)
        self.assertIn(b'"admin" "blue.test"', self.envelope_from("Junk"))
        self.assertEqual(self.never_proved("Junk")["judgement"]["dmarc"]["author"], "blue.test")

    def test_a17_a_quoted_pair_between_two_authors(self):
        self.unclear(b"From: <admin@blue.test>\\,<second@attack.test>\r\n", b"A17: Quoted pair", SENDER)

    def test_a18_an_author_without_brackets_before_one_with(self):
        # attacks.md asks for 550. The list is a valid one of RFC 5322 3.4, so that it is refused as a14 is.
        self.refused(letter(b"From: admin@blue.test,<second@attack.test>\r\n", b"P8: Specical characters precedence", SENDER), r"^550 5\.7\.1 .*DMARC policy of blue\.test")

    def test_a19_an_address_behind_the_author(self):
        self.unclear(b"From: <any@attack.test>admin@blue.test\r\n", b"A19: Display Name and real address parsing inconsistencies", SENDER)

    # -- our own people, who may write as themselves only

    def submitted(self, from_header, subject, sender=b""):
        before = self.counts()
        with self.pair.blue.smtp("alice@blue.test") as client:
            client.ehlo("espoofer-MacBook-Pro.local")
            self.assertEqual(client.docmd("MAIL", "FROM:<alice@blue.test>")[0], 250)
            self.assertEqual(client.rcpt("bob@green.test")[0], 250)
            code, text = client.data(letter(from_header, subject, sender))
        self.assertEqual(code, 553, text)
        self.assertEqual(self.pair.blue.json("queue", "list"), [])
        self.assertEqual(self.counts(), before)

    def test_client_a1_two_from_fields(self):
        self.submitted(b"From: <alice@blue.test>\r\nFrom: " + ADMIN + b"\r\n", b"client A1: Multiple From headers")

    def test_client_a2_two_authors(self):
        self.submitted(b"From: <alice@blue.test>, " + ADMIN + b"\r\n", b"client A2: Multiple address in From header", SENDER)

    def test_client_a3_another_author(self):
        self.submitted(b"From: " + ADMIN + b"\r\n", b"client A3: Spoofing via an email service account", SENDER)


if __name__ == "__main__":
    unittest.main()
