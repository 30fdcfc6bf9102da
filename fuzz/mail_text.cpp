// Encoded words, transfer encodings, charsets, dates, HTML and header writing: the first byte picks which.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mail/build.h"
#include "mail/text.h"

namespace {

using namespace posthorn::mail;

void require(bool condition) {
  if (!condition) std::abort();
}

void words(std::string_view text) {
  const auto decoded = decode_words(text);
  require(posthorn::is_utf8(decoded) && decoded.find_first_of(std::string_view("\r\n\0\x7f", 4)) == std::string::npos);
  const auto encoded = encode_words(decoded);
  require(posthorn::is_ascii(encoded) && decode_words(encoded, 1'000'000) == decoded);
  if (const auto field = header_field("Subject", encoded)) require(field->ends_with("\r\n"));
}

void transfer(std::string_view text) {
  const auto base64 = decode_base64(text);
  require(base64.bytes.size() <= text.size() && base64.clean == is_clean_base64(text));
  const auto printable = decode_quoted_printable(text);
  require(printable.bytes.size() <= text.size() && printable.clean == is_clean_quoted_printable(text));
  const auto encoded = encode_quoted_printable(text);
  require(is_clean_quoted_printable(encoded) && posthorn::is_ascii(encoded));
  require(decode_quoted_printable(encode_quoted_printable(to_crlf(text))).bytes == to_crlf(text));
  require(decode_base64(posthorn::base64_encode(text)).bytes == text);
}

void dates(std::string_view text) {
  if (const auto date = parse_date(text)) {
    const auto again = parse_date(format_date(*date));
    require(again && *again == *date);
  }
}

void charsets(std::string_view text) {
  const auto end = text.find('\n');
  if (end == text.npos) return;
  if (const auto converted = to_utf8(text.substr(end + 1), text.substr(0, end)))
    require(posthorn::is_utf8(*converted) && converted->size() <= 4 * (text.size() - end) + 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: words(text); break;
    case 1: transfer(text); break;
    case 2: dates(text); break;
    case 3: charsets(text); break;
    default: require(html_to_text(text, 1'000).size() <= 1'000); break;
  }
  return 0;
}
