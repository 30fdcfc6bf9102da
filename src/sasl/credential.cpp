#include "sasl/credential.h"

#include "base/text.h"

namespace posthorn::sasl {

bool is_credential(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    // C1 is U+0080 to U+009F: C2 80 to C2 9F. C2 is never a continuation byte, and is_utf8() made sure of the one that follows.
    if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace posthorn::sasl
