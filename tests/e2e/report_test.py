"""DMARC reports travel: green counts what comes in blue's name and tells blue, blue reads it; failure reports; what another record would do."""
import datetime
import gzip
import json
import os
import smtplib
import subprocess
import unittest

from cases import PairCase
from harness import POSTHORN, Pair, letter, wait_for, zone

TODAY = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
BLUE = ('@ TXT "v=spf1 mx -all"\nmx TXT "v=spf1 a -all"\n'
        '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@blue.test,mailto:reports@other.test; ruf=mailto:dmarc@blue.test; fo=1"\n')
MORE = {"test": zone("test", "127.0.9.53"), "evil.test": zone("evil.test", "127.0.9.66") + '@ TXT "v=spf1 -all"\n',
        "other.test": zone("other.test", "127.0.9.66"), "127.in-addr.arpa": zone("127.in-addr.arpa", "127.0.9.53") + "1.9.0 PTR mail-a.google.com.\n"}
GREEN = '@ TXT "v=spf1 mx -all"\n_dmarc TXT "v=DMARC1; p=none"\n'


class Reports(PairCase):
    @classmethod
    def make_pair(cls):
        source = 'retry_first = "1s"\nretry_most = "5s"\n'
        return Pair(cls.folder.path, queue=source, more_zone={"blue.test": BLUE, "green.test": GREEN}, more_zones=MORE,
                    more_sections={"reports": "send_failures = true\n"})

    @classmethod
    def start(cls):
        for server in (cls.blue, cls.green):  # SPF knows where each sends from
            text = open(server.config).read().replace("[queue]\n", f'[queue]\nsource_address = "{server.address}"\n')
            open(server.config, "w").write(text)
        cls.blue.cli("alias", "set", "dmarc@blue.test", "alice@blue.test")
        cls.pair.start()
        wait_for(lambda: cls.blue.events("report.addresses"), 20, "blue did not look where its reports go")

    def forge(self, count=1):
        for _ in range(count):
            with smtplib.SMTP(timeout=60, source_address=("127.0.9.66", 0), local_hostname="evil.test") as client:
                client.connect(self.green.address, self.green.ports["smtp"])
                with self.assertRaises(smtplib.SMTPDataError):
                    client.sendmail("x@evil.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test"))

    def test_c11_what_green_saw_reaches_blue_counted_exactly_and_blue_reads_it(self):
        before = len(self.green.inbox("bob@green.test"))
        for _ in range(3):
            self.blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test"))
        self.green.wait_for_mail("bob@green.test", before + 3)
        self.forge(2)
        counted = [one for one in self.green.json("report", "list", "--counted") if one["domain"] == "blue.test"]
        self.assertEqual([(one["day"], one["messages"]) for one in counted], [(TODAY, 5)])

        sent = self.green.json("report", "send", "blue.test", TODAY)
        self.assertEqual(sent["outcome"], "sent")
        self.assertEqual(sent["to"], ["dmarc@blue.test"])  # other.test did not agree to take reports about blue.test
        self.assertEqual(sent["messages"], 5)
        got = wait_for(lambda: [r for r in self.blue.json("report", "list") if r["kind"] == "aggregate" and r["org_name"] == "mx.green.test"], 30, "blue did not take the report in")
        self.assertEqual((got[0]["messages"], got[0]["passed"], got[0]["proven"], got[0]["domain"]), (5, 3, True, "blue.test"))
        whole = self.blue.json("report", "show", got[0]["id"])
        rows = {row["source_ip"]: row for row in whole["rows"]}
        self.assertEqual((rows["127.0.9.1"]["count"], rows["127.0.9.1"]["aligned"]["spf"], rows["127.0.9.1"]["disposition"]), (3, True, "pass"))
        self.assertEqual((rows["127.0.9.66"]["count"], rows["127.0.9.66"]["aligned"]["spf"], rows["127.0.9.66"]["disposition"]), (2, False, "reject"))
        self.assertEqual(rows["127.0.9.1"]["source"]["kind"], "own")

        # The same report again is the same report.
        self.green.json("report", "send", "blue.test", TODAY)
        wait_for(lambda: len([e for e in self.blue.events("report.taken") if e.get("new") == "0"]) >= 1, 30, "the second copy was not seen")
        self.assertEqual(len([r for r in self.blue.json("report", "list") if r["kind"] == "aggregate" and r["org_name"] == "mx.green.test"]), 1)

        traffic = {one["source_ip"]: one for one in self.blue.json("report", "show", "blue.test") if one["source_ip"] in ("127.0.9.1", "127.0.9.66")}
        self.assertEqual(traffic["127.0.9.66"]["refused"], 2)
        self.assertEqual(traffic["127.0.9.1"]["aligned"]["spf"], 3)

        # fo=1: also of the honest letters, which nothing signs.
        failures = lambda: {told["source_ip"]: told for told in (self.blue.json("report", "show", r["id"]) for r in self.blue.json("report", "list") if r["kind"] == "failure")}
        told = wait_for(lambda: failures().get("127.0.9.66"), 30, "no failure report came")
        self.assertEqual((told["domain"], told["identity_alignment"]), ("blue.test", "dkim, spf"))
        self.assertNotIn("bob@green.test", json.dumps(told))

        # What a stricter record would have done: blue does not sign, so strict SPF from its own name still passes, and none of it is lost.
        resolver = f"127.0.9.53@{self.pair.dns.port}"
        same = self.blue.json("check", "policy", "blue.test", "--record", "v=DMARC1; p=reject", "--resolver", resolver)["dmarc"]
        self.assertEqual((same["messages"], same["passing"], same["lost"]), (5, 3, 0))
        spf = self.blue.json("check", "policy", "blue.test", "--spf", "v=spf1 ip4:192.0.2.1 -all", "--resolver", resolver)["spf"]
        self.assertEqual(spf["lost"], 3)
        self.assertEqual({s["source_ip"]: (s["before"], s["then"]) for s in spf["sources"]}, {"127.0.9.1": ("pass", "fail"), "127.0.9.66": ("fail", "fail")})

    def test_c12_files_are_read_and_bad_ones_are_named_without_stopping_the_rest(self):
        folder = os.path.join(self.folder.path, "files")
        os.makedirs(folder)
        good = ("<?xml version='1.0'?><feedback><report_metadata><org_name>Harbour</org_name><email>d@harbour.test</email><report_id>r1</report_id>"
                "<date_range><begin>1795305600</begin><end>1795391999</end></date_range></report_metadata><policy_published><domain>blue.test</domain><p>none</p></policy_published>"
                "<record><row><source_ip>192.0.2.7</source_ip><count>7</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>"
                "<identifiers><header_from>blue.test</header_from></identifiers><auth_results><dkim><domain>blue.test</domain><selector>s</selector><result>pass</result></dkim>"
                "<spf><domain>forward.test</domain><result>pass</result></spf></auth_results></record></feedback>").encode()
        bomb = gzip.compress(b"\0" * (64 << 20))
        xxe = b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hostname">]><feedback>&x;</feedback>'
        for name, data in {"good.xml": good, "again.xml.gz": gzip.compress(good), "bomb.xml.gz": bomb, "xxe.xml": xxe, "cut.xml.gz": gzip.compress(good)[:60]}.items():
            open(os.path.join(folder, name), "wb").write(data)
        done = self.green.cli("report", "import", folder, "--json", check=False)
        self.assertEqual(done.returncode, 1)
        result = json.loads(done.stdout)
        self.assertEqual((result["files"], result["reports"], result["new"]), (5, 2, 1))
        self.assertEqual(sorted(one["file"] for one in result["refused"]), ["bomb.xml.gz", "cut.xml.gz", "xxe.xml"])
        self.assertTrue(all(one["why"] for one in result["refused"]))

        # Anybody can try a record on reports in files, offline.
        zone_file = os.path.join(self.folder.path, "offline.zone")
        open(zone_file, "w").write('$TTL 60\nblue.test. TXT "v=spf1 -all"\n7.2.0.192.in-addr.arpa. PTR out.mailgun.net.\n')
        tried = subprocess.run([POSTHORN, "check", "policy", "blue.test", "--record", "v=DMARC1; p=reject; adkim=s", "--reports", os.path.join(folder, "good.xml"), "--dns", zone_file, "--json"],
                               capture_output=True, text=True)
        self.assertEqual(tried.returncode, 0, tried.stderr)
        self.assertEqual(json.loads(tried.stdout)["dmarc"]["passing"], 7)
        wrong = subprocess.run([POSTHORN, "check", "policy", "blue.test", "--record", "v=DMARC1; p=rejct", "--reports", folder, "--dns", zone_file], capture_output=True, text=True)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("rejct", wrong.stderr)

    def test_a_domain_that_is_not_ours_is_not_reported_to_us(self):
        report = ("<feedback><report_metadata><org_name>Liar</org_name><email>l@evil.test</email><report_id>lie</report_id><date_range><begin>1795305600</begin><end>1795391999</end>"
                  "</date_range></report_metadata><policy_published><domain>bank.test</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.9</source_ip><count>1</count>"
                  "<policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>bank.test</header_from></identifiers>"
                  "<auth_results/></record></feedback>").encode()
        with smtplib.SMTP(timeout=60, source_address=("127.0.9.66", 0), local_hostname="evil.test") as client:
            client.connect(self.blue.address, self.blue.ports["smtp"])
            client.sendmail("x@other.test", ["dmarc@blue.test"], letter("x@other.test", "dmarc@blue.test", report, extra="MIME-Version: 1.0\r\nContent-Type: text/xml\r\n"))
        refused = wait_for(lambda: self.blue.events("report.refused"), 20, "the report was not looked at")
        self.assertIn("no domain of ours", refused[-1]["why"])
        self.assertFalse([r for r in self.blue.json("report", "list") if r["org_name"] == "Liar"])


if __name__ == "__main__":
    unittest.main()
