// SEARCH's grammar: what is read, how it is ordered, what is refused and with which code.
#include "imap/search/parse.h"

#include <gtest/gtest.h>

#include "mail/fold.h"
#include "imap/search/respond.h"

namespace posthorn::imap {
namespace {

using namespace std::string_literals;

Result<SearchRequest> parse(std::string_view text) {
  Cursor in(text);
  return parse_search(in);
}

// The steps as letters: k0 a key, '!' NOT, '&' AND, '|' OR, jumps left out.
std::string steps(std::string_view text) {
  const auto request = parse(text);
  if (!request) return "error";
  std::string out;
  for (const auto& step : request->program.steps) {
    if (step.kind == SearchStep::Kind::key) out += "k" + std::to_string(step.operand);
    if (step.kind == SearchStep::Kind::negate) out += '!';
    if (step.kind == SearchStep::Kind::both) out += '&';
    if (step.kind == SearchStep::Kind::either) out += '|';
  }
  return out;
}

TEST(ImapSearchParse, MakesPostfixPrograms) {
  const std::pair<const char*, const char*> table[] = {
      {"ALL", "k0"},
      {"ALL SEEN", "k0k1&"},
      {"UNSEEN", "k0!"},
      {"NOT UNSEEN", "k0!!"},
      {"OR SEEN DRAFT", "k0k1|"},
      {"OR OR SEEN DRAFT NOT ANSWERED", "k0k1|k2!|"},
      {"OR SEEN OR DRAFT ANSWERED FLAGGED", "k0k1k2||k3&"},
      {"(SEEN DRAFT) NOT (1:3 UID 4)", "k0k1&k2k3&!&"},
      {"((((ALL))))", "k0"},
      {"NOT NOT ALL", "k0!!"},
      // The cheap first, whatever order the client wrote.
      {"BODY x SUBJECT y LARGER 1 SEEN", "k3k2&k1&k0&"},
      {"OR BODY x (SUBJECT y SEEN)", "k2k1&k0|"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(steps(text), expected) << text;
}

TEST(ImapSearchParse, ReadsEveryKey) {
  struct Row {
    const char* text;
    SearchTest test;
    Need need;
  };
  using T = SearchTest;
  const Row table[] = {
      {"all", T::all, Need::row},
      {"RECENT", T::none, Need::row},
      {"NEW", T::none, Need::row},
      {"OLD", T::all, Need::row},
      {"UNFLAGGED", T::flag, Need::row},
      {"KEYWORD $Forwarded", T::keyword, Need::row},
      {"UNKEYWORD $Forwarded", T::keyword, Need::row},
      {"UID 1:*", T::uid, Need::row},
      {"UID $", T::uid, Need::row},
      {"$", T::uid, Need::row},
      {"2,4:*", T::sequence, Need::row},
      {"*", T::sequence, Need::row},
      {"MODSEQ 620162338", T::modseq, Need::row},                           // rfc:7162#3.1.5
      {"MODSEQ \"/flags/\\\\draft\" all 620162338", T::modseq, Need::row},  // rfc:7162#3.1.5
      {"EMAILID M1f", T::email_id, Need::row},
      {"EMAILID 1f", T::none, Need::row},
      {"THREADID T1f", T::thread_id, Need::email},
      {"SAVEDBEFORE 1-Feb-1994", T::saved_before, Need::row},
      {"SAVEDON 1-Feb-1994", T::saved_on, Need::row},
      {"SAVEDSINCE 1-Feb-1994", T::saved_since, Need::row},
      {"SAVEDATESUPPORTED", T::all, Need::row},
      {"BEFORE \"1-Feb-1994\"", T::before, Need::email},
      {"ON 1-Feb-1994", T::on, Need::email},
      {"SINCE 1-Feb-1994", T::since, Need::email},
      {"LARGER 0", T::larger, Need::email},
      {"SMALLER 9223372036854775807", T::smaller, Need::email},
      {"OLDER 60", T::older, Need::email},
      {"YOUNGER 60", T::younger, Need::email},
      {"SENTBEFORE 1-Feb-1994", T::sent_before, Need::summary},
      {"SENTON 1-Feb-1994", T::sent_on, Need::summary},
      {"SENTSINCE 1-Feb-1994", T::sent_since, Need::summary},
      {"SUBJECT \"a b\"", T::subject, Need::summary},
      {"FROM x", T::from, Need::summary},
      {"TO x", T::to, Need::summary},
      {"CC x", T::cc, Need::summary},
      {"BCC {1}\r\nx", T::bcc, Need::summary},
      {"HEADER Message-ID <a@b>", T::envelope_header, Need::summary},
      {"HEADER X-Y \"\"", T::header, Need::message},
      {"BODY x", T::body, Need::message},
      {"TEXT x", T::text, Need::message},
  };
  for (const auto& row : table) {
    const auto request = parse(row.text);
    ASSERT_TRUE(request) << row.text;
    ASSERT_EQ(request->program.keys.size(), 1u);
    EXPECT_EQ(request->program.keys[0].test, row.test) << row.text;
    EXPECT_EQ(request->program.keys[0].need, row.need) << row.text;
    EXPECT_EQ(request->asks_modseq, row.test == T::modseq) << row.text;
  }
}

TEST(ImapSearchParse, RefusesBadGrammar) {
  for (const char* bad : {"",
                          " ",
                          "ALL ",
                          " ALL",
                          "ALL  SEEN",
                          "()",
                          "(ALL",
                          "ALL)",
                          "NOT",
                          "NOT ",
                          "OR SEEN",
                          "OR SEEN ",
                          "FOO",
                          "KEYWORD",
                          "KEYWORD \\Seen",
                          "LARGER -1",
                          "LARGER x",
                          "ON 31-Feb-2000",
                          "UID",
                          "UID a",
                          "0",
                          "1:",
                          "OLDER 0",
                          "HEADER x",
                          "MODSEQ \"/x\" all 1",
                          "RETURN (FOO) ALL",
                          "RETURN (ALL",
                          "RETURN ALL",
                          "RETURN ()",
                          "CHARSET UTF-8",
                          "TEXT \"\xff\"",
                          "TEXT {1}\r\n\xff",
                          "SEENALL",
                          "RETURN () CHARSET UTF-8"}) {
    const auto request = parse(bad);
    ASSERT_FALSE(request) << bad;
    EXPECT_EQ(request.error().code, Errc::invalid) << bad;
  }
}

TEST(ImapSearchParse, KnowsTwoCharsets) {
  EXPECT_TRUE(parse("CHARSET utf-8 TEXT {6}\r\n\xd0\xbc\xd0\xb8\xd1\x80"));
  EXPECT_TRUE(parse("CHARSET \"US-ASCII\" TEXT x"));
  const auto koi8 = parse("RETURN (SAVE) CHARSET KOI8-R (OR FROM x TO y)");
  ASSERT_FALSE(koi8);
  EXPECT_EQ(koi8.error().code, Errc::unsupported);
}

TEST(ImapSearchParse, ReadsResultOptions) {
  const auto plain = parse("ALL");
  EXPECT_FALSE(plain->wants.extended);
  const auto none = parse("RETURN () ALL");
  EXPECT_TRUE(none->wants.extended && none->wants.all);
  const auto some = parse("return (min COUNT) ALL");
  EXPECT_TRUE(some->wants.min && some->wants.count && !some->wants.all && !some->wants.max && !some->wants.save);
  const auto save = parse("RETURN (SAVE) ALL");
  EXPECT_TRUE(save->wants.save && !save->wants.all);
}

TEST(ImapSearchParse, IsBounded) {  // attacks.md E5
  const auto code = [](const std::string& text) {
    const auto request = parse(text);
    return request ? "ok"s : std::string(name_of(request.error().code));
  };
  const auto too_big = std::string(name_of(Errc::too_big));
  std::string keys = "ALL", ors, bodies = "BODY x";
  for (int i = 1; i < 1'000; ++i) keys += " ALL";
  EXPECT_EQ(code(keys), "ok");
  EXPECT_EQ(code(keys + " ALL"), too_big);
  for (int i = 0; i < 499; ++i) ors += "OR SEEN ";
  EXPECT_EQ(code(ors + "DRAFT"), "ok");
  EXPECT_EQ(code(std::string(32, '(') + "ALL" + std::string(32, ')')), "ok");
  EXPECT_EQ(code(std::string(33, '(') + "ALL" + std::string(33, ')')), too_big);
  EXPECT_EQ(code(std::string(5'000, '(')), too_big);
  for (int i = 1; i < 65; ++i) bodies += " BODY x";
  EXPECT_EQ(code(bodies), too_big);
  EXPECT_EQ(code("SUBJECT " + std::string(1'025, 'x')), too_big);
}

TEST(ImapSearchFold, FindsWithoutCaseAndForm) {
  struct Row {
    const char *text, *part;
    bool found;
  };
  const Row table[] = {{"Hello World", "O W", true},
                       {"Straße", "STRASSE", true},
                       {"ÄÖÜ", "äö", true},
                       {"a\xcc\x88", "Ä", true},
                       {"ΣΊΣΥΦΟΣ", "σίσυφος", true},
                       {"ﬁne", "FINE", true},
                       {"abc", "abd", false},
                       {"", "", true},
                       {"x", "", true},
                       {"bad \xff text", "TEXT", true},
                       {"日本語", "本", true}};
  for (const auto& [text, part, found] : table) EXPECT_EQ(mail::contains(mail::folded(text), mail::folded(part)), found) << text << " " << part;
}

TEST(ImapSearchFold, HostilePatternsStayLinear) {
  const std::string text(4 << 20, 'a');
  EXPECT_FALSE(mail::contains(text, std::string(1'000, 'a') + "b"));
  EXPECT_FALSE(mail::contains(text, "b" + std::string(1'000, 'a')));
  EXPECT_FALSE(mail::contains(text, std::string(500, 'a') + "b" + std::string(500, 'a')));
}

TEST(ImapSearchRespond, WritesTheRfcsExamples) {
  const std::vector<std::uint32_t> found = {2, 10, 11, 12, 15, 882, 1102};
  std::string out;
  append_search(out, found, std::nullopt);
  append_search(out, std::vector<std::uint32_t>{2, 5}, ModSeq{917162500});  // rfc:7162#3.1.5
  append_search(out, {}, ModSeq{1});
  EXPECT_EQ(out, "* SEARCH 2 10 11 12 15 882 1102\r\n* SEARCH 2 5 (MODSEQ 917162500)\r\n* SEARCH\r\n");
  const auto esearch = [&](const char* command, SearchBy by, std::span<const std::uint32_t> numbers,
                           std::optional<ModSeq> highest = {}) {
    std::string line;
    append_esearch(line, "A282", by, parse(command)->wants, numbers, highest);
    return line;
  };
  EXPECT_EQ(esearch("RETURN (MIN COUNT) ALL", SearchBy::sequence, found), "* ESEARCH (TAG \"A282\") MIN 2 COUNT 7\r\n");
  EXPECT_EQ(esearch("RETURN () ALL", SearchBy::uid, found), "* ESEARCH (TAG \"A282\") UID ALL 2,10:12,15,882,1102\r\n");
  EXPECT_EQ(esearch("ALL", SearchBy::sequence, found), "* ESEARCH (TAG \"A282\") ALL 2,10:12,15,882,1102\r\n");
  EXPECT_EQ(esearch("RETURN (MIN MAX COUNT) ALL", SearchBy::sequence, {}), "* ESEARCH (TAG \"A282\") COUNT 0\r\n");
  EXPECT_EQ(esearch("RETURN (MAX) ALL", SearchBy::sequence, found, ModSeq{7}), "* ESEARCH (TAG \"A282\") MAX 1102 MODSEQ 7\r\n");
}

TEST(ImapSearchRespond, SavesAsTheTableOfRfc9051Says) {
  const std::vector<std::uint32_t> found = {2, 5, 9};
  const std::pair<const char*, std::vector<std::uint32_t>> table[] = {{"RETURN (SAVE) ALL", {2, 5, 9}},
                                                                      {"RETURN (SAVE MIN) ALL", {2}},
                                                                      {"RETURN (SAVE MAX) ALL", {9}},
                                                                      {"RETURN (SAVE MIN MAX) ALL", {2, 9}},
                                                                      {"RETURN (SAVE MIN COUNT) ALL", {2, 5, 9}},
                                                                      {"RETURN (SAVE ALL MIN) ALL", {2, 5, 9}}};
  for (const auto& [command, saved] : table) EXPECT_EQ(saved_of(parse(command)->wants, found), saved) << command;
}

}  // namespace
}  // namespace posthorn::imap
