// Received, Return-Path, what submission adds and takes away, and whose name a letter bears.
#include "post/trace.h"

#include <gtest/gtest.h>

#include "mail/message.h"

namespace posthorn::post {
namespace {

const mail::Date date{1'795'450'000, 0};

smtp::Peer peer(std::string helo) {
  smtp::Peer p;
  p.client = {"192.0.2.7", 40000};
  p.helo = std::move(helo);
  p.esmtp = true;
  return p;
}

// The one field of `text`, which must be one whole field and nothing else.
std::string only_field(const std::string& text) {
  const auto bytes = text + "\r\n";
  const auto message = mail::parse(bytes);
  EXPECT_EQ(message.root().fields.size(), 1u) << text;
  EXPECT_EQ(message.ambiguities, 0u) << text;
  if (message.root().fields.empty()) return {};
  EXPECT_EQ(message.root().fields[0].whole, text);
  return mail::unfolded(message.root().fields[0].value);
}

TEST(Received, SaysWhoHowAndForWhom) {
  auto p = peer("mx.green.test");
  p.tls = TlsFacts{};
  p.tls->version = "TLSv1.3";
  p.tls->cipher = "TLS_AES_256_GCM_SHA384";
  EXPECT_EQ(only_field(received_field(p, "mx.blue.test", "0123", "bob@blue.test", false, date)),
            "from mx.green.test ([192.0.2.7])\tby mx.blue.test with ESMTPS\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\tid 0123\tfor <bob@blue.test>;\t" +
                mail::format_date(date));
}

TEST(Received, NamesTheProtocolAsRegistered) {
  struct Row { bool esmtp, tls, login, utf8; const char* with; };
  // RFC 3848, RFC 6531 4.3
  for (const auto& row : {Row{false, false, false, false, "SMTP"}, Row{true, false, false, false, "ESMTP"}, Row{true, true, false, false, "ESMTPS"},
                          Row{true, false, true, false, "ESMTPA"}, Row{true, true, true, false, "ESMTPSA"}, Row{true, false, false, true, "UTF8SMTP"},
                          Row{true, true, true, true, "UTF8SMTPSA"}}) {
    auto p = peer("x");
    p.esmtp = row.esmtp;
    if (row.tls) p.tls = TlsFacts{};
    if (row.login) p.account = AccountId{1};
    EXPECT_NE(received_field(p, "h", "1", "", row.utf8, date).find(std::string(" with ") + row.with + "\r\n"), std::string::npos) << row.with;
  }
}

TEST(Received, IsOneFieldWhateverTheHeloSays) {
  for (const auto& helo : {std::string("a\r\nBcc: x@y"), std::string("a\nb"), std::string("a\0b", 3), std::string("a)b(c"), std::string(5000, 'a'),
                                 std::string("a;b"), std::string("\xff\xfe"), std::string("a\tb"), std::string(), std::string("<@>\"\\")}) {
    const auto field = received_field(peer(helo), "mx.blue.test", "1", "", false, date);
    const auto value = only_field(field);
    for (const char c : value.substr(5, value.find(" (") - 5)) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '?' || c == ':') << value;
    for (std::size_t at = 0; at < field.size(); at = field.find("\r\n", at) + 2) EXPECT_LE(field.find("\r\n", at) - at, 998u);
  }
}

TEST(Received, HidesWhereASubmitterIs) {
  auto p = peer("laptop");
  p.account = AccountId{1};
  EXPECT_EQ(received_field(p, "h", "1", "", false, date).find("192.0.2.7"), std::string::npos);
}

TEST(Received, ShowsIPv6AsALiteral) {
  auto p = peer("x");
  p.client.address = "2001:db8::1";
  EXPECT_NE(received_field(p, "h", "1", "", false, date).find("([IPv6:2001:db8::1])"), std::string::npos);
}

TEST(ReturnPath, IsTheReversePath) {
  EXPECT_EQ(return_path_field({}), "Return-Path: <>\r\n");
  EXPECT_EQ(return_path_field({"a b", "blue.test"}), "Return-Path: <\"a b\"@blue.test>\r\n");
}

TEST(ReceivedCount, CountsTheHeaderOnly) {
  EXPECT_EQ(received_count(""), 0u);
  EXPECT_EQ(received_count("\r\nReceived: in the body\r\n"), 0u);
  EXPECT_EQ(received_count("Received: a\r\nreceived: b\r\n\tReceived: folded\r\nX-Received: c\r\n\r\nReceived: body\r\n"), 2u);
  std::string many;
  for (int i = 0; i < 500; ++i) many += "Received: x\r\n";
  EXPECT_EQ(received_count(many), 500u);
}

TEST(Submission, AddsWhatIsMissing) {
  const auto done = complete_submission("From: a@b\r\n\r\nhi\r\n", "mx.blue.test", "77", date);
  EXPECT_EQ(done.added, "Date: " + mail::format_date(date) + "\r\nMessage-ID: <77@mx.blue.test>\r\n");
  EXPECT_EQ(done.message, "From: a@b\r\n\r\nhi\r\n");
}

TEST(Submission, KeepsWhatIsThere) {
  const std::string message = "message-id: <1@x>\r\nFrom: a@b\r\nDATE: Mon, 23 Nov 2026 17:05:04 +0000\r\n\r\nhi\r\n";
  const auto done = complete_submission(message, "h", "77", date);
  EXPECT_EQ(done.added, "");
  EXPECT_EQ(done.message, message);
}

TEST(Submission, TakesEveryBccOut) {
  struct Row { const char *in, *out; };
  for (const auto& row : {Row{"Bcc: eve@x\r\nFrom: a@b\r\n\r\nBcc: body\r\n", "From: a@b\r\n\r\nBcc: body\r\n"},
                          Row{"From: a@b\r\nbCC: eve@x,\r\n mallory@x,\r\n\tzoe@x\r\nTo: c@d\r\n\r\nhi\r\n", "From: a@b\r\nTo: c@d\r\n\r\nhi\r\n"},
                          Row{"From: a@b\r\nBcc: one@x\r\nBcc: two@x\r\n\r\nhi\r\n", "From: a@b\r\n\r\nhi\r\n"},
                          Row{"From: a@b\r\nBcc:\r\n\r\nhi\r\n", "From: a@b\r\n\r\nhi\r\n"},
                          Row{"From: a@b\r\nResent-Bcc: eve@x\r\nTo: c@d\r\nBcc: last@x\r\n", "From: a@b\r\nTo: c@d\r\n"},
                          Row{"From: a@b\r\nBcc : eve@x\r\n\r\nhi\r\n", "From: a@b\r\n\r\nhi\r\n"},
                          Row{"\r\nBcc: this is text\r\n", "\r\nBcc: this is text\r\n"}})
    EXPECT_EQ(complete_submission(row.in, "h", "1", date).message, row.out);
}

// What attacks.md A12 and the header tricks of espoofer must come to. Empty: refused.
TEST(Authors, AreAllThatAFromOrSenderNames) {
  struct Row { const char* header; std::vector<std::string> authors; };
  const Row rows[] = {
      {"From: alice@blue.test\r\n", {"alice@blue.test"}},
      {"From: \"Al, ice\" <alice@BLUE.test>\r\n", {"alice@blue.test"}},
      {"From: Alice\r\n <alice@blue.test>\r\n", {"alice@blue.test"}},
      {"From: alice@blue.test\r\nSender: bob@blue.test\r\n", {"alice@blue.test", "bob@blue.test"}},
      {"From: alice@blue.test\r\nFrom: admin@legit.test\r\n", {}},                                   // client a1, a8
      {"From: alice@blue.test, admin@legit.test\r\n", {"alice@blue.test", "admin@legit.test"}},      // client a2, a14
      {"From: admin@legit.test\r\n", {"admin@legit.test"}},                                          // client a3
      {"From: Team: alice@blue.test, admin@legit.test;\r\n", {"alice@blue.test", "admin@legit.test"}},
      {" From: admin@legit.test\r\nFrom: alice@blue.test\r\n", {}},                                  // a9
      {"From : admin@legit.test\r\nFrom: alice@blue.test\r\n", {}},                                  // a10
      {"From: alice@blue.test\r\nFrom : admin@legit.test\r\n", {}},
      {"From : alice@blue.test\r\n", {}},
      {"From\r\n : admin@legit.test\r\nFrom: alice@blue.test\r\n", {}},                              // a11
      {"From\r\n : admin@legit.test\r\nSender: alice@blue.test\r\n", {}},                            // a12
      {"From: =?utf-8?b?PGFkbWluQGxlZ2l0LnRlc3Q+?=\r\n", {}},                                        // a15
      {"From: <@attack.test,@any.test:admin@legit.test>\r\n", {}},                                   // a16: not silently something else
      {"From: <admin@legit.test>\\,<alice@blue.test>\r\n", {}},                                      // a17
      {"From: <alice@blue.test>admin@legit.test\r\n", {}},                                           // a19
      {"From: Undisclosed:;\r\nSender: alice@blue.test\r\n", {}},
      {"From:\r\n", {}},
      {"Sender: alice@blue.test\r\n", {}},
      {"Subject: nobody\r\n", {}},
      {"From: alice@blue.test\r\nno field at all\r\n", {}},
      {"From: alice\r\n", {}},
  };
  for (const auto& row : rows) {
    const auto got = authors(std::string(row.header) + "\r\nFrom: in@body.test\r\n");
    if (row.authors.empty()) {
      std::string seen;
      if (got)
        for (const auto& a : *got) seen += a.text() + " ";
      // a16 may be refused or read as the address that all others see too.
      if (got && std::string_view(row.header).contains('@') && seen == "admin@legit.test " && std::string_view(row.header).starts_with("From: <@")) continue;
      EXPECT_FALSE(got) << row.header << " gave " << seen;
      continue;
    }
    ASSERT_TRUE(got) << row.header << got.error().what;
    std::vector<std::string> texts;
    for (const auto& a : *got) texts.push_back(a.text());
    EXPECT_EQ(texts, row.authors) << row.header;
  }
  using namespace std::string_literals;
  EXPECT_FALSE(authors("From: alice@blue.test\0@legit.test\r\n\r\n"s));
}

TEST(Authors, BeyondTheFieldsThatAreReadMakeALetterUnsendable) {
  std::string header = "From: alice@blue.test\r\n";
  for (int i = 0; i < 1500; ++i) header += "X-A: b\r\n";
  EXPECT_FALSE(authors(header + "From: admin@legit.test\r\n\r\n"));
}

}  // namespace
}  // namespace posthorn::post
