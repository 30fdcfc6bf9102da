// Messages made to cost much (attacks.md D1-D3, D9): bounded work, the rest opaque, and a flag.
#include <gtest/gtest.h>

#include <chrono>

#include "lines.h"
#include "mail/summary.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

constexpr auto over_limit = static_cast<std::uint32_t>(Ambiguity::over_limit);

std::size_t depth_of(const Message& message) {
  std::vector<std::size_t> depth(message.parts.size(), 1);
  std::size_t deepest = 1;
  for (std::size_t i = 1; i < message.parts.size(); ++i)
    deepest = std::max(deepest, depth[i] = depth[static_cast<std::size_t>(message.parts[i].parent)] + 1);
  return deepest;
}

// Parsed, summarized, stored and read again; generous for builds without optimisation and with sanitizers.
Summary digest(const std::string& bytes, double seconds = 10) {
  const auto begin = std::chrono::steady_clock::now();
  const auto message = parse(bytes);
  auto summary = summarize(message);
  EXPECT_LE(depth_of(message), Limits{}.depth + 1);
  EXPECT_LE(message.parts.size(), Limits{}.parts);
  const auto stored = encode(summary);
  EXPECT_TRUE(decode_summary(stored));
  EXPECT_LE(stored.size(), 4 * bytes.size() + 4'000'000);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), seconds);
  return summary;
}

TEST(Bombs, MultipartsNestedTenThousandDeep) {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) {
    const auto boundary = "b" + std::to_string(i);
    bytes += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  EXPECT_TRUE(digest(bytes + "\r\nx").ambiguities & over_limit);
}

TEST(Bombs, AHundredThousandParts) {
  std::string bytes = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) bytes += "--b\r\n\r\n";
  const auto summary = digest(bytes + "--b--\r\n");
  EXPECT_TRUE(summary.ambiguities & over_limit);
  EXPECT_EQ(summary.structure.size(), Limits{}.parts);
}

TEST(Bombs, FiveThousandMessagesInMessages) {
  std::string bytes;
  for (int i = 0; i < 5'000; ++i) bytes += "Content-Type: message/rfc822\r\n\r\n";
  const auto summary = digest(bytes + "Subject: x\r\n\r\nx");
  EXPECT_TRUE(summary.ambiguities & over_limit);
  EXPECT_EQ(summary.structure.size(), Limits{}.depth + 1);
}

TEST(Bombs, AMillionAddresses) {
  std::string bytes = "To: ";
  for (int i = 0; i < 1'000'000; ++i) bytes += "a@b,\r\n ";
  const auto summary = digest(bytes + "\r\n\r\n");
  EXPECT_EQ(summary.envelope.to.size(), Limits{}.addresses);
  EXPECT_TRUE(summary.ambiguities & over_limit);
}

TEST(Bombs, AddressesInEveryEmbeddedMessage) {
  std::string inner;
  for (int i = 0; i < 1'000; ++i) inner += "a@b,";
  std::string bytes = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
  for (int i = 0; i < 1'000; ++i) bytes += "--b\r\n\r\nTo: " + inner + "\r\n\r\n";
  const auto summary = digest(bytes);
  EXPECT_TRUE(summary.ambiguities & over_limit);
  std::size_t addresses = 0;
  for (const auto& part : summary.structure)
    if (part.envelope) addresses += part.envelope->to.size();
  EXPECT_LE(addresses, Limits{}.addresses);
}

TEST(Bombs, AMebibyteOfEncodedWords) {
  std::string bytes = "Subject:";
  while (bytes.size() < 1'048'576) bytes += " =?utf-8?q?a?=";
  digest(bytes + "\r\n\r\n");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(decode_words(bytes).empty());
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 2);
}

TEST(Bombs, FiftyMebibytesOfSubject) {
  const auto summary = digest("Subject: " + std::string(50'000'000, 'x') + "\r\n\r\n");
  EXPECT_LE(summary.subject.size(), 64U * 1024);
}

TEST(Bombs, ParametersWithoutEnd) {
  for (const std::string_view form : {"; p%d=x", "; filename*%d=x", "; filename*%d*=x%%41", "; p=x", "; p*0*=''x"}) {
    std::string bytes = "Content-Type: text/plain";
    for (int i = 0; i < 100'000; ++i) {
      std::string one(form);
      if (const auto at = one.find("%d"); at != one.npos) one.replace(at, 2, std::to_string(i));
      bytes += one;
    }
    const auto summary = digest(bytes + "\r\n\r\n");
    EXPECT_TRUE(summary.ambiguities & over_limit) << form;
    EXPECT_LE(summary.structure[0].parameters.size(), Limits{}.parameters);
  }
}

TEST(Bombs, ParametersInEveryPartShareOneBudget) {
  std::string parameters;
  for (int i = 0; i < 64; ++i) parameters += ";a" + std::to_string(i) + "=";
  std::string bytes = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 9'000; ++i) bytes += "--b\r\nContent-Type: text/plain" + parameters + "\r\n\r\n";
  const auto summary = digest(bytes);
  std::size_t all = 0;
  for (const auto& part : summary.structure) all += part.parameters.size();
  EXPECT_LE(all, Limits{}.all_parameters);
  EXPECT_TRUE(summary.ambiguities & over_limit);
}

TEST(Bombs, HeaderFieldsWithoutEnd) {
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes += "a:\n";
  const auto message = parse(bytes);
  EXPECT_EQ(message.root().fields.size(), Limits{}.header_fields);
  EXPECT_TRUE(message.ambiguities & over_limit);
}

TEST(Bombs, LinesThatLookLikeBoundaries) {
  const std::string boundary(900, '-');
  std::string bytes;
  for (int i = 0; i < 60; ++i) {
    const auto mine = boundary + std::to_string(i);
    bytes += "Content-Type: multipart/mixed; boundary=\"" + mine + "\"\r\n\r\n--" + mine + "\r\n";
  }
  bytes += "\r\n";
  for (int i = 0; i < 5'000; ++i) bytes += "--" + boundary + "x\r\n";
  digest(bytes);
}

}  // namespace
}  // namespace posthorn::mail
