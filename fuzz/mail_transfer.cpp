// Base64 and quoted-printable: decoding undoes encoding; the strict look and the lenient decoder agree on what is clean; clean input is
// decoded the same with every line broken elsewhere; nothing grows.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/text.h"

namespace {

using namespace posthorn::mail;

void require(bool condition) {
  if (!condition) std::abort();
}

// Line ends mean nothing inside base64.
void check_breaks(std::string_view text, std::size_t every) {
  const auto whole = decode_base64(posthorn::base64_encode(text));
  std::string broken;
  const auto encoded = posthorn::base64_encode(text);
  for (std::size_t at = 0; at < encoded.size(); at += every) broken += encoded.substr(at, every) + "\r\n";
  require(whole.clean && whole.bytes == text && decode_base64(broken).bytes == text && is_clean_base64(broken));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_breaks(text, data[0] % 76 + 1u);
  const auto base64 = decode_base64(text);
  require(base64.clean == is_clean_base64(text) && base64.bytes.size() <= text.size());
  const auto printable = decode_quoted_printable(text);
  require(printable.clean == is_clean_quoted_printable(text) && printable.bytes.size() <= text.size());
  const auto again = encode_quoted_printable(printable.bytes);
  require(is_clean_quoted_printable(again));
  for (const auto line : posthorn::split(again, '\n')) require(line.size() <= 77);  // 76 and the CR
  return 0;
}
