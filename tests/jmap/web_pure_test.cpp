// Pure parts of what hangs on HTTP: the archive of an export, addresses of remote images.
#include <gtest/gtest.h>

#include "jmap/web/event_source.h"
#include "jmap/web/images.h"
#include "jmap/web/tar.h"

namespace posthorn::jmap {
namespace {

// rfc:8620#7.3 "servers MUST NOT have a minimum allowed value higher than 30 or a maximum allowed value less than 300"
TEST(EventSource, PingsAreHeldWithinARange) {
  for (const auto& [asked, given] : {std::pair{"0", 0}, {"", 0}, {"x", 0}, {"-5", 0}, {"1", 5}, {"30", 30}, {"31", 31}, {"299", 299}, {"300", 300}, {"301", 300}, {"99999999999999999999999", 300}})
    EXPECT_EQ(ping_interval(asked), static_cast<std::uint64_t>(given)) << asked;
}

TEST(Tar, FoldersNeitherClimbNorHide) {
  struct Row {
    const char *mailbox, *folder;
  };
  for (const auto& [mailbox, folder] : {Row{"INBOX", "INBOX"}, Row{"Work/2026", "Work/2026"}, Row{"../../etc", "_../_../etc"}, Row{".hidden", "_.hidden"}, Row{"a//b", "a/_/b"}, Row{"/abs", "_/abs"},
                                        Row{"a\\b:c*?\"<>|", "a_b_c______"}, Row{"\x01\x7f", "__"}, Row{"\xc3\x9c", "\xc3\x9c"}})
    EXPECT_EQ(tar_folder(mailbox), folder);
  const std::string longest(1000, 'x');
  EXPECT_EQ(tar_folder(longest).size(), 200u);
  std::string umlauts;
  for (int i = 0; i < 150; ++i) umlauts += "\xc3\x9c";
  EXPECT_EQ(tar_folder("a" + umlauts).size(), 199u) << "never in the middle of a character";
}

TEST(Tar, HeadsAreWholeBlocks) {
  for (const auto* name : {"a", "mail/\xc3\x9c.eml"}) {
    const auto head = tar_head({name, 5, WallTime(std::chrono::seconds(1'795'539'904)), {}});
    EXPECT_EQ(head.size() % 512, 0u);
    EXPECT_EQ(head.size() > 512, name[1] != '\0');
  }
  EXPECT_EQ(tar_padding(0).size(), 0u);
  EXPECT_EQ(tar_padding(1).size(), 511u);
  EXPECT_EQ(tar_padding(512).size(), 0u);
}

TEST(Images, OnlyRasterImagesAreOnes) {
  EXPECT_EQ(image_type("\x89PNG\r\n\x1a\n...."), "image/png");
  EXPECT_EQ(image_type("\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_EQ(image_type("GIF89a"), "image/gif");
  EXPECT_EQ(image_type(std::string_view("RIFF\0\0\0\0WEBPVP8 ", 16)), "image/webp");
  for (const auto* bytes : {"", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<html>", "GIF8", "RIFF", "%PDF-1.4", "BM"}) EXPECT_EQ(image_type(bytes), "") << bytes;
}

TEST(Images, APolicyNamesOnlyAHost) {
  http::Request request;
  const auto source = [&request](std::string host) {
    request.fields = {{"host", std::move(host)}};
    return image_source(request);
  };
  EXPECT_EQ(source("mail.blue.test:8443"), "https://mail.blue.test:8443/imgproxy/");
  EXPECT_EQ(source("[::1]:443"), "https://[::1]:443/imgproxy/");
  for (const auto* bad : {"", "a b", "a;script-src *", "a'b", "a/b", "a,b"}) EXPECT_EQ(source(bad), "") << bad;
}

}  // namespace
}  // namespace posthorn::jmap
