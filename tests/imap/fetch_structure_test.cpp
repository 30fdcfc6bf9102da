// ENVELOPE and BODYSTRUCTURE from summaries: RFC 9051's own examples and what breaks clients.
#include "imap/fetch/structure.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace posthorn::imap {
namespace {

using mail::HeaderAddress;
using mail::StructurePart;

HeaderAddress address(std::string name, std::string local, std::string domain) {
  HeaderAddress a;
  a.name = std::move(name);
  a.local = std::move(local);
  a.domain = std::move(domain);
  return a;
}

HeaderAddress group(HeaderAddress::Kind kind, std::string name = {}) {
  HeaderAddress a;
  a.kind = kind;
  a.name = std::move(name);
  return a;
}

StructurePart part(std::string type, std::string subtype, std::uint64_t size = 0, std::uint64_t lines = 0) {
  StructurePart p;
  p.type = std::move(type);
  p.subtype = std::move(subtype);
  p.encoding = "7BIT";
  p.size = size;
  p.lines = lines;
  return p;
}

std::string structure(const std::vector<StructurePart>& parts, StructureForm form, QuotedText allowed = QuotedText::ascii) {
  std::string out;
  append_structure(out, parts, form, allowed);
  return out;
}

std::string written(const mail::Envelope& envelope) {
  std::string out;
  append_envelope(out, envelope, QuotedText::ascii);
  return out;
}

TEST(ImapEnvelope, IsTheRfcsExample) {  // rfc:9051#8
  mail::Envelope e;
  e.date = "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)";
  e.subject = "IMAP4rev2 WG mtg summary and minutes";
  e.from = {address("Terry Gray", "gray", "cac.washington.edu")};
  e.to = {address("", "imap", "cac.washington.edu")};
  e.cc = {address("", "minutes", "CNRI.Reston.VA.US"), address("John Klensin", "KLENSIN", "MIT.EDU")};
  e.message_id = "<B27397-0100000@cac.washington.ed>";
  EXPECT_EQ(written(e),
            "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" "
            "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
            "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) "
            "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
            "\"<B27397-0100000@cac.washington.ed>\")");
}

TEST(ImapEnvelope, MarksGroupsAndKeepsOddStrings) {
  mail::Envelope e;
  e.subject = "caf\xe9 \"quoted\"";
  e.sender = {address("", "nodomain", "")};
  e.to = {group(HeaderAddress::Kind::group_start, "A Group"), address("", "a", "b.test"), group(HeaderAddress::Kind::group_end)};
  EXPECT_EQ(written(e),
            "(NIL {13}\r\ncaf\xe9 \"quoted\" NIL ((NIL NIL \"nodomain\" \"\")) NIL "
            "((NIL NIL \"A Group\" NIL)(NIL NIL \"a\" \"b.test\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
}

TEST(ImapBodystructure, IsTheRfcsExamples) {  // rfc:9051#7.5.2
  auto text = part("text", "plain", 2279, 48);
  text.parameters = {{"charset", "US-ASCII"}};
  EXPECT_EQ(structure({text}, StructureForm::body), R"(("text" "plain" ("charset" "US-ASCII") NIL NIL "7BIT" 2279 48))");
  EXPECT_EQ(structure({text}, StructureForm::bodystructure),
            R"(("text" "plain" ("charset" "US-ASCII") NIL NIL "7BIT" 2279 48 NIL NIL NIL NIL))");
  auto mixed = part("multipart", "mixed");
  mixed.children = {1, 2};
  text.size = 1152, text.lines = 23;
  auto file = part("text", "plain", 4554, 73);
  file.parameters = {{"charset", "US-ASCII"}, {"name", "cc.diff"}};
  file.id = "<960723163407.20117h@cac.washington.edu>";
  file.description = "Compiler diff";
  file.encoding = "BASE64";
  EXPECT_EQ(structure({mixed, text, file}, StructureForm::body),
            R"((("text" "plain" ("charset" "US-ASCII") NIL NIL "7BIT" 1152 23))"
            R"(("text" "plain" ("charset" "US-ASCII" "name" "cc.diff") "<960723163407.20117h@cac.washington.edu>" )"
            R"("Compiler diff" "BASE64" 4554 73) "mixed"))");
}

TEST(ImapBodystructure, WritesExtensionData) {
  auto mixed = part("multipart", "mixed");
  mixed.children = {1};
  mixed.parameters = {{"boundary", "b"}};
  mixed.languages = {"en", "de"};
  auto image = part("image", "png", 7);
  image.md5 = "Q2hlY2s=";
  image.disposition = "attachment";
  image.disposition_parameters = {{"filename", "\xc3\xa4 b.png"}};
  image.languages = {"en"};
  image.location = "http://x.test/";
  EXPECT_EQ(structure({mixed, image}, StructureForm::bodystructure),
            R"((("image" "png" NIL NIL NIL "7BIT" 7 "Q2hlY2s=" ("attachment" ("filename*" "utf-8''%C3%A4%20b.png")) ("en") )"
            R"("http://x.test/") "mixed" ("boundary" "b") NIL ("en" "de") NIL))");
  EXPECT_NE(structure({mixed, image}, StructureForm::bodystructure, QuotedText::utf8).find("(\"filename\" \"\xc3\xa4 b.png\")"),
            std::string::npos);
}

TEST(ImapBodystructure, PutsEnvelopeAndBodyIntoMessages) {
  auto message = part("message", "rfc822", 300, 9);
  message.children = {1};
  message.envelope.emplace().subject = "inner";
  EXPECT_EQ(structure({message, part("text", "html", 20, 2)}, StructureForm::bodystructure),
            R"(("message" "rfc822" NIL NIL NIL "7BIT" 300 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) )"
            R"(("text" "html" ("charset" "us-ascii") NIL NIL "7BIT" 20 2 NIL NIL NIL NIL) 9 NIL NIL NIL NIL))");
}

TEST(ImapBodystructure, ShowsOpaqueContainersAsLeaves) {
  EXPECT_EQ(structure({part("multipart", "mixed", 10, 1)}, StructureForm::body),
            R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 10 1))");
  EXPECT_EQ(structure({part("message", "rfc822", 10, 1)}, StructureForm::body),
            R"(("application" "octet-stream" NIL NIL NIL "7BIT" 10))");
  EXPECT_EQ(structure({}, StructureForm::body), R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0))");
}

TEST(ImapBodystructure, SurvivesDeepAndCyclicIndices) {
  std::vector<StructurePart> deep(100'000, part("multipart", "mixed"));
  for (std::uint32_t i = 0; i + 1 < deep.size(); ++i) deep[i].children = {i + 1};
  const auto out = structure(deep, StructureForm::body);
  EXPECT_EQ(std::count(out.begin(), out.end(), '('), std::count(out.begin(), out.end(), ')'));
  auto loop = part("multipart", "mixed");
  loop.children = {0, 7};
  EXPECT_EQ(
      structure({loop}, StructureForm::body),
      R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0)("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0) "mixed"))");
}

}  // namespace
}  // namespace posthorn::imap
