// Canonical forms: RFC 6376's examples, a slow plain model, and the same output however the body is cut.
#include <gtest/gtest.h>

#include <random>

#include "kit.h"

namespace posthorn::trust::dkim {
namespace {

class Text final : public Sink {
 public:
  void take(std::string_view bytes) override { text += bytes; }
  std::string text;
};

std::string canonical(Canonical form, const std::vector<std::string_view>& pieces) {
  Text sink;
  BodyCanonicaliser body(form, sink);
  for (const auto piece : pieces) body.write(piece);
  body.finish();
  return sink.text;
}

// rfc:6376#3.4.3 and rfc:6376#3.4.4 word by word, on lines.
std::string model(Canonical form, std::string_view body) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = std::min(body.find('\n', at), body.size());
    std::string line(body.substr(at, end - at));
    if (end < body.size() && line.ends_with('\r')) line.pop_back();
    if (form == Canonical::relaxed) {
      std::string reduced;
      for (const char c : line) {
        const char plain = c == '\t' ? ' ' : c;
        if (plain != ' ' || !reduced.ends_with(' ')) reduced += plain;
      }
      if (reduced.ends_with(' ')) reduced.pop_back();
      line = reduced;
    }
    lines.push_back(line);
    at = end + 1;
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string out;
  for (const auto& line : lines) out += line + "\r\n";
  return out.empty() && form == Canonical::simple ? "\r\n" : out;
}

// rfc:6376#3.4.5
TEST(DkimCanonical, FollowsTheExamplesOfTheStandard) {
  const std::string example = " C \r\nD \t E\r\n\r\n\r\n";
  EXPECT_EQ(canonical(Canonical::relaxed, {example}), " C\r\nD E\r\n");
  EXPECT_EQ(canonical(Canonical::simple, {example}), " C \r\nD \t E\r\n");
  const std::string header = "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n";
  const auto message = mail::parse(header);
  std::string relaxed, simple;
  for (const auto& field : message.root().fields) {
    append_field(Canonical::relaxed, field, relaxed);
    append_field(Canonical::simple, field, simple);
  }
  EXPECT_EQ(relaxed, "a:X\r\nb:Y Z\r\n");
  EXPECT_EQ(simple, "A: X\r\nB : Y\t\r\n\tZ  \r\n");
}

TEST(DkimCanonical, EmptyBodiesHashAsTheStandardSays) {
  EXPECT_EQ(base64_encode(body_digest(Canonical::simple, crypto::Digest::sha256, "").hash), "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
  EXPECT_EQ(base64_encode(body_digest(Canonical::relaxed, crypto::Digest::sha256, "").hash), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(base64_encode(body_digest(Canonical::simple, crypto::Digest::sha1, "").hash), "uoq1oCgLlTqpdDX/iUbLy7J1Wic=");
  EXPECT_EQ(base64_encode(body_digest(Canonical::relaxed, crypto::Digest::sha1, "").hash), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(body_digest(Canonical::simple, crypto::Digest::sha256, "a").length, 3U);
}

// Bodies of few different bytes, so that every order of them comes; long plain stretches reach the quick loop.
TEST(DkimCanonical, AgreesWithThePlainModelHoweverCut) {
  std::mt19937 random(6376);
  const std::string bytes = "\r\n \tab";
  for (int round = 0; round < 20'000; ++round) {
    std::string body;
    const auto length = random() % 40;
    for (std::size_t i = 0; i < length; ++i) {
      const auto c = random() % 8;
      if (c < 6) body += bytes[c];
      else if (c == 6) body += "\r\n";
      else if (random() % 4 == 0) body.append(random() % 150, 'x');
    }
    for (const auto form : {Canonical::simple, Canonical::relaxed}) {
      const auto expected = model(form, body);
      ASSERT_EQ(canonical(form, {body}), expected) << ::testing::PrintToString(body);
      std::vector<std::string_view> pieces;
      for (std::size_t at = 0; at < body.size();) {
        const auto size = random() % 5;
        pieces.push_back(std::string_view(body).substr(at, size));
        at += size;
      }
      ASSERT_EQ(canonical(form, pieces), expected) << ::testing::PrintToString(body);
      ASSERT_EQ(canonical(form, {expected}), expected);
    }
  }
}

}  // namespace
}  // namespace posthorn::trust::dkim
