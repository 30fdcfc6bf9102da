// Which messages match, and what must be read to know it.
#include "imap/search/evaluate.h"

#include <gtest/gtest.h>

#include <random>

#include "corpus.h"
#include "imap/search/parse.h"
#include "mail/text.h"

namespace posthorn::imap {
namespace {

using Is = SearchAnswer::Is;

WallTime at(std::chrono::sys_days day, int hours = 0) {
  return day + std::chrono::hours(hours);
}

struct Mail {
  std::uint32_t sequence = 3;
  store::Member member;
  store::Email email;
  mail::Summary summary;
  std::string bytes;
  std::vector<std::string> keywords{"$Forwarded", "work"};
  NumberSet saved;

  explicit Mail(std::string message) : bytes(test::crlf(message)) {
    using namespace std::chrono;
    member.uid = Uid{30};
    member.email = EmailId{31};
    member.modseq = ModSeq{50};
    member.saved = at(2020y / 3 / 5, 23);
    member.flags.set(store::SystemFlag::flagged);
    member.flags.set(store::first_keyword_bit + 1);
    email.thread = ThreadId{32};
    email.size = bytes.size();
    email.received = at(2020y / 3 / 4, 12);
    summary = mail::summarize(mail::parse(bytes));
    saved.add(30, 30);
  }

  SearchProgram program(std::string_view keys) const {
    Cursor in(keys);
    auto request = parse_search(in);
    EXPECT_TRUE(request) << keys;
    if (!request) return {};
    using namespace std::chrono;
    request->program.bind(
        {.exists = 5, .last_uid = Uid{40}, .saved = &saved, .keywords = &keywords, .now = at(2020y / 3 / 4, 13)});
    return std::move(request->program);
  }

  SearchAnswer answer(std::string_view keys, Need have) const {
    SearchData data{.sequence = sequence, .member = member};
    if (have >= Need::email) data.email = &email;
    if (have >= Need::summary) data.summary = &summary;
    if (have >= Need::message) data.message = bytes;
    return evaluate(program(keys), data);
  }
  bool matches(std::string_view keys) const { return answer(keys, Need::message).is == Is::yes; }
};

Mail sample() {
  return Mail(
      "Date: Wed, 4 Mar 2020 01:30:00 +0900\n"
      "From: =?utf-8?q?J=C3=BCrgen?= Gro\xc3\x9f <juergen@green.test>\n"
      "To: team: Ann <ann@blue.test>, bob@blue.test;\n"
      "Subject: =?iso-8859-1?Q?Caf=E9?= at\n noon\n"
      "Message-ID: <one@green.test>\n"
      "X-Tag: =?utf-8?b?w4RwZmVs?= two\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/mixed; boundary=b\n\n"
      "pre secret\n"
      "--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
      "Sch=F6ne Gr=FC=\n=DFe aus dem S=FCden\n"
      "--b\nContent-Type: text/html\n\n<p>Click <b>he</b>re &amp; there</p>\n"
      "--b\nContent-Type: application/octet-stream; name=plans.bin\nContent-Transfer-Encoding: base64\n\nc2VjcmV0\n"
      "--b\nContent-Type: message/rfc822\n\nSubject: inner letter\n\ninner words\n"
      "--b--\n");
}

TEST(ImapSearch, MatchesByEveryKey) {
  const Mail mail = sample();
  const std::pair<const char*, bool> table[] = {
      {"ALL", true},
      {"RECENT", false},
      {"NEW", false},
      {"OLD", true},
      {"FLAGGED", true},
      {"UNFLAGGED", false},
      {"SEEN", false},
      {"UNSEEN", true},
      {"DRAFT", false},
      {"UNDELETED", true},
      {"UNANSWERED", true},
      {"KEYWORD WORK", true},
      {"UNKEYWORD work", false},
      {"KEYWORD $Forwarded", false},
      {"KEYWORD unknown", false},
      {"UNKEYWORD unknown", true},
      {"3", true},
      {"1:2,4:*", false},
      {"*", false},
      {"2:*", true},
      {"UID 30", true},
      {"UID 3", false},
      {"UID 50:*", false},
      {"UID 25:35", true},
      {"$", true},
      {"UID $", true},
      {"NOT $", false},
      {"MODSEQ 50", true},
      {"MODSEQ 51", false},
      {"EMAILID M1f", true},
      {"EMAILID M20", false},
      {"EMAILID x", false},
      {"THREADID T20", true},
      {"THREADID T1f", false},
      {"SAVEDON 5-Mar-2020", true},
      {"SAVEDBEFORE 5-Mar-2020", false},
      {"SAVEDSINCE 5-Mar-2020", true},
      {"ON 4-Mar-2020", true},
      {"BEFORE 4-Mar-2020", false},
      {"BEFORE 5-Mar-2020", true},
      {"SINCE 4-Mar-2020", true},
      {"SINCE 5-Mar-2020", false},
      {"OLDER 3600", true},
      {"OLDER 3601", false},
      {"YOUNGER 3600", true},
      {"YOUNGER 3599", false},
      {"LARGER 10", true},
      {"SMALLER 10", false},
      // 4 March at the sender's, though 3 March in UTC.
      {"SENTON 4-Mar-2020", true},
      {"SENTBEFORE 4-Mar-2020", false},
      {"SENTSINCE 4-Mar-2020", true},
      {"SENTON 3-Mar-2020", false},
      {"SUBJECT \"CAF\xc3\x89 AT NOON\"", true},
      {"SUBJECT \"\"", true},
      {"SUBJECT dinner", false},
      {"FROM \"j\xc3\xbcrgen gross\"", true},
      {"FROM green.test", true},
      {"FROM juergen@green", true},
      {"FROM ann", false},
      {"TO ann@blue.test", true},
      {"TO team", true},
      {"TO bob@BLUE", true},
      {"CC ann", false},
      {"CC \"\"", false},
      {"BCC x", false},
      {"HEADER message-id one@green", true},
      {"HEADER Message-ID two", false},
      {"HEADER In-Reply-To \"\"", false},
      {"HEADER X-Tag \"\xc3\x84PFEL TWO\"", true},
      {"HEADER x-tag \"\"", true},
      {"HEADER X-None \"\"", false},
      {"HEADER Subject noon", true},
      {"HEADER Content-ID \"\"", false},
      {"BODY \"sch\xc3\xb6ne gr\xc3\xbc\xc3\x9f\x65\"", true},
      {"BODY \"SUEDEN\"", false},
      {"BODY \"click here & there\"", true},
      {"BODY \"<b>\"", false},
      {"BODY \"inner words\"", true},
      {"BODY \"inner letter\"", false},
      {"BODY noon", false},
      {"BODY secret", false},
      {"BODY \"\"", true},
      {"TEXT noon", true},
      {"TEXT \"inner letter\"", true},
      {"TEXT \"inner words\"", true},
      {"TEXT plans.bin", true},
      {"TEXT absent", false},
      {"TEXT \"\"", true},
      {"OR BODY absent TEXT noon", true},
      {"BODY \"inner words\" TEXT absent", false},
      {"NOT TEXT absent", true},
      {"OR SEEN FLAGGED", true},
      {"OR SEEN DRAFT", false},
      {"NOT (SEEN FLAGGED)", true},
      {"(FLAGGED UNSEEN) NOT DRAFT", true},
      {"OR (SEEN BODY inner) (FLAGGED SUBJECT noon)", true},
  };
  for (const auto& [keys, expected] : table) EXPECT_EQ(mail.matches(keys), expected) << keys;
}

TEST(ImapSearch, AsksForTheCheapestDataThatDecides) {
  const Mail mail = sample();
  struct Row {
    const char* keys;
    Need have;
    Is is;
    Need need;
  };
  const Row table[] = {
      {"FLAGGED", Need::row, Is::yes, Need::row},
      {"SINCE 1-Jan-2000", Need::row, Is::need, Need::email},
      {"SINCE 1-Jan-2000", Need::email, Is::yes, Need::row},
      {"SUBJECT x", Need::email, Is::need, Need::summary},
      {"TEXT x", Need::summary, Is::need, Need::message},
      {"TEXT x SEEN", Need::row, Is::no, Need::row},
      {"TEXT x FLAGGED", Need::row, Is::need, Need::message},
      {"OR TEXT x FLAGGED", Need::row, Is::yes, Need::row},
      {"OR TEXT x SEEN", Need::row, Is::need, Need::message},
      {"NOT TEXT x", Need::row, Is::need, Need::message},
      {"TEXT x SUBJECT y LARGER 1", Need::row, Is::need, Need::email},
      {"TEXT x SUBJECT y LARGER 1", Need::email, Is::need, Need::summary},
      {"TEXT x SUBJECT y LARGER 1", Need::summary, Is::no, Need::row},
      {"TEXT x LARGER 999999", Need::email, Is::no, Need::row},
      {"OR (SEEN TEXT x) (FLAGGED SUBJECT noon)", Need::row, Is::need, Need::summary},
      {"OR (SEEN TEXT x) (FLAGGED SUBJECT noon)", Need::summary, Is::yes, Need::row},
      {"HEADER Message-ID one", Need::email, Is::need, Need::summary},
      {"HEADER Message-ID one", Need::summary, Is::yes, Need::row},
  };
  for (const auto& row : table) {
    const SearchAnswer expected{row.is, row.need};
    EXPECT_EQ(mail.answer(row.keys, row.have), expected) << row.keys;
  }
}

// With any program: what is decided early stays so with more data, each question is new, and the whole agrees with plain logic.
TEST(ImapSearch, MoreDataNeverChangesAnAnswer) {
  const Mail mail = sample();
  std::mt19937 random(6);
  const char* leaves[] = {"SEEN",         "FLAGGED",      "LARGER 1",   "SMALLER 1",
                          "SUBJECT noon", "SUBJECT none", "BODY inner", "TEXT absent"};
  const bool truth[] = {false, true, true, false, true, false, true, false};
  for (int round = 0; round < 2'000; ++round) {
    struct Piece {
      std::string text;
      bool value;
    };
    std::vector<Piece> pieces;
    for (unsigned i = 2 + random() % 5; i > 0; --i) {
      const auto leaf = random() % std::size(leaves);
      pieces.push_back({leaves[leaf], truth[leaf]});
    }
    while (pieces.size() > 1) {
      const auto b = pieces.back();
      pieces.pop_back();
      auto& a = pieces[random() % pieces.size()];
      switch (random() % 3) {
        case 0: a = {"(" + a.text + " " + b.text + ")", a.value && b.value}; break;
        case 1: a = {"OR " + a.text + " " + b.text, a.value || b.value}; break;
        default: a = {"NOT (" + b.text + " " + a.text + ")", !(a.value && b.value)};
      }
    }
    const auto& [text, value] = pieces.front();
    EXPECT_EQ(mail.matches(text), value) << text;
    Need have = Need::row;
    for (int rounds = 0;; ++rounds) {
      const auto answer = mail.answer(text, have);
      if (answer.is != Is::need) {
        EXPECT_EQ(answer.is == Is::yes, value) << text;
        break;
      }
      ASSERT_GT(answer.need, have) << text;
      ASSERT_LT(rounds, 4);
      have = answer.need;
    }
  }
}

TEST(ImapSearch, ManyKeysOnALongMessageAreOnePass) {
  std::string bytes = "Subject: x\n\n", keys = "NOT BODY x0";
  while (bytes.size() < (4u << 20)) bytes += "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
  for (int i = 1; i < 40; ++i) keys += " NOT BODY x" + std::to_string(i);
  EXPECT_TRUE(Mail(bytes).matches(keys));
}

TEST(ImapSearchCorpus, EveryMessageCanBeSearched) {
  const auto messages = test::corpus();
  if (messages.empty()) GTEST_SKIP() << "no MIME suites here";
  for (const auto& [name, bytes] : messages) {
    const Mail mail(bytes);
    EXPECT_TRUE(mail.matches("TEXT \"\" BODY \"\" NOT TEXT \"no such words anywhere \xe2\x98\x83\"")) << name;
    // What the list shows, the search finds.
    const auto subject = mail.summary.subject.substr(0, 200);
    if (!subject.empty() && subject.find_first_of("\"\\\r\n") == std::string::npos && subject.size() < 200 &&
        subject.find('\0') == std::string::npos) {
      EXPECT_TRUE(mail.matches("SUBJECT \"" + subject + "\"")) << name << " " << subject;
    }
    for (const auto& from : mail.summary.envelope.from)
      if (from.valid && from.kind == mail::HeaderAddress::Kind::mailbox && from.local.find_first_of("\"\\ ") == std::string::npos) {
        EXPECT_TRUE(mail.matches("FROM \"" + from.local + "@" + from.domain + "\"")) << name;
      }
  }
}

}  // namespace
}  // namespace posthorn::imap
