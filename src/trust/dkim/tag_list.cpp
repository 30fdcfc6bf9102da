#include "trust/dkim/tag_list.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/cursor.h"
#include "base/scan.h"
#include "base/text.h"

namespace posthorn::trust::dkim {
namespace {

constexpr std::size_t most_tags = 64;
constexpr std::size_t usual_tags = 12;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// rfc:6376#3.2: ALPHA *ALNUMPUNC
bool is_tag_name(std::string_view name) {
  return !name.empty() && is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

// What a byte may be in a list. Values hold VALCHAR and FWS, and UTF-8 by rfc:8616#5.
enum ByteKind : std::uint8_t { plain = 0, separator = 1, control = 2, high = 4 };
constexpr auto byte_kinds = [] {
  std::array<std::uint8_t, 256> out{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const bool bad = (byte <= 0x20 && !is_fws(static_cast<char>(byte))) || byte == 0x7f;
    out[byte] = bad ? control : byte >= 0x80 ? high : byte == ';' ? separator : plain;
  }
  return out;
}();

// Nothing but separators and plain bytes, as in nearly all fields.
bool is_all_plain(std::string_view text) {
  std::size_t at = 0;
  auto odd = Bytes16{} != Bytes16{};
  for (; at + 16 <= text.size(); at += 16) {
    Bytes16 c;
    std::memcpy(&c, text.data() + at, 16);
    odd |= ((c < 0x20) & (c != '\t') & (c != '\r') & (c != '\n')) | (c >= 0x7f);
  }
  const auto words = words_of(odd);
  bool plain_rest = true;
  for (; at < text.size(); ++at) plain_rest &= (byte_kinds[static_cast<unsigned char>(text[at])] & (control | high)) == 0;
  return plain_rest && (words[0] | words[1]) == 0;
}

// The end of the tag that begins at `at`, and what kinds of bytes it holds; looks at each byte once.
std::size_t tag_end(std::string_view text, std::size_t at, unsigned& kinds) {
  kinds = 0;
  for (; at < text.size(); ++at) {
    const auto kind = byte_kinds[static_cast<unsigned char>(text[at])];
    if (kind == separator) return at;
    kinds |= kind;
  }
  return at;
}

// Upper and lower case letters differ in their low six bits.
std::size_t letter_place(char c) { return static_cast<unsigned char>(c) & 63U; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

const Tag* TagList::find(std::string_view name) const {
  if (name.size() == 1) {
    const std::size_t place = letters[letter_place(name.front())];
    return place == 0 ? nullptr : &tags[place - 1];
  }
  for (const auto& tag : tags)
    if (tag.name.size() == name.size() && tag.name == name) return &tag;
  return nullptr;
}

::posthorn::Result<TagList> parse_tag_list(std::string_view text) {
  TagList list;
  list.tags.reserve(usual_tags);
  const bool all_plain = is_all_plain(text);
  std::size_t at = 0;
  while (true) {
    unsigned kinds = 0;
    const auto semicolon = all_plain ? std::min(text.find(';', at), text.size()) : tag_end(text, at, kinds);
    const auto tag = text.substr(at, semicolon - at);
    const bool last = semicolon == text.size();
    if (last && trim_fws(tag).empty() && !list.tags.empty()) return list;  // the ";" at the end
    const auto equals = tag.find('=');
    if (equals == tag.npos) return fail(Errc::invalid, "a tag without \"=\"");
    const auto name = trim_fws(tag.substr(0, equals));
    const auto value = trim_fws(tag.substr(equals + 1));
    if (!is_tag_name(name)) return fail(Errc::invalid, "a tag whose name is none");
    if ((kinds & control) != 0 || ((kinds & high) != 0 && !is_utf8(value))) return fail(Errc::invalid, "a tag with control characters or bad UTF-8");
    if (list.find(name)) return fail(Errc::invalid, "the tag " + std::string(name) + "= stands there twice");
    if (list.tags.size() == most_tags) return fail(Errc::too_big, "more than " + std::to_string(most_tags) + " tags");
    list.tags.push_back({name, value, at + equals + 1, semicolon});
    if (name.size() == 1) list.letters[letter_place(name.front())] = static_cast<std::uint8_t>(list.tags.size());
    if (last) return list;
    at = semicolon + 1;
  }
}

std::string_view trim_fws(std::string_view text) {
  while (!text.empty() && is_fws(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_fws(text.back())) text.remove_suffix(1);
  return text;
}

std::string without_fws(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  for (const char c : text) {
    out[size] = c;
    size += is_fws(c) ? 0 : 1;
  }
  out.resize(size);
  return out;
}

std::optional<std::string> tag_base64(std::string_view value) {
  auto out = base64_decode_folded(value);
  if (out && out->empty()) return std::nullopt;
  return out;
}

std::vector<std::string_view> colon_list(std::string_view value) {
  auto items = split(value, ':');
  for (auto& item : items) item = trim_fws(item);
  return items;
}

bool has_item(const std::vector<std::string_view>& items, std::string_view item) {
  return std::ranges::find(items, item) != items.end();
}

std::optional<std::uint64_t> tag_number(std::string_view value) {
  if (value.empty() || !std::ranges::all_of(value, is_digit)) return std::nullopt;
  return Cursor(value).take_number().value_or(UINT64_MAX);
}

std::optional<std::string> unquoted(std::string_view value) {
  std::string out;
  Cursor at(value);
  while (const auto c = at.next()) {
    if (is_fws(*c)) continue;
    if (*c != '=') {
      out += *c;
      continue;
    }
    const int high = hex_value(at.next().value_or('\0')), low = hex_value(at.next().value_or('\0'));
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace posthorn::trust::dkim
