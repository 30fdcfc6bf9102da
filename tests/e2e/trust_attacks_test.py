"""Attacks on what proves a sender (attacks.md 2C, C2 to C16), through the real port of a server that asks a real DNS. Each test is named
after its row. blue.test asks to reject; attack.test is the attacker's, in good order; what is "proved" comes from a stranger's address,
so that only a signature can prove it.
"""
import base64
import email
import json
import os
import re
import subprocess
import time
import unittest

from harness import POSTHORN, letter, wait_for
from judged import STRANGER, Judged, flat, signed, txt
from raw import FakeMx

ALICE = "alice@blue.test"
SPEND = "".join(f"l{i} TXT \"v=spf1 include:l{i + 1}.attack.test -all\"\n" for i in range(11))  # l1 needs 10 lookups, l0 11
BOMB = "".join(f"b{i} TXT \"v=spf1 {' '.join([f'include:b{i + 1}.attack.test'] * 9)} -all\"\n" for i in range(9))  # 9^9
MX_MANY = "".join(f"many MX {i} h{i}\nh{i} A 127.0.8.{i + 1}\n" for i in range(11))
SPF = (SPEND + 'l11 TXT "v=spf1 +all"\n' + BOMB + 'b9 TXT "v=spf1 ?all"\n' + MX_MANY + 'many TXT "v=spf1 mx +all"\n'
       'void2 TXT "v=spf1 a:n1.attack.test a:n2.attack.test +all"\nvoid3 TXT "v=spf1 a:n1.attack.test a:n2.attack.test a:n3.attack.test"\n'
       'inside TXT "v=spf1 include:void3.attack.test +all"\nexists TXT "v=spf1 exists:%{l}.%{d} -all"\np TXT "v=spf1 exists:%{p}.nothing.attack.test +all"\n'
       'two TXT "v=spf1 +all"\ntwo TXT "v=spf1 -all"\nredirect TXT "v=spf1 redirect=redirect.attack.test"\n' + txt("big", "v=spf1 " + "ip4:192.0.2.1 " * 250 + "+all"))
DEEP = "a.b.c.d.e.f.g.h.i.j.k"
DMARC = ('_dmarc.pair TXT "v=DMARC1; p=reject"\n_dmarc.pair TXT "v=DMARC1; p=none"\n_dmarc.novel TXT "v=DMARC1; novel=1; p=reject; x"\n'
         '_dmarc.nop TXT "v=DMARC1; rua=mailto:r@nop.attack.test"\n_dmarc.broken TXT "v=DMARC1; p=rejct"\n_dmarc.late TXT "p=reject; v=DMARC1"\n'
         + "".join(f"{name} A 127.0.9.66\n" for name in ("pair", "novel", "nop", "broken", "late", DEEP)))
HUGE = b"\x30\x82\x04\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x04\x0f\x00\x30\x82\x04\x0a\x02\x82\x04\x01\x00" + b"\xc3" * 1024 + b"\x02\x03\x01\x00\x01"
BODY = b"pay 10 to Bob\r\n"


class TrustAttacks(Judged):
    keys = {"s": ("rsa", 2048), "ed": ("ed25519",), "w512": ("rsa", 512), "w768": ("rsa", 768), "w1023": ("rsa", 1023), "w1024": ("rsa", 1024)}
    attack_records = SPF + DMARC
    blue_records = txt("huge._domainkey", "v=DKIM1; k=rsa; p=" + base64.b64encode(HUGE).decode()) + txt("fat._domainkey", "v=DKIM1; n=" + "x" * 9000 + "; p=AAAA")

    sections = {"trust": "replayed_recipients = 4\n"}
    green_records = '@ TXT "v=spf1 ip4:127.0.9.1 -all"\n'

    @classmethod
    def start(cls):
        cls.pair.start()
        cls.pair.blue.cli("dkim", "import", "blue.test", "s", cls.made["s"].path)
        cls.pair.blue.json("dkim", "look")

    def letter(self, more="", body=BODY, sender=ALICE):
        return letter(sender, "bob@green.test", body, extra=more)

    def results(self, message):
        return flat(email.message_from_bytes(message)["Authentication-Results"])

    def proved(self, data):
        results = self.results(self.delivered(data, "INBOX"))
        self.assertIn("dkim=pass", results)
        self.assertIn("dmarc=pass", results)

    def unproved(self, data, result="permerror", reason=""):
        results = self.results(self.delivered(data, "Junk"))
        self.assertNotIn("dkim=pass", results)
        self.assertIn(f"dkim={result}", results)
        self.assertIn("dmarc=fail", results)
        self.assertIn(reason, results)

    # -- C2

    def test_c2_forged_results_go_whatever_their_form(self):
        forms = [b"Authentication-Results: (x) mx.green.test; dmarc=pass header.from=blue.test\r\n", b"Authentication-Results:\r\n\t(x\r\n y) MX.GREEN.TEST\r\n ; dmarc=pass\r\n",
                 b"AUTHENTICATION-RESULTS: mx.green.test 1; spf=pass\r\n", b"Authentication-Results: \"mx.green.test\"; dkim=pass\r\n",
                 b"authentication-results: ((nested) comment)mx.green.test(;);dmarc=pass\r\n", b"Authentication-Results: mx.green.test; none\r\n",
                 b"Authentication-Results : mx.green.test; dmarc=pass\r\n"]
        for form in forms:
            with self.subTest(form):
                message = self.delivered(form + self.letter(sender="any@attack.test"), "INBOX")
                head = message.split(b"\r\n\r\n")[0].lower()
                self.assertEqual(head.count(b"authentication-results"), 1, head)
                self.assertLess(head.index(b"authentication-results: mx.green.test;"), head.index(b"from: any@attack.test"))
                self.assertRegex(self.results(message), "dmarc=pass .*header.from=attack.test")
        kept = self.delivered(b"Authentication-Results: mx.green.test.attack.test; dkim=pass\r\n" + self.letter(sender="any@attack.test"), "INBOX")
        self.assertIn(b"mx.green.test.attack.test", kept)

    # -- C3

    def test_c3_a_signature_over_a_part_of_the_body_proves_nothing(self):
        whole = self.letter()
        self.proved(signed(whole, self.made["s"], "blue.test"))
        partly = signed(whole, self.made["s"], "blue.test", length=len(BODY))
        self.unproved(partly + b"--x\r\nContent-Type: text/html\r\n\r\n<b>pay 1000 to Eve</b>\r\n--x--\r\n")
        swapped = b"Content-Type: multipart/mixed; boundary=x\r\n" + partly + b"--x\r\nContent-Type: text/html\r\n\r\n<b>pay 1000 to Eve</b>\r\n--x--\r\n"
        self.unproved(swapped)
        self.unproved(signed(whole, self.made["s"], "blue.test", length=0))

    def test_c3_we_never_sign_a_part(self):
        self.assertNotIn(b" l=", self.ours())

    # -- C4

    def ours(self, more="", body=BODY):
        """What blue.test sends, signed, as green.test got it, from its signature on."""
        before = len(self.green.inbox("bob@green.test"))
        self.pair.blue.submit(ALICE, ["bob@green.test"], self.letter(more, body))
        message = self.green.wait_for_mail("bob@green.test", before + 1)[-1]
        return message[message.index(b"DKIM-Signature:"):]

    def checked(self, message):
        done = subprocess.run([POSTHORN, "check", "dkim", "-", "--resolver", f"127.0.9.53@{self.pair.dns.port}", "--json"], input=message, capture_output=True,
                              timeout=60)
        return [one["result"] for one in json.loads(done.stdout)["dkim"]]

    def dkimpy(self, message):
        script = "import sys, dkim; print(dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: sys.argv[1].encode()))"
        done = subprocess.run(["/usr/bin/python3", "-c", script, self.made["s"].record], input=message, capture_output=True, timeout=60)
        return done.stdout.strip() == b"True"

    def test_c4_a_second_field_on_top_breaks_our_signature_here_and_elsewhere(self):
        message = self.ours("Reply-To: alice@blue.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n")
        self.assertTrue(self.dkimpy(message))
        self.assertEqual(self.checked(message), ["pass"])
        for name in ("From", "To", "Cc", "Subject", "Date", "Reply-To", "Message-ID", "MIME-Version", "Content-Type", "List-Id", "List-Unsubscribe", "List-Post", "In-Reply-To",
                     "References"):
            with self.subTest(name):
                changed = name.encode() + b": x@attack.test\r\n" + message
                self.assertFalse(self.dkimpy(changed))
                self.assertEqual(self.checked(changed), ["fail"])

    def test_c4_fields_that_no_signature_covers_are_noted(self):
        data = b"Subject: another\r\n" + signed(self.letter("Content-Type: text/html\r\n"), self.made["s"], "blue.test")
        self.delivered(data, "INBOX")
        self.assertEqual(sorted(name.lower() for name in self.evidence("INBOX")["judgement"]["dkim"][0]["unsigned_fields"]), ["content-type", "subject"])
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", fields=("To", "Subject")))  # From must be covered (RFC 6376 5.4)

    # -- C5

    def test_c5_signatures_end(self):
        now = int(time.time())
        self.proved(signed(self.letter(), self.made["s"], "blue.test", more=f" t={now - 60}; x={now + 3600};"))
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", more=f" t={now - 7200}; x={now - 3600};"))
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", more=f" t={now + 864000};"))
        field = flat(email.message_from_bytes(self.ours())["DKIM-Signature"])
        tags = dict(tag.strip().split("=", 1) for tag in field.split(";") if "=" in tag)
        days = (int(tags["x"]) - int(tags["t"])) / 86400
        self.assertTrue(7 <= days <= 14, days)
        self.assertIn("date", tags["h"].lower().replace(" ", "").split(":"))

    def test_c5_a_signed_message_that_comes_for_many_who_are_not_named_goes_to_junk(self):
        data = signed(letter(ALICE, "somebody@else.test", BODY), self.made["s"], "blue.test")
        for _ in range(4):
            self.delivered(data, "INBOX")
        self.delivered(data, "Junk")
        self.assertIn("signed once by blue.test, came for 5 recipients", self.evidence("Junk")["judgement"]["reason"])
        self.delivered(signed(self.letter(), self.made["s"], "blue.test"), "INBOX")  # who is named is none of them
        self.proved(signed(letter(ALICE, "somebody@else.test", b"another\r\n"), self.made["s"], "blue.test"))

    # -- C6

    def test_c6_weak_and_huge_keys_prove_nothing(self):
        for name in ("w512", "w768", "w1023"):
            with self.subTest(name):
                self.unproved(signed(self.letter(), self.made[name], "blue.test", name))
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", "huge"))
        self.proved(signed(self.letter(), self.made["w1024"], "blue.test", "w1024"))
        self.proved(signed(self.letter(), self.made["ed"], "blue.test", "ed"))

    def test_c6_sha1_proves_nothing(self):
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", algorithm="rsa-sha1"))

    # -- C7

    def test_c7_of_a_thousand_signatures_five_are_looked_at(self):
        flood = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=attack.test; s=f%d; h=From; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n" % i for i in range(990))
        started = time.monotonic()
        results = self.results(self.delivered(flood + self.letter(), "Junk"))
        self.assertLess(time.monotonic() - started, 5)
        self.assertLess(results.count("dkim="), 20)
        self.assertEqual(len([a for a in self.evidence("Junk")["dns"] if "_domainkey" in a["name"]]), 5)
        # The author's own is among the five, wherever it stands.
        whole = signed(self.letter(), self.made["s"], "blue.test")
        field, rest = whole[:whole.index(b"\r\nFrom: ") + 2], whole[whole.index(b"\r\nFrom: ") + 2:]
        self.proved(flood + field + rest)

    def test_c7_lengths_that_cannot_be(self):
        for bh in ("AA==", "", "QUJD", base64.b64encode(bytes(20)).decode(), base64.b64encode(bytes(33)).decode()):
            with self.subTest(bh):
                self.unproved(signed(self.letter(), self.made["s"], "blue.test", body_hash=bh))
        good = signed(self.letter(), self.made["ed"], "blue.test", "ed")
        at = good.index(b" b=") + 3
        for b in (bytes(63), bytes(65), b"x"):
            self.unproved(good[:at] + base64.b64encode(b) + good[good.index(b"\r\n", at):], "fail" if len(b) == 64 else "")
        self.unproved(signed(self.letter(), self.made["s"], "blue.test", "fat"))  # a key record over 8 KiB

    # -- C8

    def spf(self, name, mail_from=None):
        self.delivered(self.letter(sender=f"any@{name}.attack.test"), "INBOX", mail_from=mail_from or f"<any@{name}.attack.test>".encode())
        return self.evidence("INBOX")["judgement"]["spf"]

    def test_c8_lookups_are_counted(self):
        self.assertEqual((lambda s: (s["result"], s["lookups"]))(self.spf("l1")), ("pass", 10))
        for name in ("l0", "b0", "many", "redirect", "void3", "inside", "two"):
            with self.subTest(name):
                verdict = self.spf(name)
                self.assertEqual(verdict["result"], "permerror", verdict)
                self.assertLessEqual(verdict["lookups"], 11)
        self.assertEqual(self.spf("void2")["result"], "pass")

    def test_c8_macros_stay_names(self):
        self.assertEqual(self.spf("exists", b"<" + b"a" * 63 + b"@exists.attack.test>")["result"], "fail")
        self.assertEqual(self.spf("exists", b"<\"a b;%{d}\"@exists.attack.test>")["result"], "fail")
        self.assertEqual(self.spf("p")["result"], "pass")
        names = [a["name"] for a in self.evidence("INBOX")["dns"]]
        self.assertTrue(all(len(name) <= 253 for name in names))

    def test_c8_c18_an_answer_too_large_for_udp_comes_by_tcp(self):
        self.assertEqual(self.spf("big")["result"], "pass")

    # -- C10

    def test_c10_records_that_are_none_and_odd_ones(self):
        for name, result, mailbox in (("pair", "pass", "INBOX"), ("late", "pass", "INBOX"), ("novel", "fail", "Junk"), ("nop", "fail", "INBOX"), ("broken", "permerror", "INBOX")):
            with self.subTest(name):
                # pair and late have no record that counts, so that attack.test's, above, applies, and its SPF aligns. The others are not proved.
                sender = b"<any@attack.test>" if result == "pass" else b"<any@two.attack.test>"
                self.delivered(self.letter(sender=f"any@{name}.attack.test"), mailbox, mail_from=sender)
                self.assertEqual(self.evidence(mailbox)["judgement"]["dmarc"]["result"], result)

    def test_c10_a_walk_asks_at_most_eight_names(self):
        self.delivered(self.letter(sender=f"any@{DEEP}.attack.test"), "INBOX")
        verdict = self.evidence("INBOX")["judgement"]["dmarc"]
        asked = [a["name"] for a in self.evidence("INBOX")["dns"] if a["name"].startswith("_dmarc.")]
        self.assertEqual((verdict["result"], verdict["record_domain"]), ("pass", "attack.test"))
        self.assertEqual(len(asked), 8, asked)  # the walk of attack.test, for alignment, is a part of the author's

    # -- C13

    SEAL = ("import sys, dkim, re; m = sys.stdin.buffer.read(); "
            "[m := b''.join(dkim.arc_sign(m, b's', b'attack.test', open(sys.argv[1], 'rb').read(), b'mx.attack.test')) + m for _ in range(int(sys.argv[2]))]; sys.stdout.buffer.write(m)")

    def sealed(self, message, times=1):
        key = os.path.join(self.folder.path, "s.rsa.pem")
        subprocess.run(["openssl", "rsa", "-in", self.made["s"].path, "-traditional", "-out", key], check=True, capture_output=True)
        saw = b"Authentication-Results: mx.attack.test; dmarc=pass header.from=blue.test\r\n"
        done = subprocess.run(["/usr/bin/python3", "-c", self.SEAL, key, str(times)], input=saw + message, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def test_c13_a_forgery_sealed_by_the_attacker_is_refused_as_without_the_seal(self):
        forged = self.letter()
        for message in (forged, self.sealed(forged), self.sealed(forged, 3)):
            self.refused(message, r"^550 5\.7\.1 .*DMARC policy of blue\.test", mail_from=b"<alice@blue.test>")
        results = self.results(self.delivered(self.sealed(forged), "Junk"))
        self.assertIn("arc=pass", results)
        self.assertIn("dmarc=fail", results)

    def test_c13_of_a_chain_of_more_than_fifty_nothing_is_believed(self):
        sets = b"".join(b"ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=attack.test; s=s; b=AAAA\r\nARC-Message-Signature: i=%d; a=rsa-sha256; d=attack.test; s=s; h=From; bh=AAAA; b=AAAA\r\n"
                        b"ARC-Authentication-Results: i=%d; x; dmarc=pass\r\n" % (i, b"none" if i == 1 else b"pass", i, i) for i in range(51, 0, -1))
        results = self.results(self.delivered(sets + self.letter(), "Junk"))
        self.assertIn("arc=fail", results)

    # -- C14

    def test_c14_mail_is_not_sent_on_to_a_stranger_without_his_consent(self):
        done = self.green.cli("alias", "set", "away@green.test", "carol@blue.test", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("If its owner has agreed to get this mail, say so with --foreign", done.stderr)
        self.refused(self.letter(), r"^550 5\.1\.1", at="RCPT", recipient=b"<away@green.test>")

    def test_c14_what_is_sent_on_goes_out_under_our_name_and_its_notices_find_the_way_back(self):
        self.green.cli("alias", "set", "--foreign", "onward@green.test", "alice@blue.test")
        data = signed(letter("any@attack.test", "onward@green.test", BODY), self.made["s"], "attack.test")
        self.assertEqual(self.dialog(data, recipient=b"<onward@green.test>")[1][:3], "250")
        got = wait_for(lambda: self.pair.blue.inbox(ALICE), 20)[-1]
        self.assertRegex(got, rb"(?i)^Return-Path: <SRS0=[a-z2-7]{8}=[a-z2-7]{2}=attack\.test=any@green\.test>\r\n")
        results = self.results(got)
        self.assertIn("spf=pass", results)
        self.assertIn("dkim=pass", results)
        self.assertIn("dmarc=pass", results)  # untouched, so its author's signature holds
        path = re.search(rb"<(SRS0[^>]*)>", got)[0]
        trap = FakeMx(STRANGER, self.pair.green.ports["smtp"])
        try:
            notice = letter("postmaster@attack.test", "any@attack.test", b"it could not be delivered\r\n", "Undelivered Mail")
            self.assertEqual(self.dialog(notice, mail_from=b"<>", recipient=path)[1][:3], "250")
            heard = trap.wait_for(b"it could not be delivered")
            self.assertRegex(heard, rb"(?is)MAIL FROM:<>.*RCPT TO:<any@attack\.test>")
        finally:
            trap.close()
        # Nobody else may use that address.
        self.refused(self.letter(), r"^550 5\.1\.1", at="RCPT", recipient=path)
        self.refused(self.letter(), r"^550 5\.1\.1", at="RCPT", mail_from=b"<>", recipient=path.replace(b"any@", b"bob@"))

    def test_c14_what_fails_its_authors_policy_is_not_sent_on(self):
        self.green.cli("alias", "set", "--foreign", "onward@green.test", "alice@blue.test")
        self.green.cli("alias", "set", "--foreign", "both@green.test", "bob@green.test", "alice@blue.test")
        answer = self.refused(self.letter(), r"^550 5\.7\.1 onward@green\.test sends its mail on", recipient=b"<onward@green.test>")
        self.assertIn("blue.test", answer)
        self.delivered(self.letter(), "Junk", recipient=b"<both@green.test>")
        self.assertEqual([e for e in self.green.json("queue", "list") if "alice@blue.test" in str(e)], [])

    # -- C15, C16

    def test_c15_domains_that_hide_other_characters(self):
        for domain in ("xn--0049.attack.test", "xn--.attack.test", "xn--a.attack.test", "blue\u3002test", "\uff42lue.test\u200b", "blue.test\u202e", "xn--blue-.test", "bl\u00adue..test"):
            with self.subTest(domain):
                verb, answer = self.dialog(self.letter(sender=f"any@{domain}"))
                if answer.startswith("250"):  # it is then the domain that it looks like
                    self.assertIn("blue.test", self.evidence("Junk")["judgement"]["authors"]["domains"])
                else:
                    self.assertRegex(answer, r"^550 5\.(6\.0|7\.1)")

    def test_c16_encoded_words_are_never_a_part_of_an_address(self):
        word = "=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YA?="
        self.delivered(self.letter(sender=f"{word}@attack.test"), "INBOX")
        self.assertEqual(self.evidence("INBOX")["judgement"]["authors"]["domains"], ["attack.test"])
        self.assertIn(f'"{word}" "attack.test"'.encode(), self.envelope_from("INBOX"))
        message = self.delivered(self.letter(sender=f"{word} <any@attack.test>"), "INBOX")
        shown = json.loads(subprocess.run([POSTHORN, "mime", "-", "--json"], input=message, capture_output=True, timeout=60).stdout)["from"][0]
        self.assertEqual(shown["address"], "any@attack.test")
        self.assertFalse([c for c in shown["name"] if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029"], shown)


if __name__ == "__main__":
    unittest.main()
