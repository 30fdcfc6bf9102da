// imap/grammar/mailbox_name.cpp - see mailbox_name.h.
#include "imap/grammar/mailbox_name.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/utf8.h>

#include "base/text.h"

namespace posthorn::imap {

namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7e;
}

// Appends one code point, already known to be a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t point) {
  char bytes[U8_MAX_LENGTH] = {};
  int size = 0;
  U8_APPEND_UNSAFE(bytes, size, static_cast<UChar32>(point));
  out.append(bytes, static_cast<std::size_t>(size));
}

// The UTF-16 units between '&' and '-'; false if the base64 is bad or the surrogates do not pair.
bool decode_shift(std::string_view letters, std::string& out) {
  std::uint32_t bits = 0, count = 0, high = 0;
  for (const char letter : letters) {
    const auto value = base64_letters.find(letter);
    if (value == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    const std::uint32_t unit = bits >> count & 0xffff;
    bits &= (1u << count) - 1;
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (low != (high != 0)) return false;
    if (low) {
      append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      high = 0;
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
      high = unit;
    } else {
      append_utf8(out, unit);
    }
  }
  return high == 0 && bits == 0 && count < 6;
}

struct Shift {
  std::string* out;
  std::uint32_t bits = 0, count = 0;
  void unit(std::uint32_t value) {
    bits = bits << 16 | value;
    count += 16;
    for (; count >= 6; count -= 6) *out += base64_letters[bits >> (count - 6) & 63];
    bits &= (1u << count) - 1;
  }
  void end() {
    if (count > 0) *out += base64_letters[bits << (6 - count) & 63];
    *out += '-';
  }
};

Result<std::string> nfc(const std::string& name) {
  if (is_ascii(name)) return name;
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFCInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(status)) normalizer->normalizeUTF8(0, name, sink, nullptr, status);
  if (U_FAILURE(status)) return fail(Errc::invalid, "Mailbox name cannot be normalised");
  return out;
}

// Length and characters; after normalising, which may lengthen a name.
Status check_text(std::string_view name, const NameLimits& limits) {
  std::size_t characters = 0;
  int32_t at = 0;
  const auto size = static_cast<int32_t>(name.size());
  while (at < size) {
    UChar32 c = 0;
    U8_NEXT(name.data(), at, size, c);
    ++characters;
    // rfc:9051#5.1, rfc:5198#2: neither controls nor the line separators.
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029)
      return fail(Errc::invalid, "Mailbox name holds a control character");
  }
  if (name.size() > limits.bytes || characters > limits.characters) return fail(Errc::too_big, "Mailbox name is too long");
  return {};
}

Result<std::string> decoded(std::string_view text, NameForm form, const NameLimits& limits) {
  if (text.size() > 4 * limits.bytes) return fail(Errc::too_big, "Mailbox name is too long");
  std::string plain(text);
  if (form == NameForm::modified_utf7) {
    auto unshifted = decode_utf7(text);
    if (!unshifted) return fail(Errc::invalid, "Mailbox name is not valid modified UTF-7");
    plain = std::move(*unshifted);
  }
  if (!is_utf8(plain)) return fail(Errc::invalid, "Mailbox name is not valid UTF-8");
  TRY_ASSIGN(auto name, nfc(plain));
  TRY(check_text(name, limits));
  return name;
}

}  // namespace

std::string encode_utf7(std::string_view utf8) {
  std::string out;
  int32_t at = 0;
  const auto size = static_cast<int32_t>(utf8.size());
  while (at < size) {
    const char c = utf8[static_cast<std::size_t>(at)];
    if (is_printable(c)) {
      out += c;
      if (c == '&') out += '-';
      ++at;
      continue;
    }
    out += '&';
    Shift shift{&out};
    while (at < size && !is_printable(utf8[static_cast<std::size_t>(at)])) {
      UChar32 point = 0;
      U8_NEXT_OR_FFFD(utf8.data(), at, size, point);
      if (point > 0xffff) shift.unit(static_cast<std::uint32_t>(U16_LEAD(point)));
      shift.unit(static_cast<std::uint32_t>(point > 0xffff ? U16_TRAIL(point) : point));
    }
    shift.end();
  }
  return out;
}

std::optional<std::string> decode_utf7(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      if (!is_printable(text[at])) return std::nullopt;
      out += text[at++];
      continue;
    }
    const auto end = text.find('-', at);
    if (end == std::string_view::npos) return std::nullopt;
    if (end == at + 1)
      out += '&';
    else if (!decode_shift(text.substr(at + 1, end - at - 1), out))
      return std::nullopt;
    at = end + 1;
  }
  if (encode_utf7(out) != text) return std::nullopt;  // shifted ASCII, two shifts in a row
  return out;
}

Result<std::string> pattern_from_wire(std::string_view text, NameForm form, const NameLimits& limits) {
  return decoded(text, form, limits);
}

Result<std::string> mailbox_from_wire(std::string_view text, NameForm form, const NameLimits& limits) {
  TRY_ASSIGN(auto name, decoded(text, form, limits));
  if (name.size() > 1 && name.back() == hierarchy_delimiter) name.pop_back();
  const auto components = split(name, hierarchy_delimiter);
  if (components.size() > limits.depth) return fail(Errc::too_big, "Mailbox name has too many levels");
  for (const auto component : components) {
    if (component.empty()) return fail(Errc::invalid, "Mailbox name has an empty level");
    if (component == "." || component == "..") return fail(Errc::invalid, "Mailbox name has a level of only dots");
  }
  // rfc:9051#5.1: INBOX is one mailbox however it is written; we hold the same for the root of its children.
  if (equal_icase(components.front(), "INBOX")) name.replace(0, 5, "INBOX");
  return name;
}

std::string mailbox_to_wire(std::string_view name, NameForm form) {
  return form == NameForm::utf8 ? std::string(name) : encode_utf7(name);
}

}  // namespace posthorn::imap
