#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "dns/resolver.h"

namespace posthorn::dns {
namespace {

bool is_ldh_or_underscore(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string reverse_v4(const unsigned char* bytes) {
  std::string name;
  for (int i = 3; i >= 0; --i) name += std::to_string(bytes[i]) + ".";
  return name + "in-addr.arpa";
}

}  // namespace

// rfc:1035#2.3.4 labels of 1 to 63 octets, names of at most 255 on the wire, which is 253 as text.
template <class Accept>
bool has_labels_of(std::string_view name, Accept accept) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t length = 0;  // of the label so far
  for (const char c : name) {
    if (c == '.' ? length == 0 : !accept(c) || length == 63) return false;
    length = c == '.' ? 0 : length + 1;
  }
  return length != 0;
}

bool is_valid_name(std::string_view name) { return has_labels_of(name, is_ldh_or_underscore); }

// A backslash would begin an escape in the text form that libunbound takes (rfc:1035#5.1).
bool is_askable_name(std::string_view name) {
  return has_labels_of(name, [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
}

// rfc:1035#3.5 rfc:3596#2.5
std::string reverse_name(std::string_view address) {
  const std::string text(address);
  if (text.contains(char{0})) return {};  // inet_pton would stop there
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return reverse_v4(bytes.data());
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return {};
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return reverse_v4(bytes.data() + 12);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (int i = 15; i >= 0; --i) {
    const auto byte = bytes[static_cast<std::size_t>(i)];
    name += digits[byte & 15U];
    name += '.';
    name += digits[byte >> 4U];
    name += '.';
  }
  return name + "ip6.arpa";
}

}  // namespace posthorn::dns
