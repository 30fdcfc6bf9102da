// Encoded words, transfer encodings, charsets, HTML and dates: tables.
#include "mail/text.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace posthorn::mail {
namespace {

TEST(EncodedWords, DecodesTheExamplesOfRfc2047AndWhatSendersWrite) {
  struct Case {
    std::string_view raw, text;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"},
      {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\u00f8rn Simonsen"},
      {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
       "If you can read this you understand the example."},
      // rfc:2047#8
      {"(=?ISO-8859-1?Q?a?=)", "(a)"},
      {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
      // rfc:2231#5
      {"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"},
      // A character cut in two.
      {"=?utf-8?B?w7w=?= =?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "\u00fc\u00fc"},
      {"=?utf-8?Q?J=c3=b6rg?=x", "J\u00f6rgx"},
      {"=?utf-8?Q?a b?=", "a b"},
      {"=?UTF-8?b?w7w?=", "\u00fc"},
      {"=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "\u65e5\u672c\u8a9e"},
      {"=?no-such?Q?caf=E9?=", "caf\u00e9"},
      {"=?utf-7?Q?+ADw-script?=", "+ADw-script"},
      {"raw caf\xe9", "raw caf\u00e9"},
      {"raw caf\u00e9", "raw caf\u00e9"},
      {"folded\r\n text", "folded text"},
      {"tab\there", "tab here"},
      // attacks.md C16
      {"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YA?=@attack", "potus@whitehouse.gov\uFFFD@attack"},
      {"=?utf-8?Q?a=0D=0AB:_c?=", "a\uFFFD\uFFFDB: c"},
      {"=?utf-8?Q?=C2=85=E2=80=A8=E2=80=A9=7F?=", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"a\rb\nc", "a\uFFFDb\uFFFDc"},
      // No words.
      {"=?utf-8?Q?open", "=?utf-8?Q?open"},
      {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
      {"=?", "=?"},
      {"=??Q?a?=", "=??Q?a?="},
      {"=?a?=?utf-8?Q?b?=", "=?a?b"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(decode_words(c.raw), c.text) << c.raw;
    EXPECT_TRUE(is_utf8(decode_words(c.raw)));
  }
}

TEST(EncodedWords, EncodeSoThatTheyDecodeToTheSame) {
  const std::string cases[] = {
      "",
      "plain",
      "J\u00f6rg",
      "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e",
      "a =?utf-8?q?b?= c",
      std::string(500, 'x') + "\u00e9" + std::string(500, 'y'),
      "\U0001f600 \U0001f600 ok",
      " \u00e4 "};
  for (const auto& text : cases) {
    const auto encoded = encode_words(text);
    EXPECT_EQ(decode_words(encoded), text);
    EXPECT_TRUE(is_ascii(encoded));
    if (encoded == text) continue;
    for (const auto word : split(encoded, ' ')) EXPECT_LE(word.size(), 75U);
  }
  EXPECT_EQ(encode_words("J\u00f6rg"), "=?utf-8?q?J=C3=B6rg?=");
  EXPECT_TRUE(encode_words("\u65e5\u672c").starts_with("=?utf-8?b?"));
  EXPECT_TRUE(is_ascii(encode_words("a\r\nb")));
  EXPECT_EQ(encode_words("a\r\nb").find('\n'), std::string::npos);
}

TEST(EncodedWords, StopAtTheirLimitAndStayLinear) {
  std::string words;
  for (int i = 0; i < 100'000; ++i) words += "=?utf-8?q?a?= ";
  const auto text = decode_words(words, 4'096);
  EXPECT_TRUE(text.starts_with(std::string(4'096, 'a')));
  EXPECT_NE(text.find("=?utf-8?q?a?="), std::string::npos);
  for (const std::string_view unit :
       {"=?", "=?a?q?", "=?a?q?x=", "?", "=?utf-8?q?a?=b", "=?iso-2022-jp?b?GyRC?= =?gb2312?q?a?= "}) {
    std::string hostile;
    while (hostile.size() < 1'000'000) hostile += unit;
    EXPECT_FALSE(decode_words(hostile).empty());
  }
}

TEST(Transfer, DecodesBase64AndSaysWhatItForgave) {
  struct Case {
    std::string_view text, bytes;
    bool clean;
  };
  const Case cases[] = {
      {"", "", true},
      {"Zg==", "f", true},
      {"Zm8=", "fo", true},
      {"Zm9v", "foo", true},
      {"Zm9v\r\nYmFy\r\n", "foobar", true},
      {"Zm\r\n9v", "foo", true},
      {"Zm9vYg==\r\n", "foob", true},
      {"Z m 8 =", "fo", true},
      {"Zm8", "fo", false},
      {"Zg=", "f", false},
      {"Zg===", "f", false},
      {"Z", "", false},
      {"=", "", false},
      {"Zm9v!Ym*Fy", "foobar", false},
      {"Zg==Zm8=", "ffo", false},
      {"Zg==\nZm8=", "ffo", false},
      {"Zm8=Zg==", "fof", false},
      {"Zm9v=", "foo", false},
  };
  for (const auto& c : cases) {
    const auto decoded = decode_base64(c.text);
    EXPECT_EQ(decoded.bytes, c.bytes) << c.text;
    EXPECT_EQ(decoded.clean, c.clean) << c.text;
    EXPECT_EQ(is_clean_base64(c.text), c.clean) << c.text;
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(decode_base64(base64_encode(all)).bytes, all);
}

TEST(Transfer, DecodesQuotedPrintable) {
  struct Case {
    std::string_view text, bytes;
    bool clean;
  };
  const Case cases[] = {
      {"", "", true},
      {"a=3Db", "a=b", true},
      {"a=3db", "a=b", true},
      {"soft=\r\n break", "soft break", true},
      {"soft=\n break", "soft break", true},
      {"soft= \t\r\n break", "soft break", true},
      {"trail  \r\nnext\t\n", "trail\r\nnext\n", true},
      {"hard=20\r\n", "hard \r\n", true},
      {"end=", "end", true},
      {"bad=ZZ", "bad=ZZ", false},
      {"bad=4", "bad=4", false},
      {"=", "", true},
      {"==41", "==41", false},
      {"\xe9", "\xe9", true},
  };
  for (const auto& c : cases) {
    const auto decoded = decode_quoted_printable(c.text);
    if (c.text != "==41") {
      EXPECT_EQ(decoded.bytes, c.bytes) << c.text;
    }
    EXPECT_EQ(decoded.clean, c.clean) << c.text;
    EXPECT_EQ(is_clean_quoted_printable(c.text), c.clean) << c.text;
  }
  EXPECT_EQ(decode_quoted_printable("==41").bytes, "=A");
}

TEST(Transfer, EncodesQuotedPrintableInShortLines) {
  const std::string cases[] = {"",
                               "a",
                               "trailing ",
                               "a \r\nb\t\r\n",
                               "\u00fc\u00fc\u00fc",
                               std::string(200, 'x'),
                               std::string(200, '='),
                               std::string(76, 'x') + "\r\ny",
                               std::string("\0\x01\xff", 3),
                               "bare\rcr"};
  for (const auto& bytes : cases) {
    const auto encoded = encode_quoted_printable(bytes);
    EXPECT_EQ(decode_quoted_printable(encoded).bytes, bytes);
    EXPECT_TRUE(is_clean_quoted_printable(encoded));
    for (const auto line : split(encoded, '\n')) EXPECT_LE(trim(line).size(), 76U);
  }
  EXPECT_EQ(encode_quoted_printable("a\nb"), "a\r\nb");
  EXPECT_EQ(encode_quoted_printable(std::string(76, 'x') + "\r\n"), std::string(76, 'x') + "\r\n");
}

TEST(Charset, ConvertsFromItsListOnly) {
  EXPECT_EQ(to_utf8("caf\xe9", "ISO-8859-1"), "caf\u00e9");
  EXPECT_EQ(to_utf8("\x93q\x94", "latin1"), "\u201cq\u201d");
  EXPECT_EQ(to_utf8("\xcf\xf0\xe8", "Windows-1251"), "\u041f\u0440\u0438");
  EXPECT_EQ(to_utf8("\x93\xfa\x96\x7b", "Shift_JIS"), "\u65e5\u672c");
  EXPECT_EQ(to_utf8("\x1b$BF|K\\\x1b(B", "ISO-2022-JP"), "\u65e5\u672c");
  EXPECT_EQ(to_utf8("\xc4\xe3\xba\xc3", "gb2312"), "\u4f60\u597d");
  EXPECT_EQ(to_utf8("\xa7\x41", "big5"), "\u4f60");
  EXPECT_EQ(to_utf8("\xc7\xd1", "ks_c_5601-1987"), "\ud55c");
  EXPECT_EQ(to_utf8("a\xff", "utf-8"), "a\uFFFD");
  EXPECT_EQ(to_utf8("a\xe9", "us-ascii"), "a\u00e9");
  for (const std::string_view unknown :
       {"", "utf-7", "UTF-7", "hz-gb-2312", "x-user-defined", "../../etc", "ibm-1047", "utf-8,version=1,x"}) {
    EXPECT_FALSE(to_utf8("a", unknown)) << unknown;
    EXPECT_FALSE(known_charset(unknown)) << unknown;
  }
}

TEST(Charset, EveryNameOfTheListHasAConverterAndGivesUtf8) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (const std::string_view name :
       {"utf8",         "us-ascii",      "iso-8859-1",    "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",
        "iso-8859-6",   "iso-8859-7",    "iso-8859-8",    "iso-8859-8-i", "iso-8859-9",   "iso-8859-10",  "iso-8859-11",
        "iso-8859-13",  "iso-8859-14",   "iso-8859-15",   "windows-1250", "windows-1251", "windows-1252", "windows-1253",
        "windows-1254", "windows-1255",  "windows-1256",  "windows-1257", "windows-1258", "koi8-r",       "koi8-u",
        "macintosh",    "cp437",         "cp850",         "cp852",        "cp866",        "shift_jis",    "euc-jp",
        "iso-2022-jp",  "iso-2022-jp-1", "iso-2022-jp-2", "euc-kr",       "iso-2022-kr",  "gb2312",       "gbk",
        "gb18030",      "big5",          "big5-hkscs",    "utf-16",       "utf-16le",     "utf-16be",     "windows-874"}) {
    const auto text = to_utf8(all, name);
    ASSERT_TRUE(text) << name;
    EXPECT_TRUE(is_utf8(*text)) << name;
    EXPECT_LE(text->size(), 4 * all.size()) << name;
  }
}

TEST(HtmlText, KeepsWhatPeopleRead) {
  struct Case {
    std::string_view html, text;
  };
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"<html><head><title>no</title><style>p{}</style></head><body><p>Hello <b>bold</b>&amp;\n  "
       "more</p><p>Next</p></body></html>",
       "Hello bold& more\nNext"},
      {"a<br>b<BR/>c", "a\nb\nc"},
      {"<script>if (a</b) x</script>y", "y"},
      {"<a title=\"x>y\" href='>'>link</a>", "link"},
      {"1 < 2 &lt; 3 & 4", "1 < 2 < 3 & 4"},
      {"&#65;&#x42;&#0;&nbsp;&unknown;&euro;", "AB &unknown;\u20ac"},
      {"<!-- a <b> -->x<!DOCTYPE html>", "x"},
      {"<td>a</td><td>b</td>", "a b"},
      {"<style>open", ""},
      {"x<!-- open", "x"},
      {"x<b", "x"},
      {"it's <i>a</i> dog's", "it's a dog's"},
  };
  for (const auto& c : cases) EXPECT_EQ(html_to_text(c.html, 1'000), c.text) << c.html;
  EXPECT_EQ(html_to_text("\u00fc\u00fc\u00fc", 3), "\u00fc");
}

TEST(HtmlText, StaysLinear) {
  for (const std::string_view unit :
       {"<div>", "<", "</", "<!--", "<style>", "&", "&#", "<a href=\"", "<script></", "<script><style>", "<a '"}) {
    std::string html;
    while (html.size() < 1'000'000) html += unit;
    EXPECT_LE(html_to_text(html, 4'000'000).size(), html.size());
  }
}

TEST(Dates, ReadsWhatRfc5322AllowsAndSendersWrite) {
  struct Case {
    std::string_view value;
    std::int64_t seconds;
    int zone;
  };
  const Case cases[] = {
      {"Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360},
      {"Tue, 1 Jul 2003 10:52:37 +0200", 1057049557, 120},
      {"Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210},
      {"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)", -27723480,
       -210},
      {"21 Nov 97 09:55:06 GMT", 880106106, 0},
      {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706, -360},
      {"Wed, 20 Sep 1995 00:19:00 (EDT) -0400", 811570740, -240},
      {"Sun, 7 May 95 16:21:03 GMT", 799863663, 0},
      {"Thu, 8 Mar 2005 17:40:36 EDT", 1110318036, -240},
      {"1 Jan 101 00:00 Z", 978307200, 0},
      {"1 Jan 2000 00:00:00", 946684800, 0},
      {"1 Jan 2000 00:00:00 UT", 946684800, 0},
      {"1 Jan 2000 00:00:00 GMT+0100", 946681200, 60},
      {"1-Jan-2000 00:00:00 +0000", 946684800, 0},
      {"Saturday, 1 January 2000 00:00:00.123 +0000", 946684800, 0},
      {"29 Feb 2000 23:59:60 +0000", 951868800, 0},
  };
  for (const auto& c : cases) {
    const auto date = parse_date(c.value);
    ASSERT_TRUE(date) << c.value;
    EXPECT_EQ(date->seconds, c.seconds) << c.value;
    EXPECT_EQ(date->zone_minutes, c.zone) << c.value;
  }
  for (const std::string_view bad : {"", "yesterday", "Fri, 32 Nov 1997 09:55:06 -0600", "29 Feb 1999 00:00 +0000",
                                     "1 Foo 2000 00:00 +0000", "1 Jan 2000 24:00 +0000", "1 Jan 2000 00:60 +0000",
                                     "1 Jan 2000 00:00 +00", "1 Jan 2000 00:00 +0060", "1 Jan 99999 00:00 +0000", "1 Jan 2000",
                                     "1 Jan 1900 00:00 +0000", "31 Dec 9999 23:59 -0000"})
    EXPECT_FALSE(parse_date(bad)) << bad;
}

TEST(Dates, WritesWhatItReads) {
  EXPECT_EQ(format_date({880127706, -360}), "Fri, 21 Nov 1997 09:55:06 -0600");
  EXPECT_EQ(format_date({0, 0}), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date({-27723426, -210}), "Thu, 13 Feb 1969 23:32:54 -0330");
  for (std::int64_t t = -2'000'000'000; t < 10'000'000'000; t += 123'456'789)
    for (const int zone : {0, 330, -720, 839}) EXPECT_EQ(parse_date(format_date({t, zone})), (Date{t, zone}));
  EXPECT_FALSE(format_date({INT64_MAX, INT32_MAX}).empty());
  EXPECT_FALSE(format_date({INT64_MIN, INT32_MIN}).empty());
}

}  // namespace
}  // namespace posthorn::mail
