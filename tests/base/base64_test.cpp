// Base64 of header fields: white space anywhere, padding whole or left out, and nothing else.
#include <gtest/gtest.h>

#include "base/text.h"

namespace posthorn {
namespace {

TEST(Base64, OfHeaderFieldsMayBeFoldedAndUnpadded) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto strict = base64_encode(bytes);
    for (const std::size_t width : {1, 3, 4, 7, 72}) {
      std::string folded;
      for (std::size_t at = 0; at < strict.size(); at += width) folded += strict.substr(at, width) + "\r\n\t ";
      EXPECT_EQ(base64_decode_folded(folded), bytes) << i << " " << width;
    }
    EXPECT_EQ(base64_decode_folded(strict.substr(0, strict.find('='))), bytes);
    bytes += static_cast<char>(i * 7);
  }
  for (const auto* bad : {"A", "AA=", "AAA==", "AB", "AAB", "A=AA", "AA==A", "A A A A A", "A*AA", "AAAA=", "====", "AAAA===="}) EXPECT_EQ(base64_decode_folded(bad), std::nullopt) << bad;
  EXPECT_EQ(base64_decode_folded(" \r\n\t"), "");
}

TEST(Base64, OfUrlsHasNoPaddingAndReadsEitherWay) {
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    const auto text = base64url_encode(bytes);
    EXPECT_FALSE(text.contains('='));
    EXPECT_EQ(base64url_decode(text), bytes);
    EXPECT_EQ(base64url_decode(text + std::string((4 - text.size() % 4) % 4, '=')), bytes);
    bytes += static_cast<char>(i * 7);
  }
  for (const auto* bad : {"A", "AA=", "AAA==", "AAAA=", "+A", "/A", "AB", "A A", "AA===", "=", "AA\n"}) EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace posthorn
