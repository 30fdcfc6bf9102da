// The lab's pure parts: its plan and JSON, zones, configuration, certificates, the narration of log lines, IMAP's little client.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/json/serialize.hpp>
#include <memory>

#include "app/config/config.h"
#include "app/lab/authority.h"
#include "app/lab/host_config.h"
#include "app/lab/inbox.h"
#include "app/lab/letter.h"
#include "app/lab/narrate.h"
#include "app/lab/tell.h"
#include "app/lab/zone.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

Lab example() {
  auto lab = new_lab("/srv/my lab");
  move_to(lab, 7);
  int n = 0;
  for (auto& host : lab.hosts)
    for (auto& user : host.users) user.password = "secret-" + std::to_string(++n);
  lab.hosts[0].pid = 4711;
  return lab;
}

TEST(LabPlan, GivesEachLabItsOwnAddresses) {
  const auto lab = example();
  EXPECT_EQ(lab.dns(), "127.0.7.53:5353");
  EXPECT_EQ(lab.hosts[0].ip, "127.0.7.1");
  EXPECT_EQ(lab.hosts[1].ip, "127.0.7.2");
}

TEST(LabPlan, SurvivesItsFile) {
  const auto lab = example();
  const auto again = read_lab(boost::json::serialize(to_json(lab)));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_json(*again), to_json(lab));
  EXPECT_EQ(again->hosts[0].pid, 4711);
  EXPECT_EQ(again->find_user("BOB@green.test")->password, "secret-4");
}

TEST(LabPlan, RefusesADamagedFile) {
  for (const auto* text : {"", "[]", "{}", "{\"dir\":\"/x\",\"index\":1,\"hosts\":[]}", "{\"dir\":\"/x\",\"index\":999,\"hosts\":[{}]}",
                           "{\"dir\":\"/x\",\"index\":1,\"hosts\":[{\"name\":\"blue\"}]}", "{\"dir\":"})
    EXPECT_FALSE(read_lab(text)) << text;
}

TEST(LabPlan, KnowsWhereLettersEndUp) {
  const auto lab = example();
  ASSERT_EQ(lab.readers("team@green.test").size(), 2u);
  EXPECT_EQ(lab.readers("team@green.test")[1]->address, "dave@green.test");
  EXPECT_EQ(lab.readers("alice@blue.test").size(), 1u);
  EXPECT_TRUE(lab.readers("nobody@green.test").empty());
  EXPECT_EQ(lab.find_host("nobody@green.test")->name, "green");
  EXPECT_EQ(lab.find_host("red"), nullptr);
}

TEST(LabPlan, MakesReadablePasswords) {
  EXPECT_EQ(readable_password(std::string("\0\1\2\3\4", 5)), "amber-apple-arrow-aspen-14");
  EXPECT_EQ(readable_password("\xff\xff\xff\xff\xff"), "willow-willow-willow-willow-85");
}

TEST(LabStatus, HasExactlyThePromisedShape) {
  const auto status = status_json(example(), {"blue.test"});
  EXPECT_EQ(status.size(), 3u);
  EXPECT_EQ(status.at("dns").as_string(), "127.0.7.53:5353");
  EXPECT_EQ(status.at("ca").as_string(), "/srv/my lab/ca.pem");
  const auto& blue = status.at("hosts").as_array().at(0).as_object();
  EXPECT_EQ(blue.at("domain").as_string(), "blue.test");
  EXPECT_EQ(blue.at("data").as_string(), "/srv/my lab/blue/data");
  EXPECT_EQ(boost::json::serialize(blue.at("ports")),
            R"({"smtp":2525,"submission":2587,"submissions":2465,"imap":2143,"imaps":2993,"pop3":2110,"pop3s":2995,"https":2443})");
  EXPECT_EQ(blue.at("users").as_array().at(0), (boost::json::object{{"address", "alice@blue.test"}, {"password", "secret-1"}}));
  EXPECT_TRUE(blue.at("running").as_bool());
  EXPECT_FALSE(status.at("hosts").as_array().at(1).as_object().at("running").as_bool());
}

TEST(LabStatus, QuotesFoldersForTheShell) { EXPECT_TRUE(what_to_try(example()).contains("posthorn lab down --dir '/srv/my lab'\n")); }

TEST(LabZone, CutsTextAtTwoHundredFiftyFiveOctets) {
  EXPECT_EQ(txt_strings(""), "\"\"");
  EXPECT_EQ(txt_strings("a\"b"), "\"a\\\"b\"");
  EXPECT_EQ(txt_strings(std::string(256, 'x')), "\"" + std::string(255, 'x') + "\" \"x\"");
}

TEST(LabZone, HasAllThatMailNeeds) {
  const auto lab = example();
  const auto zone = mail_zone(lab.hosts[0], 42, "QUJD");
  for (const auto* line : {"blue.test. SOA ns.test. postmaster.blue.test. 42 ", "blue.test. MX 10 mx.blue.test.\n", "mx.blue.test. A 127.0.7.1\n",
                           "blue.test. TXT \"v=spf1 mx -all\"\n", "lab._domainkey.blue.test. TXT \"v=DKIM1; k=rsa; p=QUJD\"\n", "_dmarc.blue.test. TXT \"v=DMARC1; "})
    EXPECT_TRUE(zone.contains(line)) << line << "\n" << zone;
  const auto top = test_zone(lab, 42, {"blue.test. DS 1 13 2 AB"});
  for (const auto* line : {"green.test. NS ns.test.\n", "blue.test. DS 1 13 2 AB\n", "ns.test. A 127.0.7.53\n"}) EXPECT_TRUE(top.contains(line)) << line;
}

TEST(LabConfig, IsUnderstoodByTheServer) {
  const auto lab = example();
  const auto config = parse_config(host_config(lab, lab.hosts[1]), "posthorn.toml");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->name, "mx.green.test");
  ASSERT_EQ(config->listen.size(), 8u);
  EXPECT_EQ(config->listen[0].address, "127.0.7.2");
  EXPECT_EQ(config->dns.forward, std::vector<std::string>{"127.0.7.53@5353"});
  EXPECT_EQ(config->post.port, 2525);
  EXPECT_TRUE(config->post.allow_private_routes);
  EXPECT_FALSE(config->post.smarthost);
  EXPECT_EQ(config->post.senders_for_any, std::vector<std::string>{"gateway@green.test"});
}

struct FreeCertificate {
  void operator()(X509* c) const { X509_free(c); }
};
std::unique_ptr<X509, FreeCertificate> read_pem(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  std::unique_ptr<X509, FreeCertificate> out(PEM_read_bio_X509(in, nullptr, nullptr, nullptr));
  BIO_free(in);
  return out;
}

TEST(LabAuthority, IssuesCertificatesThatVerify) {
  const auto ca = make_authority("test CA");
  ASSERT_TRUE(ca);
  const auto issued = issue(*ca, "mx.blue.test", "127.0.7.1");
  ASSERT_TRUE(issued);
  const auto root = read_pem(ca->certificate), leaf = read_pem(issued->certificate);
  ASSERT_TRUE(root && leaf);
  EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(root.get())), 1);
  EXPECT_EQ(X509_check_issued(root.get(), leaf.get()), X509_V_OK);
  EXPECT_EQ(X509_check_host(leaf.get(), "mx.blue.test", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "mx.green.test", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.7.1", 0), 1);
  EXPECT_EQ(X509_check_ca(leaf.get()), 0);
  EXPECT_NE(X509_check_ca(root.get()), 0);
}

TEST(LabAuthority, GivesThePublicHalfOfADkimKey) {
  const auto key = make_rsa_key();
  ASSERT_TRUE(key);
  const auto half = public_part(*key);
  ASSERT_TRUE(half);
  const auto der = base64_decode(*half);
  ASSERT_TRUE(der);
  EXPECT_EQ(der->size(), 294u);  // SubjectPublicKeyInfo of RSA-2048 with exponent 65537
  EXPECT_FALSE(public_part("no key"));
}

std::string told(Trail& trail, const std::string& host, const std::string& line) {
  LogLine one;
  one.host = host;
  one.text = line;
  const auto step = narrate(one, trail);
  return step ? step->who + ": " + step->text : "";
}

TEST(LabNarration, FollowsALetterFromServerToServer) {
  Trail trail;
  trail.from = "alice@blue.test";
  trail.to = "bob@green.test";
  trail.ids = {"00000000000000aa"};
  EXPECT_EQ(told(trail, "blue", R"({"event":"message.accepted","id":"00000000000000aa","from":"alice@blue.test","to":"bob@green.test","size":"321","client":"127.0.0.1","login":"alice@blue.test","tls":"TLSv1.3"})"),
            "blue: stored it safely as 00000000000000aa (321 octets, sent by alice@blue.test, TLSv1.3)");
  EXPECT_EQ(told(trail, "blue", R"j({"event":"delivery.route","id":"00000000000000aa","domain":"green.test","dns":"MX green.test: 10 mx.green.test (secure)"})j"),
            "blue: DNS: MX green.test: 10 mx.green.test (secure)");
  EXPECT_EQ(told(trail, "blue", R"({"event":"delivery.dialogue","id":"00000000000000aa","we":"EHLO mx.blue.test"})"), "blue: --> EHLO mx.blue.test");
  EXPECT_EQ(told(trail, "blue", R"({"event":"delivery.dialogue","id":"00000000000000bb","we":"EHLO other"})"), "");
  EXPECT_EQ(told(trail, "green", R"({"event":"message.judged","id":"00000000000000dd","from":"alice@blue.test","spf":"pass","dmarc":"pass","done":"inbox","why":"SPF for blue.test proves blue.test"})"),
            "green: judged it: SPF pass, DMARC pass (SPF for blue.test proves blue.test), so: inbox");
  EXPECT_EQ(told(trail, "green", R"({"event":"message.judged","id":"00000000000000cc","from":"carol@blue.test","spf":"pass","dmarc":"pass","done":"inbox","why":""})"), "");
  EXPECT_EQ(told(trail, "green", R"({"event":"message.accepted","id":"00000000000000cc","from":"carol@blue.test","to":"bob@green.test"})"), "");
  EXPECT_FALSE(trail.accepted_there);
  EXPECT_EQ(told(trail, "green", R"({"event":"message.accepted","id":"00000000000000dd","from":"alice@blue.test","to":"bob@green.test","size":"600","client":"127.0.1.1","login":"","tls":"TLSv1.3"})"),
            "green: stored it safely as 00000000000000dd (600 octets, from 127.0.1.1, TLSv1.3)");
  EXPECT_TRUE(trail.accepted_there);
  EXPECT_EQ(told(trail, "blue", R"({"event":"delivery.done","id":"00000000000000aa","to":"bob@green.test","host":"mx.green.test [127.0.1.2]","code":"250","answer":"2.0.0 Accepted and safely stored as 00000000000000dd"})"),
            "blue: delivered to bob@green.test: mx.green.test [127.0.1.2] said 250 2.0.0 Accepted and safely stored as 00000000000000dd");
  EXPECT_TRUE(trail.delivered);
  EXPECT_FALSE(trail.failed);
}

TEST(LabNarration, RemembersWhyALetterWaitsOrFails) {
  Trail trail;
  trail.ids = {"00000000000000aa"};
  EXPECT_EQ(told(trail, "blue", R"({"event":"delivery.deferred","id":"00000000000000aa","to":"bob@green.test","host":"mx.green.test [127.0.1.2]","code":"0","answer":"4.4.1 cannot connect"})"),
            "blue: not delivered to bob@green.test yet: mx.green.test [127.0.1.2]: 4.4.1 cannot connect");
  EXPECT_EQ(trail.trouble, "mx.green.test [127.0.1.2]: 4.4.1 cannot connect");
  EXPECT_FALSE(trail.failed);
  EXPECT_EQ(told(trail, "blue", R"({"event":"dsn.sent","id":"00000000000000aa","as":"00000000000000bb","to":"alice@blue.test"})"),
            "blue: told alice@blue.test in a notice, 00000000000000bb");
  EXPECT_TRUE(trail.notified);
  told(trail, "blue", R"({"event":"delivery.failed","id":"00000000000000aa","to":"x@green.test","host":"mx.green.test","code":"550","answer":"5.1.1 no such user"})");
  EXPECT_TRUE(trail.failed);
  EXPECT_EQ(trail.trouble, "mx.green.test: 550 5.1.1 no such user");
}

TEST(LabNarration, SaysNothingOfWhatIsNoLogLine) {
  Trail trail;
  for (const auto* line : {"", "[1]", "terminate called", "{\"event\":7}", "{\"event\":\"message.accepted\"}"}) EXPECT_EQ(told(trail, "blue", line), "") << line;
}

TEST(LabNarration, ReadsTheTimeOfALine) {
  const auto time = time_of_line(R"({"time":"2026-11-23T18:33:01.083Z","event":"x"})");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->time_since_epoch().count(), 1795458781083);
  EXPECT_FALSE(time_of_line(R"({"time":"yesterday"})"));
  EXPECT_FALSE(time_of_line(R"({"time":"2026-02-31T18:33:01.083Z"})"));
  EXPECT_FALSE(time_of_line("no JSON"));
}

TEST(LabNarration, FindsTheQueueIdInAReply) {
  EXPECT_EQ(queue_id_in("Accepted and safely stored as 0123456789abcdef\n"), "0123456789abcdef");
  EXPECT_EQ(queue_id_in("Ok: queued as 4711"), "");
  EXPECT_EQ(queue_id_in(""), "");
}

TEST(LabInbox, FindsTheFirstUid) {
  EXPECT_EQ(first_uid({"* 3 EXISTS", "* SEARCH 17 21"}), 17u);
  EXPECT_EQ(first_uid({"* ESEARCH (TAG \"a1\") UID ALL 5:7"}), 5u);
  EXPECT_EQ(first_uid({"* SEARCH"}), std::nullopt);
  EXPECT_EQ(first_uid({}), std::nullopt);
}

TEST(LabInbox, SeesLiteralsAtTheEndOfALine) {
  EXPECT_EQ(literal_at_end("* 1 FETCH (BODY[] {12}"), 12u);
  EXPECT_EQ(literal_at_end("* OK {12} done"), std::nullopt);
  EXPECT_EQ(literal_at_end("{x}"), std::nullopt);
}

TEST(LabLetter, IsAWholeMessage) {
  const auto letter = lab_letter("alice@blue.test", "bob@green.test", "abc", WallTime(std::chrono::milliseconds(1795458781083)));
  EXPECT_EQ(letter.message_id, "<abc@lab.test>");
  EXPECT_TRUE(letter.text.contains("\r\nDate: Mon, 23 Nov 2026 18:33:01 +0000\r\n")) << letter.text;
  EXPECT_TRUE(letter.text.ends_with("\r\n"));
}

}  // namespace
}  // namespace posthorn::app::lab
