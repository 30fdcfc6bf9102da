// Tokens of IMAP commands: what is read, what is refused, and that a refusal leaves the cursor where it was.
#include "imap/grammar/tokens.h"

#include <gtest/gtest.h>

#include <random>

#include "imap/grammar/date.h"
#include "imap/grammar/mailbox_name.h"
#include "imap/grammar/pattern.h"
#include "imap/grammar/quote.h"
#include "imap/grammar/sequence_set.h"

namespace posthorn::imap {
namespace {

using namespace std::string_literals;

// Reads one token of all of `text`; a refusal must not have moved.
template <class Take>
auto whole(std::string_view text, Take take) -> decltype(take(std::declval<Cursor&>())) {
  Cursor in(text);
  auto value = take(in);
  if (!value) {
    EXPECT_EQ(in.position(), 0u) << text;
    return {};
  }
  if (!in.done()) return {};
  return value;
}

TEST(ImapTokens, ReadsAtomsAstringsAndTags) {
  EXPECT_EQ(whole("abc.~!", take_atom), "abc.~!");
  for (const char* bad : {"", "(", "a b", "a]", "a\"", "a\\", "a%", "a*", "a{", "\x7f", "a\r", "\xc3\xa4"})
    EXPECT_FALSE(whole(bad, take_atom)) << bad;
  EXPECT_EQ(whole("a]b", take_astring), "a]b");
  EXPECT_EQ(whole("\"a b\"", take_astring), "a b");
  EXPECT_EQ(whole("{3}\r\na\"b", take_astring), "a\"b");
  EXPECT_EQ(whole("{0}\r\n", take_astring), "");
  EXPECT_EQ(whole("A001]", take_tag), "A001]");
  EXPECT_FALSE(whole("A+1", take_tag));
  EXPECT_EQ(whole("a%*b]", take_list_mailbox), "a%*b]");
}

TEST(ImapTokens, ReadsQuotedStringsStrictly) {
  EXPECT_EQ(whole(R"("")", take_quoted), "");
  EXPECT_EQ(whole(R"("a\"b\\c")", take_quoted), "a\"b\\c");
  EXPECT_EQ(whole("\"\xc3\xa4\"", take_quoted), "\xc3\xa4");
  for (const auto& bad : {R"("a)"s, R"("a\n")"s, "\"a\r\""s, "\"a\n\""s, "\"a\0\""s, "\"\xff\""s, "\"a\\"s})
    EXPECT_FALSE(whole(bad, take_quoted)) << bad;
}

TEST(ImapTokens, ReadsLiteralsInPlace) {
  const auto literal = [](Cursor& in) { return take_literal(in); };
  const auto literal8 = [](Cursor& in) { return take_literal(in, Literal8::allowed); };
  EXPECT_EQ(whole("{5}\r\na b\r\n", literal), "a b\r\n");
  EXPECT_EQ(whole("{5+}\r\nhello", literal), "hello");
  EXPECT_EQ(whole("~{2+}\r\na\0"s, literal8), "a\0"s);
  EXPECT_FALSE(whole("~{2}\r\nab", literal));
  EXPECT_FALSE(whole("{2}\r\na\0"s, literal));
  for (const char* bad : {"{5}\r\nfour", "{5}hello", "{}\r\n", "{-1}\r\n", "{99999999999999999999}\r\n", "{5-}\r\nhello"})
    EXPECT_FALSE(whole(bad, literal)) << bad;
}

TEST(ImapTokens, TellsNilFromStrings) {
  Cursor in("nil NILX");
  const auto first = take_nstring(in);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->has_value());
  ASSERT_TRUE(take_space(in));
  EXPECT_FALSE(take_nstring(in).has_value());
}

TEST(ImapTokens, BoundsNumbers) {
  EXPECT_EQ(whole("4294967295", take_number32), 4294967295u);
  EXPECT_FALSE(whole("4294967296", take_number32));
  EXPECT_FALSE(whole("0", take_nz_number));
  EXPECT_EQ(whole("9223372036854775807", take_number64), 9223372036854775807u);
  EXPECT_FALSE(whole("9223372036854775808", take_number64));
}

TEST(ImapTokens, ReadsFlags) {
  const auto list = [](Cursor& in) { return take_flag_list(in); };
  const auto store = [](Cursor& in) { return take_store_flags(in); };
  EXPECT_EQ(whole("(\\seen $Forwarded \\DELETED)", list), (std::vector<std::string>{"\\Seen", "$Forwarded", "\\Deleted"}));
  EXPECT_EQ(whole("()", list), std::vector<std::string>{});
  EXPECT_EQ(whole("\\Seen work", store), (std::vector<std::string>{"\\Seen", "work"}));
  for (const char* bad : {"(\\Recent)", "(\\Foo)", "(a  b)", "( a)", "(a", "\\", "(a\xc3\xa4)", "((a))"})
    EXPECT_FALSE(whole(bad, list)) << bad;
  std::string many = "(a";
  for (int i = 0; i < 200; ++i) many += " a";
  EXPECT_FALSE(whole(many + ")", list));
}

TEST(ImapTokens, SkipsUnknownValuesToADepth) {
  for (const char* good : {"abc", "\"a b\"", "(a (b \"c)\") {2}\r\n)( d)", "()"}) {
    Cursor in(good);
    EXPECT_TRUE(skip_value(in)) << good;
    EXPECT_TRUE(in.done()) << good;
  }
  Cursor deep(std::string_view("((((((((((((((((((((((((((((((((((((((((a"));
  EXPECT_FALSE(skip_value(deep));
  EXPECT_EQ(deep.position(), 0u);
}

TEST(ImapSequenceSet, ReadsTheRfcsExamples) {
  const auto take = [](Cursor& in) { return take_sequence_set(in); };
  const auto set = whole("2,4:7,9,12:*", take);  // rfc:9051#9, 15 messages
  ASSERT_TRUE(set);
  EXPECT_EQ(format_set(set->resolved(15)), "2,4:7,9,12:15");
  const auto second = whole("*:4,5:7", take);  // rfc:9051#9, 10 messages
  ASSERT_TRUE(second);
  EXPECT_EQ(format_set(second->resolved(10)), "4:10");
  EXPECT_EQ(second->largest_written(), 7u);
  // rfc:9051#9 uid-set "559:*" always has the last message.
  EXPECT_EQ(format_set(whole("559:*", take)->resolved(300)), "300:559");
  EXPECT_TRUE(whole("*", take)->resolved(0).empty());
  EXPECT_TRUE(whole("$", take)->saved);
  for (const char* bad : {"", "0", "1:", ":1", "1,,2", "1;2", "4294967296", "1:0", "01"}) EXPECT_FALSE(whole(bad, take)) << bad;
}

TEST(ImapSequenceSet, HoldsAtMostTenThousandRanges) {
  std::string text = "1";
  for (int i = 1; i < 10'000; ++i) text += ",1";
  Cursor in(text);
  EXPECT_TRUE(take_sequence_set(in));
  text += ",1";
  Cursor more(text);
  EXPECT_FALSE(take_sequence_set(more));
}

TEST(ImapSequenceSet, ResolvedSetsAgreeWithTheWrittenOnes) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    SequenceSet set;
    for (unsigned i = random() % 6 + 1; i > 0; --i) set.ranges.emplace_back(random() % 30, random() % 30);
    const std::uint32_t largest = random() % 30;
    const auto resolved = set.resolved(largest);
    std::vector<std::uint32_t> all, picked, expected;
    for (std::uint32_t n = 1; n < 40; n += 1 + random() % 2) all.push_back(n);
    for (std::uint32_t n = 1; n < 40; ++n) EXPECT_EQ(set.contains(n, largest), resolved.contains(n));
    resolved.for_each(
        std::span<const std::uint32_t>(all), [](std::uint32_t n) { return n; }, [&](std::size_t i) { picked.push_back(all[i]); });
    for (const auto n : all)
      if (set.contains(n, largest)) expected.push_back(n);
    EXPECT_EQ(picked, expected);
  }
}

TEST(ImapSequenceSet, KeepsTheOrderOfCopiedUids) {
  const std::vector<std::uint32_t> uids = {304, 319, 320, 3, 2, 1, 4294967295u};
  EXPECT_EQ(format_set(uids), "304,319:320,3,2,1,4294967295");
}

TEST(ImapMailboxName, ConvertsModifiedUtf7BothWays) {
  const std::pair<const char*, const char*> table[] = {
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},  // rfc:3501#5.1.3
      {"&Jjo-!", "☺!"},                                                // rfc:3501#5.1.3
      {"&U,BTF2XlZyyKng-", "台北日本語"},
      {"a&-b", "a&b"},
      {"&ANkA2Q-", "ÙÙ"},
      {"&2D3eAA-", "😀"},
      {"plain", "plain"},
  };
  for (const auto& [wire, utf8] : table) {
    EXPECT_EQ(decode_utf7(wire), utf8);
    EXPECT_EQ(encode_utf7(utf8), wire);
  }
}

TEST(ImapMailboxName, RefusesWhatDoesNotRoundTrip) {
  // rfc:3501#5.1.3: no shifted ASCII, no superfluous shift, no padding, no stray bits, '/' is ',', both ends in ASCII.
  for (const char* bad : {"&AGE-", "&Jjo", "&Jjo-&Jjo-", "&Jjo=-", "&Jjp-", "&2D0-", "&3gDYPQ-", "&U/BTFw-", "&J-", "&", "a\x01",
                          "\xc3\xa4", "&U,BTFw-&ZeVnLIqe-", "&AAAAYQ-"})
    EXPECT_FALSE(decode_utf7(bad)) << bad;
}

TEST(ImapMailboxName, AcceptsOnlyNamesThatCanBeKept) {
  const auto name = [](std::string_view text) { return mailbox_from_wire(text, NameForm::modified_utf7).value_or("refused"); };
  EXPECT_EQ(name("inbox"), "INBOX");
  EXPECT_EQ(name("inBox/sub"), "INBOX/sub");
  EXPECT_EQ(name("inboxes"), "inboxes");
  EXPECT_EQ(name("new/"), "new");
  EXPECT_EQ(name("QQ-&AFg-"), "refused");
  for (const char* bad : {"", "/", "//", "/etc", "a//b", "../../etc/x", "INBOX/../..", ".", "&AAA-", "&AAo-", "a&AIA-", "a&ICg-"})
    EXPECT_EQ(name(bad), "refused") << bad;
  EXPECT_EQ(name(std::string(255, 'a')), std::string(255, 'a'));
  EXPECT_EQ(name(std::string(256, 'a')), "refused");
  std::string deep = "a";
  for (int i = 1; i < 64; ++i) deep += "/a";
  EXPECT_EQ(name(deep), deep);
  EXPECT_EQ(name(deep + "/a"), "refused");
  EXPECT_EQ(mailbox_from_wire("a\xcc\x88&", NameForm::utf8), "\xc3\xa4&");  // NFC
  EXPECT_FALSE(mailbox_from_wire("\xff", NameForm::utf8));
  EXPECT_EQ(mailbox_to_wire("\xc3\xa4&", NameForm::modified_utf7), "&AOQ-&-");
}

TEST(ImapMailboxName, RandomNamesRoundTrip) {
  std::mt19937 random(2);
  const char* pieces[] = {"a", "&", "-", "/", "ä", "日", "😀", " ", "~", ",", "\x01", "b"};
  for (int round = 0; round < 2'000; ++round) {
    std::string name;
    for (unsigned i = random() % 9; i > 0; --i) name += pieces[random() % std::size(pieces)];
    EXPECT_EQ(decode_utf7(encode_utf7(name)), name);
  }
}

TEST(ImapPattern, MatchesAsRfc9051Says) {
  struct Row {
    const char *pattern, *name;
    bool matches;
  };
  const Row table[] = {
      {"*", "", true},          {"*", "a/b", true},          {"%", "a", true},
      {"%", "a/b", false},      {"%/%", "a/b", true},        {"a*", "a", true},
      {"a%b", "a/b", false},    {"a*b", "a/b", true},        {"", "", true},
      {"", "a", false},         {"%%*", "a/b/c", true},      {"*%", "a/b/c", true},
      {"inbox", "INBOX", true}, {"iNb*", "INBOX/sub", true}, {"INBOX", "inbox", false},
      {"foo", "FOO", false},    {"In%", "INBOX", true},      {"inbox/A", "INBOX/a", false},
      {"ä%", "äß", true},       {"a/%/c", "a/b/c", true},    {"a/%/c", "a/b/b/c", false},
      {"*a*b", "xaxxb", true},  {"*a*b", "xaxxbc", false},
  };
  for (const auto& [pattern, name, matches] : table) EXPECT_EQ(Pattern(pattern).matches(name), matches) << pattern << " " << name;
}

// Plain exponential matcher to compare with, for short texts only.
bool slow_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] != '*' && pattern[0] != '%')
    return !name.empty() && name[0] == pattern[0] && slow_match(pattern.substr(1), name.substr(1));
  for (std::size_t n = 0; n <= name.size(); ++n) {
    if (slow_match(pattern.substr(1), name.substr(n))) return true;
    if (n < name.size() && pattern[0] == '%' && name[n] == '/') return false;
  }
  return false;
}

TEST(ImapPattern, AgreesWithTheObviousMatcher) {
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string pattern, name;
    for (unsigned i = random() % 8; i > 0; --i) pattern += "ab/*%"[random() % 5];
    for (unsigned i = random() % 8; i > 0; --i) name += "ab/"[random() % 3];
    EXPECT_EQ(Pattern(pattern).matches(name), slow_match(pattern, name)) << pattern << " " << name;
  }
}

TEST(ImapPattern, LongPatternsCrossWords) {
  const std::string a(100, 'a');
  EXPECT_TRUE(Pattern("*" + a + "*" + a).matches("x" + a + "y" + a));
  EXPECT_FALSE(Pattern("*" + a + "*" + a).matches("x" + a + "y" + a + "b"));
}

TEST(ImapPattern, HostilePatternsStayLinear) {  // attacks.md E5
  std::string hostile;
  for (int i = 0; i < 500; ++i) hostile += "*a";
  const Pattern pattern(hostile + "b");
  const std::string name(1000, 'a');
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(pattern.matches(name));  // backtracking would never end
}

TEST(ImapDate, ReadsAndWrites) {
  const auto date = [](std::string_view text) { return whole(text, take_date); };
  using namespace std::chrono;
  EXPECT_EQ(date("1-Feb-1994"), sys_days(1994y / 2 / 1));
  EXPECT_EQ(date("\"01-fEB-1994\""), sys_days(1994y / 2 / 1));
  for (const char* bad : {"31-Feb-1994", "0-Jan-2000", "1-Foo-2000", "1-Jan-00", "\"1-Jan-2000", "1 Jan 2000", "111-Jan-2000"})
    EXPECT_FALSE(date(bad)) << bad;
  const auto time = [](std::string_view text) { return whole(text, take_date_time); };
  ASSERT_TRUE(time("\"17-Jul-1996 02:44:25 -0700\""));
  EXPECT_EQ(format_date_time(*time("\"17-Jul-1996 02:44:25 -0700\"")), "\"17-Jul-1996 09:44:25 +0000\"");
  EXPECT_EQ(format_date_time(*time("\" 1-Jan-1970 00:30:00 +0100\"")), "\"31-Dec-1969 23:30:00 +0000\"");
  for (const char* bad : {"\"1-Jan-2000 00:00:00 +0000\"", "\"01-Jan-2000 24:00:00 +0000\"", "\"01-Jan-2000 00:00:00\"",
                          "\"01-Jan-2000 00:00:00 0000\"", "\"01-Jan-2000 00:00:00 +0060\"", "\"32-Jan-2000 00:00:00 +0000\""})
    EXPECT_FALSE(time(bad)) << bad;
}

TEST(ImapQuote, ChoosesAtomQuotedOrLiteral) {
  const auto string = [](std::string_view text, QuotedText allowed = QuotedText::ascii) {
    std::string out;
    append_string(out, text, allowed);
    return out;
  };
  const auto astring = [](std::string_view text) {
    std::string out;
    append_astring(out, text);
    return out;
  };
  EXPECT_EQ(string("a\"b\\"), R"("a\"b\\")");
  EXPECT_EQ(string("a\r\nb"), "{4}\r\na\r\nb");
  EXPECT_EQ(string("\xc3\xa4"), "{2}\r\n\xc3\xa4");
  EXPECT_EQ(string("\xc3\xa4", QuotedText::utf8), "\"\xc3\xa4\"");
  EXPECT_EQ(string("\xe4", QuotedText::utf8), "{1}\r\n\xe4");
  EXPECT_EQ(string("a\0b"s), "{3}\r\na\x80"s + "b");
  EXPECT_EQ(string(""), "\"\"");
  EXPECT_EQ(astring("a]"), "a]");
  EXPECT_EQ(astring("nil"), "\"nil\"");
  EXPECT_EQ(astring("a b"), "\"a b\"");
  EXPECT_EQ(astring(""), "\"\"");
  std::string literal;
  append_literal8(literal, "a\0"s);
  EXPECT_EQ(literal, "~{2}\r\na\0"s);
  std::string mailbox;
  append_mailbox(mailbox, "日本 a", NameForm::modified_utf7);
  EXPECT_EQ(mailbox, "\"&ZeVnLA- a\"");
}

// What append_string() writes, take_string() reads back, whatever the octets (but NUL).
TEST(ImapQuote, WhatIsWrittenIsReadBack) {
  std::mt19937 random(4);
  for (int round = 0; round < 2'000; ++round) {
    std::string text, wire;
    for (unsigned i = random() % 12; i > 0; --i) text += "\"\\ a\r\n{\xc3\xa4\xff"[random() % 10];
    append_astring(wire, text, round % 2 == 0 ? QuotedText::ascii : QuotedText::utf8);
    EXPECT_EQ(whole(wire, take_astring), text);
  }
}

}  // namespace
}  // namespace posthorn::imap
