// Encoded words (RFC 2047): what is shown is UTF-8 without controls; it is encoded to words of at most 75 characters that stand alone, and
// comes back; a limit on words leaves the rest as it stands; a second reading changes nothing that a person could see twice.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/text.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto shown = mail::decode_words(text);
  require(is_utf8(shown));
  for (const char c : shown) require(static_cast<unsigned char>(c) >= 0x20 || c == '\t');
  require(is_utf8(mail::decode_words(text, 1)));
  const auto encoded = mail::encode_words(shown);
  require(mail::decode_words(encoded, 1'000'000) == shown);
  if (encoded != shown) {
    for (const auto word : split(encoded, ' ')) require(word.size() <= 75 && word.starts_with("=?") && word.ends_with("?="));
  }
  return 0;
}
