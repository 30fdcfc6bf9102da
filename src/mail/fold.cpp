// mail/fold.cpp - see fold.h.
#include "mail/fold.h"

#include <string.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include "base/text.h"

namespace posthorn::mail {

std::string folded(std::string_view utf8) {
  if (is_ascii(utf8)) return to_lower(utf8);
  UErrorCode status = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string out;
  // ICU counts in 32 bits; 1 GiB of text is more than any message has (rfc:7889's limit is far below).
  utf8 = utf8.substr(0, 1u << 30);
  icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(utf8.size()));
  if (U_SUCCESS(status)) fold->normalizeUTF8(0, {utf8.data(), static_cast<int32_t>(utf8.size())}, sink, nullptr, status);
  return U_SUCCESS(status) ? out : to_lower(utf8);
}

// glibc's memmem is the two-way algorithm; std::string_view::find is quadratic for "aaaa...b".
bool contains(std::string_view text, std::string_view part) {
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

}  // namespace posthorn::mail
