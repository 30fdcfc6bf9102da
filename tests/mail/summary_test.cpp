// Envelope, structure, preview, the stored form and base subjects.
#include "mail/summary.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "lines.h"
#include "mail/json.h"

namespace posthorn::mail {
namespace {

const std::string letter = crlf(
    "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\nFrom: Terry Gray <gray@cac.washington.edu>\nSubject: "
    "=?utf-8?q?IMAP4rev2_WG_mtg?= summary\n"
    "To: imap@cac.washington.edu, G: a@b;\nCc: minutes@CNRI.Reston.VA.US,\n John Klensin <KLENSIN@MIT.EDU>\nMessage-Id: "
    "<B27397-0100000@cac.washington.edu>\n"
    "In-Reply-To: <p1@x>\nReferences: <p0@x> <p1@x>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    "Content-Type: text/plain; charset=utf-8\n\nHello,\n\n  this is it.\n--b\nContent-Type: message/rfc822\n\nFrom: "
    "in@side.test\nSubject: inner\n\ntext\n"
    "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: "
    "base64\n\nZm9v\n--b--\n");

TEST(Summary, HoldsWhatListsAndFetchNeed) {
  const auto s = summarize(parse(letter));
  EXPECT_EQ(s.envelope.date, "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
  EXPECT_EQ(s.envelope.subject, "=?utf-8?q?IMAP4rev2_WG_mtg?= summary");
  EXPECT_EQ(s.envelope.message_id, "<B27397-0100000@cac.washington.edu>");
  EXPECT_EQ(s.envelope.in_reply_to, "<p1@x>");
  EXPECT_EQ(s.envelope.from.at(0).name, "Terry Gray");
  EXPECT_EQ(s.envelope.to.size(), 4U);
  EXPECT_EQ(s.envelope.cc.at(1).local, "KLENSIN");
  EXPECT_TRUE(s.envelope.sender.empty());
  EXPECT_EQ(s.subject, "IMAP4rev2 WG mtg summary");
  EXPECT_EQ(s.message_id, "B27397-0100000@cac.washington.edu");
  EXPECT_EQ(s.references, (std::vector<std::string>{"p0@x", "p1@x"}));
  EXPECT_EQ(s.sent, 837595405);
  EXPECT_EQ(s.sent_zone_minutes, -420);
  EXPECT_EQ(s.preview, "Hello, this is it.");
  EXPECT_TRUE(s.has_attachment);
  EXPECT_EQ(s.ambiguities, 0U);
  ASSERT_EQ(s.structure.size(), 5U);
  EXPECT_EQ(s.structure[0].children, (std::vector<std::uint32_t>{1, 2, 4}));
  EXPECT_EQ(s.structure[2].envelope->subject, "inner");
  EXPECT_FALSE(s.structure[1].envelope);
  EXPECT_EQ(s.structure[4].encoding, "BASE64");
  EXPECT_EQ(s.structure[4].size, 4U);
  EXPECT_EQ(s.structure[4].disposition_parameters, (Parameters{{"filename", "a.pdf"}}));
}

TEST(Summary, StoredFormComesBackAndDamageIsFound) {
  for (const auto& bytes : {letter, std::string(), std::string("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n")}) {
    const auto stored = encode(summarize(parse(bytes)));
    const auto back = decode_summary(stored);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode(*back), stored);
    for (std::size_t cut = 0; cut < stored.size(); ++cut) EXPECT_FALSE(decode_summary(std::string_view(stored).substr(0, cut)));
    EXPECT_FALSE(decode_summary(stored + "x"));
    for (std::size_t i = 0; i < stored.size(); ++i) {
      auto damaged = stored;
      damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
      if (const auto decoded = decode_summary(damaged)) {
        EXPECT_EQ(encode(*decoded), damaged);
      }
    }
  }
  EXPECT_EQ(decode_summary(encode(Summary{}))->structure.size(), 0U);
}

TEST(Summary, StoredStructureMustBeATree) {
  const auto with_children = [](std::vector<std::vector<std::uint32_t>> children) {
    Summary s;
    for (auto& list : children) s.structure.emplace_back().children = std::move(list);
    return decode_summary(encode(s)).has_value();
  };
  EXPECT_TRUE(with_children({{1, 2}, {}, {}}));
  EXPECT_FALSE(with_children({{1}, {}, {}}));
  EXPECT_FALSE(with_children({{1, 1}, {}, {}}));
  EXPECT_FALSE(with_children({{0}}));
  EXPECT_FALSE(with_children({{1}, {0}}));
  EXPECT_FALSE(with_children({{2}, {}, {1}}));
  EXPECT_FALSE(with_children({{7}}));
  std::vector<std::vector<std::uint32_t>> chain;
  for (std::uint32_t i = 1; i < 5'000; ++i) chain.push_back({i});
  chain.emplace_back();
  EXPECT_FALSE(with_children(chain));
}

TEST(Summary, PreviewIsTheFirstReadableText) {
  const auto preview = [](std::string_view text) { return preview_of(parse(crlf(text))); };
  EXPECT_EQ(preview("\n a \n\n b\n"), "a b");
  EXPECT_EQ(preview("Content-Type: text/html\n\n<style>x{}</style><p>Hi&nbsp;<b>you</b></p>"), "Hi you");
  EXPECT_EQ(
      preview("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>h</p>\n--b\n\np\n--b--\n"),
      "p");
  EXPECT_EQ(
      preview("Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>h</p>\n--b--\n"),
      "h");
  EXPECT_EQ(
      preview("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nfile\n--b\n\np\n--b--\n"),
      "p");
  EXPECT_EQ(preview("Content-Type: message/rfc822\n\nSubject: x\n\ninner\n"), "");
  EXPECT_EQ(preview("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\nY2Fm6Q==\n"),
            "caf\u00e9");
  EXPECT_EQ(preview("Content-Type: image/png\n\nx"), "");
  EXPECT_EQ(preview("Content-Type: text/plain; charset=utf-8\n\na\u200b\u00a0\u034f\u200c b"), "a b");
  std::string wide;
  for (int i = 0; i < 20'000; ++i) wide += "\u65e5";
  std::string expected;
  for (int i = 0; i < 256; ++i) expected += "\u65e5";
  EXPECT_EQ(preview("\n" + wide), expected);
  EXPECT_EQ(preview("\nx" + wide).size(), 1 + 255 * 3U);
}

TEST(Summary, ReferencesKeepTheRootAndTheNearest) {
  std::string references = "References:";
  for (int i = 0; i < 1'000; ++i) references += " <" + std::to_string(i) + "@x>";
  const auto s = summarize(parse(references + "\r\nIn-Reply-To: <999@x> and \"some\" text <> <<last@x>\r\n\r\n"));
  ASSERT_EQ(s.references.size(), 100U);
  EXPECT_EQ(s.references.front(), "0@x");
  EXPECT_EQ(s.references[1], "902@x");
  EXPECT_EQ(s.references.back(), "last@x");
  EXPECT_EQ(summarize(parse("Message-ID: bare@x\r\n\r\n")).message_id, "bare@x");
  EXPECT_EQ(summarize(parse("Message-ID: two words\r\n\r\n")).message_id, "");
}

TEST(Summary, EnvelopeTakesTheFirstFromAndEveryTo) {
  const auto e =
      envelope_of(parse("From: a@b\r\nTo: c@d\r\nFROM: x@y\r\nto: e@f\r\nSubject: 1\r\nSubject: 2\r\n\r\n").root().fields);
  EXPECT_EQ(e.from.size(), 1U);
  EXPECT_EQ(e.from[0].local, "a");
  EXPECT_EQ(e.to.size(), 2U);
  EXPECT_EQ(e.subject, "1");
  EXPECT_FALSE(e.date);
  constexpr std::string_view hostile_bytes("Subject: a\rb\0c\nFrom: \"a\rb\0\" <c\r@d>\r\n\r\n", 38);
  const auto hostile = envelope_of(parse(hostile_bytes).root().fields);
  EXPECT_EQ(hostile.subject, "a b c");
  EXPECT_EQ(hostile.from.at(0).name.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
}

TEST(Summary, AttachmentsAreWhatPeopleCallSo) {
  const auto has = [](std::string_view text) { return summarize(parse(crlf(text))).has_attachment; };
  EXPECT_FALSE(has("\nx"));
  EXPECT_FALSE(has("Content-Type: text/html\n\nx"));
  EXPECT_TRUE(has("Content-Type: application/pdf\n\nx"));
  EXPECT_TRUE(has("Content-Type: image/png\n\nx"));
  EXPECT_FALSE(has("Content-Type: image/png\nContent-ID: <a@b>\n\nx"));
  EXPECT_FALSE(has("Content-Type: application/pgp-signature\n\nx"));
  EXPECT_TRUE(has("Content-Type: text/plain\nContent-Disposition: attachment\n\nx"));
  EXPECT_TRUE(has("Content-Type: message/rfc822\n\nSubject: x\n\nx"));
}

TEST(BaseSubject, IsAsRfc5256HasIt) {
  struct Case {
    std::string_view subject, base;
  };
  const Case cases[] = {
      {"hello", "hello"},
      {"Re: hello", "hello"},
      {"RE : hello", "hello"},
      {"re[2]: hello", "hello"},
      {"Re: [list] Re: hello (fwd)", "hello"},
      {"Fwd: Fw: hello (fwd) (FWD) ", "hello"},
      {"[fwd: hello]", "hello"},
      {"[Fwd: Re: [Fwd: hello (fwd)]]", "hello"},
      {"[list] hello", "hello"},
      {"[a][b] hello", "hello"},
      {"[a] [b]", "[b]"},
      {"[a]", "[a]"},
      {"[a] [b] re: x", "x"},
      {"  many\t \r\n spaces  here ", "many spaces here"},
      {"regarding: x", "regarding: x"},
      {"Re:", ""},
      {"Re: Re:Re: x", "x"},
      {"[open hello", "[open hello"},
      {"hello [list]", "hello [list]"},
      {"fwdx", "fwdx"},
      {"", ""},
      {"(fwd)", ""},
      {"[fwd:]", ""},
      {"AW: x", "AW: x"},
  };
  for (const auto& c : cases) EXPECT_EQ(base_subject(c.subject), c.base) << c.subject;
  for (const std::string_view unit : {"[a]", "re:", "[fwd:", "(fwd)", "[", "re[", "]", " "}) {
    std::string hostile;
    while (hostile.size() < 1'000'000) hostile += unit;
    EXPECT_LE(base_subject(hostile).size(), hostile.size());
    EXPECT_LE(base_subject(hostile + "]").size(), hostile.size() + 1);
  }
}

TEST(Json, NamesPartsAsImapDoes) {
  // rfc:9051#6.4.5.1's example, as far as its tree goes.
  const auto bytes = crlf(
      "Content-Type: multipart/mixed; boundary=m\n\n--m\n\n1\n--m\nContent-Type: "
      "application/octet-stream\n\n2\n--m\nContent-Type: message/rfc822\n\n"
      "Content-Type: multipart/mixed; boundary=n\n\n--n\n\n3.1\n--n\nContent-Type: application/octet-stream\n\n3.2\n--n--\n--m\n"
      "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: image/gif\n\n4.1\n--o\nContent-Type: message/rfc822\n\n"
      "Content-Type: multipart/alternative; boundary=p\n\n--p\n\n4.2.1\n--p\n\n4.2.2\n--p--\n--o--\n--m\nContent-Type: "
      "message/rfc822\n\nSubject: s\n\n5.1\n--m--\n");
  const auto value = to_json(parse(bytes));
  std::string paths;
  for (const auto& part : value.at("parts").as_array()) paths += std::string(part.at("path").as_string()) + " ";
  EXPECT_EQ(paths, "TEXT 1 2 3 3.TEXT 3.1 3.2 4 4.1 4.2 4.2.TEXT 4.2.1 4.2.2 5 5.1 ");
  // The parts' texts are their own numbers.
  const auto message = parse(bytes);
  const auto& parts = value.at("parts").as_array();
  for (std::size_t i = 0; i < message.parts.size(); ++i)
    if (message.parts[i].children.empty() && i > 2) {
      EXPECT_EQ(message.body(message.parts[i]), std::string_view(parts[i].at("path").as_string()));
    }
}

TEST(Json, IsUtf8AndSaysWhatPeopleAsk) {
  const auto value = to_json(parse(letter));
  EXPECT_EQ(value.at("subject").as_string(), "IMAP4rev2 WG mtg summary");
  EXPECT_EQ(value.at("from").at(0).at("address").as_string(), "gray@cac.washington.edu");
  EXPECT_EQ(value.at("from").at(0).at("name").as_string(), "Terry Gray");
  EXPECT_EQ(value.at("date").as_string(), "Wed, 17 Jul 1996 02:23:25 -0700");
  EXPECT_EQ(value.at("parts").at(4).at("file_name").as_string(), "a.pdf");
  EXPECT_EQ(value.at("parts").at(4).at("decoded_size").to_number<int>(), 3);
  EXPECT_EQ(value.at("parts").at(1).at("charset").as_string(), "utf-8");
  EXPECT_EQ(value.at("to").at(1).at("group").as_string(), "G");
  EXPECT_EQ(value.at("envelope").at("in_reply_to").as_string(), "<p1@x>");
  const auto hostile =
      to_json(parse("From: \xff\xfe <\xff@\xfe>\nSubject: \xff\nTo: x\n nocolon\nContent-Type: a/b; "
                    "x\xff=\xff\nContent-Transfer-Encoding: \xff\n\n\xff"));
  EXPECT_TRUE(is_utf8(boost::json::serialize(hostile)));
  EXPECT_EQ(hostile.at("ambiguities").at(0).as_string(), "unknown_encoding");
}

}  // namespace
}  // namespace posthorn::mail
