// The MIME tree: shapes, offsets, what Content-* fields say, ambiguities (attacks.md D4, D5).
#include "mail/message.h"

#include <gtest/gtest.h>

#include "lines.h"

namespace posthorn::mail {
namespace {

// "mixed(plain,rfc822(html))"
std::string shape(const Message& message, std::size_t index = 0) {
  const auto& part = message.parts[index];
  std::string out = part.subtype;
  if (part.children.empty()) return out;
  out += '(';
  for (const auto child : part.children) out += (out.back() == '(' ? "" : ",") + shape(message, child);
  return out + ")";
}

bool has(const Message& message, Ambiguity a) {
  return (message.ambiguities & static_cast<std::uint32_t>(a)) != 0;
}

TEST(Message, AnyBytesAreSomeMessage) {
  for (const std::string& bytes : {std::string(), std::string("\r\n"), std::string("\n"), std::string("x"), std::string("\r"),
                                   std::string("\0", 1), std::string("a:"), std::string(" \r\n")}) {
    const auto message = parse(bytes);
    ASSERT_EQ(message.parts.size(), 1U);
    EXPECT_EQ(message.root().body_end, bytes.size());
    EXPECT_EQ(message.root().type, "text");
  }
}

TEST(Message, ReadsHeaderFieldsAsTheyStand) {
  const std::string bytes = "Subject: a\r\n\tb\r\nX-Empty:\r\nFrom:x@y\r\n \r\n z\r\n\r\nbody\r\n";
  const auto message = parse(bytes);
  const auto& root = message.root();
  ASSERT_EQ(root.fields.size(), 3U);
  EXPECT_EQ(root.fields[0].name, "Subject");
  EXPECT_EQ(root.fields[0].value, " a\r\n\tb");
  EXPECT_EQ(root.fields[0].whole, "Subject: a\r\n\tb\r\n");
  EXPECT_EQ(unfolded(root.fields[0].value), "a\tb");
  EXPECT_EQ(root.fields[1].value, "");
  EXPECT_EQ(unfolded(root.fields[2].value), "x@y  z");  // a fold of white space only is data, not the end (D4)
  EXPECT_EQ(find(root.fields, "SUBJECT"), &root.fields[0]);
  EXPECT_EQ(find(root.fields, "To"), nullptr);
  EXPECT_EQ(message.body(root), "body\r\n");
  EXPECT_EQ(root.lines, 1U);
  EXPECT_TRUE(message.header(root).ends_with("\r\n\r\n"));
  EXPECT_EQ(message.ambiguities, 0U);
}

TEST(Message, UnfoldedValuesHoldNoLineEnd) {
  EXPECT_EQ(unfolded(" a\r\n b\n\tc\r\n"), "a b\tc");
  EXPECT_EQ(unfolded(std::string("a\rb\nc\r\nd\0e", 10)), "a b c d e");
  EXPECT_EQ(unfolded(std::string("\0\0 a\0", 5)), "a");
}

TEST(Message, FlagsHeaderLinesThatAreNoFields) {
  struct Case {
    std::string_view bytes;
    std::size_t fields;
  };
  const Case cases[] = {
      {" From: a@b\r\nTo: c@d\r\n\r\n", 1},    // espoofer a9
      {"From : a@b\r\n\r\n", 1},               // a10: read, and flagged
      {"From\r\n : a@b\r\nTo: x\r\n\r\n", 1},  // a11
      {"no colon\r\nTo: x\r\n\r\n", 1},
      {"\xef\xbb\xbf"
       "From: a\r\nTo: x\r\n\r\n",
       1},
      {": x\r\n\r\n", 0},
      {"From user@x Fri Feb 22 17:06:23 2008\r\nTo: x\r\n\r\n", 1},
  };
  for (const auto& c : cases) {
    const auto message = parse(c.bytes);
    EXPECT_EQ(message.root().fields.size(), c.fields) << c.bytes;
    EXPECT_TRUE(has(message, Ambiguity::bad_header_line)) << c.bytes;
    EXPECT_EQ(message.root().body_begin, c.bytes.size());
  }
}

struct Tree {
  std::string_view what, bytes, expected;
  std::uint32_t flags = 0;
};

constexpr std::uint32_t bits(std::initializer_list<Ambiguity> list) {
  std::uint32_t all = 0;
  for (const auto a : list) all |= static_cast<std::uint32_t>(a);
  return all;
}

const Tree trees[] = {
    {"plain", "Subject: x\n\nbody\n", "plain"},
    {"rfc2046 5.1.1",
     "MIME-Version: 1.0\nContent-type: multipart/mixed; boundary=\"simple boundary\"\n\npreamble\n\n--simple "
     "boundary\n\nimplicit\n--simple boundary\nContent-type: text/plain; charset=us-ascii\n\nexplicit\n\n--simple "
     "boundary--\n\nepilogue\n",
     "mixed(plain,plain)"},
    {"digest",
     "Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a\nSubject: s\n\nbody\n--b\nContent-Type: "
     "text/plain\n\nx\n--b--\n",
     "digest(rfc822(plain),plain)"},
    {"nested",
     "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; "
     "boundary=i\n\n--i\n\na\n--i\nContent-Type: text/html\n\nb\n--i--\nepi\n--o\n\nc\n--o--\n",
     "mixed(alternative(plain,html),plain)"},
    {"embedded message",
     "Content-Type: message/rfc822\n\nSubject: in\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n",
     "rfc822(mixed(plain))"},
    {"outer boundary ends inner",
     "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\na\n--o\n\nb\n--o--\n",
     "mixed(mixed(plain),plain)", bits({Ambiguity::missing_final_boundary})},
    {"outer is a prefix of inner",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
     "boundary=bb\n\n--bb\n\na\n--bb--\n--b\n\nc\n--b--\n",
     "mixed(mixed(plain),plain)"},
    {"inner is a prefix of outer",
     "Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: multipart/mixed; "
     "boundary=b\n\n--b\n\na\n--b--\n--bb\n\nc\n--bb--\n",
     "mixed(mixed(plain),plain)"},
    {"same boundary twice",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
     "boundary=b\n\n--b\n\na\n--b--\n--b\n\nc\n--b--\n",
     "mixed(mixed(plain),plain)"},
    {"padding behind the boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\na\n--b-- \n", "mixed(plain)"},
    {"boundary with more behind", "Content-Type: multipart/mixed; boundary=b\n\n--bx\n\na\n--b--\n", "mixed(plain)",
     bits({Ambiguity::inexact_boundary})},
    {"delimiter in the epilogue", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b--\n--b\n\nc\n", "mixed(plain)",
     bits({Ambiguity::after_final_boundary})},
    {"no final boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n", "mixed(plain)",
     bits({Ambiguity::missing_final_boundary})},
    {"no boundary at all", "Content-Type: multipart/mixed\n\n--b\n\na\n--b--\n", "mixed", bits({Ambiguity::missing_boundary})},
    {"no parts", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "mixed"},
    {"empty parts", "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\nX: y\n--b--\n", "mixed(plain,plain,plain)"},
    {"empty embedded message",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n--b\nContent-Type: "
     "message/rfc822\n--b--\n",
     "mixed(rfc822(plain),rfc822(plain))"},
    {"encoded multipart", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\na\n--b--\n",
     "mixed(plain)", bits({Ambiguity::encoded_multipart})},
    {"encoded message", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQp5\n", "rfc822",
     bits({Ambiguity::encoded_multipart})},
    {"duplicate content type", "Content-Type: text/html\nContent-Type: text/plain\n\nx\n", "html",
     bits({Ambiguity::duplicate_content_type})},
    {"duplicate encoding", "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx\n", "plain",
     bits({Ambiguity::duplicate_encoding})},
    {"unknown encoding", "Content-Transfer-Encoding: x-uuencode\n\nx\n", "plain", bits({Ambiguity::unknown_encoding})},
    {"missing subtype", "Content-Type: application-x-gzip; name=\"d.gz\"\n\nx\n", "plain", bits({Ambiguity::bad_parameter})},
    {"two boundaries", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n", "mixed(plain)",
     bits({Ambiguity::duplicate_parameter})},
    {"boundary by rfc2231", "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\nx\n--ab--\n", "mixed(plain)",
     bits({Ambiguity::boundary_by_rfc2231})},
    {"encoded word as boundary",
     "Content-Type: multipart/mixed; boundary=\"=?utf-8?q?b?=\"\n\n--=?utf-8?q?b?=\n\nx\n--=?utf-8?q?b?=--\n", "mixed(plain)",
     bits({Ambiguity::encoded_word_in_parameter})},
    {"unknown charset", "Content-Type: text/plain; charset=utf-7\n\nx\n", "plain", bits({Ambiguity::unknown_charset})},
    {"comments", "Content-Type: (c) text (d) / (e) html (f) ; charset (g) = (h) \"us-ascii\" (i)\n\nx\n", "html"},
    {"junk behind the type", "Content-Type: text/html x; charset=utf-8\n\nx\n", "html", bits({Ambiguity::bad_parameter})},
    {"two file names", "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=b.exe\n\nx\n", "plain",
     bits({Ambiguity::two_filenames})},
};

TEST(MimeTree, HasTheShapeAndFlagsExpectedWithBothLineEnds) {
  for (const auto& tree : trees) {
    for (const auto& bytes : {std::string(tree.bytes), crlf(tree.bytes)}) {
      const auto message = parse(bytes);
      EXPECT_EQ(shape(message), tree.expected) << tree.what;
      EXPECT_EQ(message.ambiguities, tree.flags) << tree.what << ": " << [&] {
        std::string words;
        for (const auto word : ambiguity_names(message.ambiguities)) words += std::string(word) + " ";
        return words;
      }();
    }
  }
}

TEST(MimeTree, PartsHaveTheBytesBetweenTheirBoundaries) {
  const auto bytes = crlf(
      "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b\nContent-Type: "
      "text/html\n\ntwo\nlines\n\n--b\n\n--b\nX: y\n--b--\nepi\n");
  const auto message = parse(bytes);
  ASSERT_EQ(message.parts.size(), 5U);
  EXPECT_EQ(message.body(message.parts[1]), "one");
  EXPECT_EQ(message.parts[1].lines, 0U);
  EXPECT_EQ(message.header(message.parts[1]), "\r\n");
  EXPECT_EQ(message.body(message.parts[2]), "two\r\nlines\r\n");
  EXPECT_EQ(message.parts[2].lines, 2U);
  EXPECT_EQ(message.header(message.parts[2]), "Content-Type: text/html\r\n\r\n");
  EXPECT_EQ(message.body(message.parts[3]), "");
  EXPECT_EQ(message.header(message.parts[4]), "X: y\r\n");
  EXPECT_EQ(message.body(message.parts[4]), "");
  EXPECT_TRUE(message.body(message.root()).ends_with("epi\r\n"));
  EXPECT_EQ(message.root().lines, 16U);
}

// rfc:2049#A
TEST(MimeTree, ReadsTheComplexExampleOfRfc2049) {
  const auto bytes = crlf(R"(MIME-Version: 1.0
From: Nathaniel Borenstein <nsb@nsb.fv.com>
To: Ned Freed <ned@innosoft.com>
Date: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)
Subject: A multipart example
Content-Type: multipart/mixed;
              boundary=unique-boundary-1

This is the preamble area of a multipart message.
Mail readers that understand multipart format
should ignore this preamble.

If you are reading this text, you might want to
consider changing to a mail reader that understands
how to properly display multipart messages.

--unique-boundary-1

  ... Some text appears here ...

[Note that the blank between the boundary and the start
of the text in this part means no header fields were
given and this is text in the US-ASCII character set.
It could have been done with explicit typing as in the
next part.]

--unique-boundary-1
Content-type: text/plain; charset=US-ASCII

This could have been part of the previous part, but
illustrates explicit versus implicit typing of body
parts.

--unique-boundary-1
Content-Type: multipart/parallel; boundary=unique-boundary-2

--unique-boundary-2
Content-Type: audio/basic
Content-Transfer-Encoding: base64

  ... base64-encoded 8000 Hz single-channel
      mu-law-format audio data goes here ...

--unique-boundary-2
Content-Type: image/jpeg
Content-Transfer-Encoding: base64

  ... base64-encoded image data goes here ...

--unique-boundary-2--

--unique-boundary-1
Content-type: text/enriched

This is <bold><italic>enriched.</italic></bold>
<smaller>as defined in RFC 1896</smaller>

Isn't it
<bigger><bigger>cool?</bigger></bigger>

--unique-boundary-1
Content-Type: message/rfc822

From: (mailbox in US-ASCII)
To: (address in US-ASCII)
Subject: (subject in US-ASCII)
Content-Type: Text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: Quoted-printable

  ... Additional text in ISO-8859-1 goes here ...

--unique-boundary-1--
)");
  const auto message = parse(bytes);
  EXPECT_EQ(shape(message), "mixed(plain,plain,parallel(basic,jpeg),enriched,rfc822(plain))");
  EXPECT_EQ(message.ambiguities, 0U);
  EXPECT_TRUE(message.body(message.parts[1]).starts_with("  ... Some text appears here ...\r\n"));
  EXPECT_TRUE(message.body(message.parts[1]).ends_with("next part.]\r\n"));
  EXPECT_EQ(message.parts[4].encoding, Encoding::base64);
  EXPECT_EQ(message.body(message.parts[8]), "  ... Additional text in ISO-8859-1 goes here ...\r\n");
  EXPECT_EQ(message.parts[8].encoding, Encoding::quoted_printable);
}

TEST(MimeTree, ReadsContentFields) {
  const std::string bytes =
      "Content-Type: Image/PNG; name=\"a b.png\"\r\nContent-Transfer-Encoding: Base64\r\nContent-ID: "
      "<x@y>\r\nContent-Description: =?utf-8?q?d?=\r\n"
      "Content-MD5: abc=\r\nContent-Language: en, de (c), fr\r\nContent-Location: http://x/\r\n  y\r\nContent-Disposition: "
      "INLINE;\r\n filename*=UTF-8''%e2%82%ac.png\r\n\r\nZm9v\r\n";
  const auto message = parse(bytes);
  const auto& part = message.root();
  EXPECT_EQ(part.type + "/" + part.subtype, "image/png");
  EXPECT_EQ(part.encoding, Encoding::base64);
  EXPECT_EQ(part.encoding_text, "Base64");
  EXPECT_EQ(part.content_id, "<x@y>");
  EXPECT_EQ(part.description, "=?utf-8?q?d?=");
  EXPECT_EQ(part.md5, "abc=");
  EXPECT_EQ(part.languages, (std::vector<std::string>{"en", "de", "fr"}));
  EXPECT_EQ(part.location, "http://x/  y");
  EXPECT_EQ(part.disposition, "inline");
  EXPECT_EQ(part.disposition_parameters, (Parameters{{"filename", "\u20ac.png"}}));
  EXPECT_EQ(file_name(part), "\u20ac.png");
  EXPECT_EQ(decoded_body(message, part), "foo");
  EXPECT_EQ(parse("x: y\r\n\r\n").root().encoding_text, "7BIT");
}

TEST(MimeTree, ReadsParametersAsRfc2231AndSendersWriteThem) {
  struct Case {
    std::string_view raw;
    Parameters expected;
    std::uint32_t flags = 0;
  };
  const Case cases[] = {
      {"", {}},
      {"; charset=us-ascii (Plain text)", {{"charset", "us-ascii"}}},
      {"; Charset=\"us-ascii\"", {{"charset", "us-ascii"}}},
      {"; a=\"q\\\"x\\\\y\"; b=c;", {{"a", "q\"x\\y"}, {"b", "c"}}},
      {"; url=\"fold\r\n ed\"", {{"url", "fold ed"}}},
      // rfc:2231#3, #4 and #4.1
      {"; URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
       {{"url", "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"}}},
      {"; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", {{"title", "This is ***fun***"}}},
      {"; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
       {{"title", "This is even more ***fun*** isn't it!"}}},
      {"; title*1=b; title*0=a", {{"title", "ab"}}},
      {"; t*=iso-8859-1''caf%E9", {{"t", "caf\u00e9"}}},
      {"; t*=''caf%C3%A9", {{"t", "caf\u00e9"}}},
      {"; t*=x-none''caf%E9", {{"t", "caf\u00e9"}}},
      {"; t=caf\xe9", {{"t", "caf\u00e9"}}},
      {"; t*=utf-8''100%", {{"t", "100%"}}},
      {std::string_view("; t=\"a\0b\"", 9), {{"t", "a\uFFFDb"}}},
      {"; t*=utf-8''a%0D%0AX:%00b", {{"t", "a\uFFFD\uFFFDX:\uFFFDb"}}},
      {"; name=plain.txt; name*=utf-8''plain.txt", {{"name", "plain.txt"}}},
      {"; name=\"=?utf-8?q?=C3=BC?=\"; name*=utf-8''%C3%BC", {{"name", "\u00fc"}}},
      {"; boundary=----=_Part/3:4", {{"boundary", "----=_Part/3:4"}}},
      // attacks.md D3, D5
      {"; name=a; name*=utf-8''b", {{"name", "b"}}, bits({Ambiguity::two_filenames})},
      {"; t*1=b; t*2=c", {{"t", ""}}, bits({Ambiguity::bad_parameter})},
      {"; t*0=a; t*2=c", {{"t", "a"}}, bits({Ambiguity::bad_parameter})},
      {"; t*0=a; t*0=b; t*1=c", {{"t", "ac"}}, bits({Ambiguity::duplicate_parameter})},
      {"; t*x=a", {}, bits({Ambiguity::bad_parameter})},
      {"; t*=noquotes", {{"t", "noquotes"}}, bits({Ambiguity::bad_parameter})},
      {"; t*0*9999999999=a", {}, bits({Ambiguity::bad_parameter})},
      {"; a=1; a=2", {{"a", "1"}}, bits({Ambiguity::duplicate_parameter})},
      {"; file name.txt", {}, bits({Ambiguity::bad_parameter})},
      {"; name=my file.txt; x=y", {{"name", "my file.txt"}, {"x", "y"}}, bits({Ambiguity::bad_parameter})},
      {"; name=\"open", {{"name", "open"}}, bits({Ambiguity::bad_parameter})},
      {"; name=\"a\"b; x=y", {{"name", "a"}, {"x", "y"}}, bits({Ambiguity::bad_parameter})},
      {"; =x; a=b", {{"a", "b"}}, bits({Ambiguity::bad_parameter})},
  };
  for (const auto& c : cases) {
    const auto bytes = "Content-Type: application/x" + std::string(c.raw) + "\r\n\r\n";
    const auto message = parse(bytes);
    EXPECT_EQ(message.root().parameters, c.expected) << c.raw;
    EXPECT_EQ(message.ambiguities, c.flags) << c.raw;
  }
}

TEST(MimeTree, FileNamesAreForPeople) {
  const auto name = [](std::string_view disposition) {
    const auto bytes = "Content-Disposition: attachment" + std::string(disposition) + "\r\n\r\n";
    return file_name(parse(bytes).root());
  };
  EXPECT_EQ(name("; filename=\"=?utf-8?q?=C3=BC.txt?=\""), "\u00fc.txt");
  EXPECT_EQ(name("; filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(name("; filename=\"C:\\\\x\\\\a.doc\""), "a.doc");
  EXPECT_EQ(name("; filename*=utf-8''a%E2%80%AEgpj.exe"), "agpj.exe");
  EXPECT_EQ(name("; filename*=utf-8''a%0D%0Ab"), "a\uFFFD\uFFFDb");
  EXPECT_EQ(name(""), "");
}

TEST(MimeTree, TextIsUtf8WhateverItWas) {
  const auto text = [](std::string_view bytes) {
    const auto message = parse(bytes);
    return text_of(message, message.root());
  };
  EXPECT_EQ(text("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9"),
            "caf\u00e9");
  EXPECT_EQ(text("Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-"), "+ADw-");
  EXPECT_EQ(text("\r\ncaf\xe9"), "caf\u00e9");
  EXPECT_EQ(text("\r\ncaf\u00e9"), "caf\u00e9");
}

TEST(MimeTree, LooksAtEncodedBodiesWhenAsked) {
  const auto flags = [](std::string_view bytes) {
    const auto message = parse(bytes);
    EXPECT_EQ(message.ambiguities, 0U);
    return body_ambiguities(message);
  };
  EXPECT_EQ(flags("Content-Transfer-Encoding: base64\r\n\r\nZm9v\r\n"), 0U);
  EXPECT_EQ(flags("Content-Transfer-Encoding: base64\r\n\r\nZg==Zm9v\r\n"), bits({Ambiguity::bad_base64}));
  EXPECT_EQ(flags("Content-Transfer-Encoding: quoted-printable\r\n\r\na=XX\r\n"), bits({Ambiguity::bad_quoted_printable}));
}

TEST(MimeTree, NamesEveryAmbiguity) {
  for (int i = 0; i <= 17; ++i) EXPECT_EQ(ambiguity_names(1U << i).size(), 1U);
  EXPECT_EQ(ambiguity_names(bits({Ambiguity::bad_base64})).front(), "bad_base64");
  EXPECT_EQ(ambiguity_names(bits({Ambiguity::after_final_boundary})).front(), "after_final_boundary");
}

}  // namespace
}  // namespace posthorn::mail
