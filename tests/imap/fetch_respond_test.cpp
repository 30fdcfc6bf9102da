// FETCH responses from messages: section numbers, header fields, partials, BINARY; and what must hold for any message.
#include "imap/fetch/respond.h"

#include <gtest/gtest.h>

#include <random>

#include "corpus.h"
#include "imap/fetch/section.h"
#include "imap/grammar/date.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {
namespace {

using namespace std::string_literals;

FetchRequest parsed(std::string_view items) {
  Cursor in(items);
  auto request = parse_fetch(in, FetchBy::sequence);
  EXPECT_TRUE(request) << items;
  return request.value_or(FetchRequest());
}

struct Fixture {
  store::Member member;
  store::Email email;
  mail::Summary summary;
  std::vector<std::string> keywords{"$Forwarded", "work"};
  std::string message;

  explicit Fixture(std::string bytes = {}) : message(std::move(bytes)) {
    member.uid = Uid{44};
    member.email = EmailId{31};
    member.modseq = ModSeq{99};
    member.saved = WallTime(std::chrono::seconds(837596667));
    email.received = WallTime(std::chrono::seconds(837596665));
    email.thread = ThreadId{7};
    email.size = message.size();
    if (!message.empty()) summary = mail::summarize(mail::parse(message));
  }

  Result<std::string> fetch(std::string_view items, QuotedText allowed = QuotedText::ascii) const {
    std::string out;
    const FetchData data{
        .sequence = 12, .member = member, .keywords = keywords, .email = &email, .summary = &summary, .message = message};
    if (auto done = append_fetch(out, parsed(items), data, allowed); !done) return fail(done.error());
    return out;
  }

  // The octets of one section item; "NIL" if it is not there.
  std::string octets(const std::string& item) const {
    const auto line = fetch(item);
    if (!line) return line.error().what;
    Cursor in(*line);
    const auto label = parsed(item).items.front().label;
    EXPECT_TRUE(in.take("* 12 FETCH (" + label + " ")) << *line;
    if (in.take("NIL)\r\n")) return "NIL";
    const auto value = take_literal(in, Literal8::allowed);
    EXPECT_EQ(in.rest(), ")\r\n");
    return std::string(value.value_or("no literal"));
  }
};

// rfc:9051#6.4.5: the message whose sections the RFC numbers.
std::string rfc_example() {
  const auto leaf = [](const std::string& type, const std::string& text) {
    return "Content-Type: " + type + "\r\nContent-ID: <" + text + ">\r\n\r\n" + text + "\r\n";
  };
  const auto multipart = [](const std::string& kind, const std::string& boundary, const std::vector<std::string>& parts) {
    std::string out = "Content-Type: multipart/" + kind + "; boundary=" + boundary + "\r\n\r\npreamble\r\n";
    for (const auto& part : parts) out += "--" + boundary + "\r\n" + part + "\r\n";
    return out + "--" + boundary + "--\r\n";
  };
  const auto message = [](const std::string& inner) { return "Content-Type: message/rfc822\r\n\r\n" + inner; };
  return "Subject: outer\r\n" +
         multipart(
             "mixed", "b0",
             {leaf("text/plain", "1"), leaf("application/octet-stream", "2"),
              message("Subject: three\r\n" +
                      multipart("mixed", "b3", {leaf("text/plain", "3.1"), leaf("application/octet-stream", "3.2")})),
              multipart("mixed", "b4",
                        {leaf("image/gif", "4.1"),
                         message("Subject: four two\r\n" +
                                 multipart("mixed", "b42",
                                           {leaf("text/plain", "4.2.1"),
                                            multipart("alternative", "b422",
                                                      {leaf("text/plain", "4.2.2.1"), leaf("text/richtext", "4.2.2.2")})}))})});
}

TEST(ImapFetch, NumbersSectionsAsTheRfcDoes) {
  const Fixture f(rfc_example());
  for (const std::string number : {"1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"}) {
    EXPECT_EQ(f.octets("BODY[" + number + "]"), number + "\r\n") << number;
    EXPECT_NE(f.octets("BODY[" + number + ".MIME]").find("Content-ID: <" + number + ">\r\n"), std::string::npos) << number;
  }
  EXPECT_TRUE(f.octets("BODY[HEADER]").starts_with("Subject: outer\r\n"));
  EXPECT_TRUE(f.octets("BODY[TEXT]").starts_with("preamble\r\n--b0"));
  EXPECT_TRUE(f.octets("BODY[3]").starts_with("Subject: three\r\n"));
  EXPECT_TRUE(f.octets("BODY[3.HEADER]").starts_with("Subject: three\r\n"));
  EXPECT_TRUE(f.octets("BODY[3.TEXT]").starts_with("preamble\r\n--b3\r\n"));
  EXPECT_EQ(f.octets("BODY[3.HEADER]") + f.octets("BODY[3.TEXT]"), f.octets("BODY[3]"));
  EXPECT_EQ(f.octets("BODY[4.2.HEADER.FIELDS (SUBJECT)]"), "Subject: four two\r\n\r\n");
  EXPECT_TRUE(f.octets("BODY[4.2.TEXT]").starts_with("preamble\r\n--b42\r\n"));
  EXPECT_EQ(f.octets("BODY[4.MIME]"), "Content-Type: multipart/mixed; boundary=b4\r\n\r\n");
  EXPECT_TRUE(f.octets("BODY[4.2.2]").starts_with("preamble\r\n--b422"));
  for (const char* absent : {"BODY[5]", "BODY[1.1]", "BODY[3.3]", "BODY[4.1.1]", "BODY[1.HEADER]", "BODY[4.TEXT]",
                             "BODY[4.2.2.3]", "BODY[4.2.2.1.1]", "BODY[9.MIME]", "BINARY[5]"})
    EXPECT_EQ(f.octets(absent), "NIL") << absent;
}

// rfc:9051#6.4.5: every message has at least a part 1.
TEST(ImapFetch, GivesPlainMessagesAPartOne) {
  const Fixture plain("Subject: x\r\n\r\nbody\r\n");
  EXPECT_EQ(plain.octets("BODY[1]"), "body\r\n");
  EXPECT_EQ(plain.octets("BODY[TEXT]"), "body\r\n");
  EXPECT_EQ(plain.octets("BODY[1.MIME]"), "Subject: x\r\n\r\n");
  EXPECT_EQ(plain.octets("BODY[1.1]"), "NIL");
  EXPECT_EQ(plain.octets("BODY[2]"), "NIL");
  const Fixture forwarded("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n");
  EXPECT_EQ(forwarded.octets("BODY[1]"), "Subject: inner\r\n\r\ntext\r\n");
  EXPECT_EQ(forwarded.octets("BODY[1.1]"), "text\r\n");
  EXPECT_EQ(forwarded.octets("BODY[1.HEADER]"), "Subject: inner\r\n\r\n");
  EXPECT_EQ(forwarded.octets("BODY[1.1.1]"), "NIL");
}

TEST(ImapFetch, PicksHeaderFields) {
  const Fixture f("Date: d\r\nFrom: a\r\n b\r\nto : c\r\nnot a field\r\nFROM: e\r\n\r\nFrom: body\r\n");
  EXPECT_EQ(f.octets("BODY[HEADER.FIELDS (from)]"), "From: a\r\n b\r\nFROM: e\r\n\r\n");
  EXPECT_EQ(f.octets("BODY[HEADER.FIELDS (To X)]"), "to : c\r\n\r\n");
  EXPECT_EQ(f.octets("BODY[HEADER.FIELDS.NOT (FROM TO)]"), "Date: d\r\nnot a field\r\n\r\n");
  EXPECT_EQ(f.octets("BODY[HEADER.FIELDS (X)]"), "\r\n");
  EXPECT_EQ(Fixture("A: 1\r\n").octets("BODY[HEADER.FIELDS (a)]"), "A: 1\r\n");
  EXPECT_EQ(Fixture("\r\nbody").octets("BODY[HEADER]"), "\r\n");
}

TEST(ImapFetch, AnswersWhatStandsInRows) {
  Fixture f;
  f.member.flags.set(store::SystemFlag::seen);
  f.member.flags.set(store::SystemFlag::draft);
  f.member.flags.set(store::first_keyword_bit + 1);
  f.email.size = 4286;
  EXPECT_EQ(f.fetch("(UID FLAGS MODSEQ EMAILID THREADID)").value(),
            "* 12 FETCH (UID 44 FLAGS (\\Seen \\Draft work) MODSEQ (99) EMAILID (M1f) THREADID (T7))\r\n");
  EXPECT_EQ(f.fetch("FAST").value(),
            "* 12 FETCH (FLAGS (\\Seen \\Draft work) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\" RFC822.SIZE 4286)\r\n");
  EXPECT_EQ(f.fetch("SAVEDATE").value(), "* 12 FETCH (SAVEDATE \"17-Jul-1996 09:44:27 +0000\")\r\n");
  f.summary.preview = "caf\xc3\xa9";
  EXPECT_EQ(f.fetch("PREVIEW (LAZY)").value(), "* 12 FETCH (PREVIEW {5}\r\ncaf\xc3\xa9)\r\n");
  EXPECT_EQ(f.fetch("PREVIEW", QuotedText::utf8).value(), "* 12 FETCH (PREVIEW \"caf\xc3\xa9\")\r\n");
}

TEST(ImapFetch, RefusesToAnswerWithoutTheData) {
  const Fixture f;
  std::string out = "before";
  for (const char* items : {"FAST", "ENVELOPE", "BODY[]"}) {
    const FetchData data{.sequence = 1, .member = f.member, .keywords = f.keywords};
    EXPECT_FALSE(append_fetch(out, parsed(items), data)) << items;
    EXPECT_EQ(out, "before");
  }
}

TEST(ImapFetch, CutsPartials) {
  const Fixture f("Subject: x\r\n\r\n0123456789");
  EXPECT_EQ(f.octets("BODY[TEXT]<0.4>"), "0123");
  EXPECT_EQ(f.octets("BODY[TEXT]<8.4>"), "89");
  EXPECT_EQ(f.octets("BODY[TEXT]<10.4>"), "");
  EXPECT_EQ(f.octets("BODY[TEXT]<9223372036854775807.9223372036854775807>"), "");
  EXPECT_EQ(f.fetch("BODY[TEXT]<2.3>").value(), "* 12 FETCH (BODY[TEXT]<2> {3}\r\n234)\r\n");
}

TEST(ImapFetch, DecodesBinary) {  // rfc:3516
  const Fixture f(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\nAw==\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "a=3Db=\r\nc\r\n--b\r\nContent-Transfer-Encoding: x-secret\r\n\r\nxyz\r\n--b\r\n\r\nplain\r\n--b--\r\n");
  EXPECT_EQ(f.fetch("BINARY[1]").value(), "* 12 FETCH (BINARY[1] ~{4}\r\n\0\1\2\3)\r\n"s);
  EXPECT_EQ(f.fetch("BINARY.SIZE[1]").value(), "* 12 FETCH (BINARY.SIZE[1] 4)\r\n");
  EXPECT_EQ(f.octets("BINARY.PEEK[1]<1.2>"), "\1\2");
  EXPECT_EQ(f.octets("BINARY[2]"), "a=bc");
  EXPECT_EQ(f.octets("BINARY[4]"), "plain");
  EXPECT_EQ(f.octets("BINARY[]"), f.message);
  const auto unknown = f.fetch("(FLAGS BINARY[3])");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::unsupported);
  EXPECT_EQ(f.octets("BODY[3]"), "xyz");
}

TEST(ImapFetch, KeepsLengthsWhenNulMustGo) {
  const Fixture f("Subject: a\0b\r\n\r\nx\0y"s);
  EXPECT_EQ(f.octets("BODY[TEXT]"), "x\x80y");
  EXPECT_EQ(f.octets("BODY[]").size(), f.message.size());
}

// One response is one well-formed line, whatever the message.
void expect_well_formed(const std::string& line, const std::string& name) {
  Cursor in(line);
  ASSERT_TRUE(in.take("* 12 FETCH ")) << name;
  GrammarLimits limits;
  limits.depth = 10'000;
  EXPECT_TRUE(skip_value(in, limits)) << name << "\n" << line.substr(0, 2000);
  EXPECT_EQ(in.rest(), "\r\n") << name;
}

// Part numbers with the index of their part, by walking the tree the other way than find_part() does.
std::vector<std::pair<std::string, std::size_t>> numbered(const mail::Message& message) {
  struct Entry {
    std::size_t part;
    std::string number;
    bool whole;
  };
  std::vector<std::pair<std::string, std::size_t>> found;
  std::vector<Entry> open{{0, "", true}};
  while (!open.empty()) {
    const auto [index, number, whole] = open.back();
    open.pop_back();
    const auto& part = message.parts[index];
    const auto dot = number.empty() ? "" : number + ".";
    if (!whole) found.emplace_back(number, index);
    if (part.is_multipart()) {
      for (std::size_t i = 0; i < part.children.size(); ++i)
        open.push_back({part.children[i], dot + std::to_string(i + 1), false});
    } else if (whole) {
      open.push_back({index, dot + "1", false});
    } else if (part.is_message()) {
      open.push_back({part.children.front(), number, true});
    }
  }
  return found;
}

TEST(ImapFetchCorpus, EveryItemOfEveryMessageIsWellFormedAndConsistent) {
  const auto messages = test::corpus();
  if (messages.empty()) GTEST_SKIP() << "no MIME suites here";
  for (const auto& [name, bytes] : messages) {
    const Fixture f(bytes);
    for (const auto allowed : {QuotedText::ascii, QuotedText::utf8})
      expect_well_formed(
          f.fetch("(UID FLAGS MODSEQ SAVEDATE EMAILID INTERNALDATE RFC822.SIZE THREADID ENVELOPE BODY BODYSTRUCTURE "
                  "PREVIEW BODY.PEEK[] BODY[HEADER] BODY[TEXT] BODY[1] BODY[1.MIME] BODY[1.1.HEADER] BODY[2.TEXT] "
                  "BODY[HEADER.FIELDS (DATE FROM SUBJECT)] BODY[HEADER.FIELDS.NOT (RECEIVED)] BINARY[] RFC822 "
                  "RFC822.HEADER RFC822.TEXT)",
                  allowed)
              .value(),
          name);
    EXPECT_EQ(f.octets("BODY[]"), bytes) << name;
    EXPECT_EQ(f.octets("BODY[HEADER]") + f.octets("BODY[TEXT]"), bytes) << name;
    EXPECT_EQ(f.octets("RFC822.HEADER"), f.octets("BODY[HEADER]")) << name;
    EXPECT_EQ(f.octets("BODY[HEADER.FIELDS.NOT (\"\")]"), f.octets("BODY[HEADER]")) << name;
    const auto tree = mail::parse(bytes);
    EXPECT_EQ(end_of_header(bytes), tree.root().body_begin) << name;
    for (const auto& [number, index] : numbered(tree)) {
      const auto body = f.octets("BODY[" + number + "]");
      EXPECT_EQ(body, tree.body(tree.parts[index])) << name << " " << number;
      EXPECT_EQ(body.size(), f.summary.structure[index].size) << name << " " << number;
      EXPECT_EQ(f.octets("BODY[" + number + ".MIME]"), tree.header(tree.parts[index])) << name << " " << number;
      if (tree.parts[index].is_message()) {
        EXPECT_EQ(f.octets("BODY[" + number + ".HEADER]") + f.octets("BODY[" + number + ".TEXT]"), body) << name << " " << number;
      }
      const auto size = f.fetch("BINARY.SIZE[" + number + "]");
      if (!size) continue;
      EXPECT_EQ(*size,
                "* 12 FETCH (BINARY.SIZE[" + number + "] " + std::to_string(f.octets("BINARY[" + number + "]").size()) + ")\r\n");
    }
  }
}

TEST(ImapFetchCorpus, PartialsAreSubstrings) {
  const auto messages = test::corpus();
  if (messages.empty()) GTEST_SKIP() << "no MIME suites here";
  std::mt19937 random(5);
  for (const auto& [name, bytes] : messages) {
    const Fixture f(bytes);
    for (const std::string section : {"", "TEXT", "1", "HEADER.FIELDS (FROM TO)"}) {
      const auto whole = f.octets("BODY[" + section + "]");
      for (int round = 0; round < 5 && whole != "NIL"; ++round) {
        const auto offset = random() % (whole.size() + 5), length = 1 + random() % (whole.size() + 5);
        const auto part = f.octets("BODY[" + section + "]<" + std::to_string(offset) + "." + std::to_string(length) + ">");
        EXPECT_EQ(part, offset < whole.size() ? whole.substr(offset, length) : "") << name;
      }
    }
  }
}

}  // namespace
}  // namespace posthorn::imap
