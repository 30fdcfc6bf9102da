#include "crypto/public_key_der.h"

#include "base/cursor.h"

namespace posthorn::crypto {
namespace {

constexpr char sequence = 0x30, integer = 0x02, bit_string = 0x03;

// The content of the element with this tag.
std::optional<std::string_view> take_element(Cursor& at, char tag) {
  if (!at.take(tag)) return std::nullopt;
  const auto first = at.next();
  if (!first) return std::nullopt;
  std::size_t length = static_cast<unsigned char>(*first);
  if (length >= 0x80) {
    const std::size_t octets = length - 0x80;
    if (octets < 1 || octets > 2) return std::nullopt;  // 64 KiB are more than any key
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      const auto next = at.next();
      if (!next) return std::nullopt;
      length = length << 8U | static_cast<unsigned char>(*next);
    }
    if (length < 0x80 || (octets == 2 && length < 0x100)) return std::nullopt;  // DER: the shortest form
  }
  return at.take(length);
}

// A positive INTEGER without its sign octet.
std::optional<std::string_view> take_positive(Cursor& at) {
  auto content = take_element(at, integer);
  if (!content || content->empty() || static_cast<unsigned char>(content->front()) >= 0x80) return std::nullopt;
  if (content->front() == 0) content->remove_prefix(1);
  if (content->empty() || content->front() == 0) return std::nullopt;
  return content;
}

std::optional<RsaNumbers> take_numbers(std::string_view der) {
  Cursor outer(der);
  const auto inside = take_element(outer, sequence);
  if (!inside || !outer.done()) return std::nullopt;
  Cursor at(*inside);
  const auto modulus = take_positive(at);
  const auto exponent = modulus ? take_positive(at) : std::nullopt;
  if (!exponent || !at.done()) return std::nullopt;
  return RsaNumbers{*modulus, *exponent};
}

}  // namespace

std::optional<RsaNumbers> read_rsa_public_key(std::string_view der) {
  // rsaEncryption 1.2.840.113549.1.1.1 with NULL parameters; some writers leave the NULL out.
  constexpr std::string_view oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 11);
  constexpr std::string_view null("\x05\x00", 2);
  if (const auto bare = take_numbers(der)) return bare;
  Cursor outer(der);
  const auto inside = take_element(outer, sequence);
  if (!inside || !outer.done()) return std::nullopt;
  Cursor at(*inside);
  const auto algorithm = take_element(at, sequence);
  if (!algorithm || !algorithm->starts_with(oid)) return std::nullopt;
  if (const auto parameters = algorithm->substr(oid.size()); !parameters.empty() && parameters != null) return std::nullopt;
  const auto bits = take_element(at, bit_string);
  if (!bits || !at.done() || !bits->starts_with('\0')) return std::nullopt;
  return take_numbers(bits->substr(1));
}

}  // namespace posthorn::crypto
