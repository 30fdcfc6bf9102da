// Every message of the public suites (/work/shared/suites): parses, has a sane tree, the same shape with both line ends,
// and its summary comes back from its stored form.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "lines.h"
#include "mail/build.h"
#include "mail/json.h"
#include "mail/summary.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> suite_files() {
  std::vector<fs::path> files;
  for (const char* folder : {"mime", "dkim", "dmarc"}) {
    const fs::path root = fs::path("/work/shared/suites") / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root))
      if (entry.path().extension() == ".eml" || entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// Children inside parents, ascending, headers before bodies.
void expect_sane(const Message& message, const fs::path& path) {
  EXPECT_EQ(message.root().header_begin, 0U) << path;
  EXPECT_EQ(message.root().body_end, message.bytes.size()) << path;
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    EXPECT_LE(part.header_begin, part.body_begin) << path;
    EXPECT_LE(part.body_begin, part.body_end) << path;
    EXPECT_EQ(part.lines, static_cast<std::uint64_t>(std::ranges::count(message.body(part), '\n'))) << path << " part " << i;
    std::size_t from = part.body_begin;
    for (const auto child : part.children) {
      EXPECT_EQ(message.parts[child].parent, static_cast<int>(i)) << path;
      EXPECT_GE(message.parts[child].header_begin, from) << path;
      EXPECT_LE(message.parts[child].body_end, part.body_end) << path;
      from = message.parts[child].body_end;
    }
    for (const auto& field : part.fields) EXPECT_EQ(field.whole.substr(0, field.name.size()), field.name);
  }
}

std::string outline(const Message& message) {
  std::string out;
  for (const auto& part : message.parts)
    out += std::to_string(part.parent) + part.type + "/" + part.subtype + " " + std::to_string(part.fields.size()) + " " +
           std::to_string(part.lines) + "\n";
  return out;
}

TEST(Suites, EveryMessageParsesAndItsSummaryComesBack) {
  const auto files = suite_files();
  if (files.empty()) GTEST_SKIP() << "skipped: no suites below /work/shared/suites";
  for (const auto& path : files) {
    const auto bytes = file_bytes(path);
    const auto message = parse(bytes);
    expect_sane(message, path);
    const auto summary = summarize(message);
    const auto stored = encode(summary);
    const auto back = decode_summary(stored);
    ASSERT_TRUE(back) << path;
    EXPECT_EQ(encode(*back), stored) << path;
    EXPECT_TRUE(is_utf8(summary.preview)) << path;
    EXPECT_TRUE(is_utf8(summary.subject)) << path;
    EXPECT_TRUE(is_utf8(boost::json::serialize(to_json(message)))) << path;
    const auto lf = without_cr(bytes), both = crlf(lf);
    const auto lf_message = parse(lf), crlf_message = parse(both);
    expect_sane(crlf_message, path);
    EXPECT_EQ(outline(lf_message), outline(crlf_message)) << path;
    EXPECT_EQ(preview_of(lf_message), preview_of(crlf_message)) << path;
  }
}

TEST(Suites, AwkwardMessagesReadAsTheirAuthorsMeant) {
  const fs::path root = "/work/shared/suites/mime";
  if (!fs::exists(root)) GTEST_SKIP() << "skipped: no suites below /work/shared/suites";
  const auto outline_of = [&root](const char* file) {
    const auto bytes = file_bytes(root / file);
    const auto message = parse(bytes);
    std::string out;
    for (const auto& part : message.parts) out += part.type + "/" + part.subtype + " ";
    return out;
  };
  // The same as Python's email package finds.
  EXPECT_EQ(outline_of("mimekit/body.7.txt"),
            "multipart/mixed multipart/related multipart/alternative text/html text/plain image/gif image/jpeg text/plain ");
  EXPECT_EQ(outline_of("mimekit/empty-multipart.txt"), "multipart/mixed multipart/alternative text/plain ");
  EXPECT_EQ(outline_of("mimekit/multipart-digest.txt"),
            "message/rfc822 multipart/digest message/rfc822 text/plain message/rfc822 text/plain ");
  EXPECT_EQ(
      outline_of("mimekit/rfc2060.txt"),
      "multipart/mixed text/plain application/octet-stream message/rfc822 multipart/mixed text/plain application/octet-stream "
      "multipart/mixed image/gif message/rfc822 multipart/mixed text/plain multipart/alternative text/plain text/richtext ");
  const auto name_of = [&root](const char* file) {
    const auto bytes = file_bytes(root / "mail/attachment_emails" / file);
    const auto message = parse(bytes);
    for (const auto& part : message.parts)
      if (const auto name = file_name(part); !name.empty()) return name;
    return std::string();
  };
  // Its name says iso-2022-jp and has a byte that this charset has not.
  EXPECT_EQ(name_of("attachment_with_encoded_name.eml"),
            "01 Quien Te Dij\uFFFD"
            "at. Pitbull.mp3");
  EXPECT_EQ(name_of("attachment_with_quoted_filename.eml"), "Eelanal\u00fc\u00fcsi p\u00e4ring.jpg");
}

}  // namespace
}  // namespace posthorn::mail
