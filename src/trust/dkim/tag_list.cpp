#include "trust/dkim/tag_list.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::trust::dkim {
namespace {

constexpr std::size_t most_tags = 64;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// rfc:6376#3.2: ALPHA *ALNUMPUNC
bool is_tag_name(std::string_view name) {
  return !name.empty() && is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

// VALCHAR and FWS, and UTF-8 by rfc:8616#5.
bool is_tag_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return is_fws(c) || (static_cast<unsigned char>(c) > 0x20 && c != 0x7f); }) &&
         is_utf8(value);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

const Tag* TagList::find(std::string_view name) const {
  const auto at = std::ranges::find(tags, name, &Tag::name);
  return at == tags.end() ? nullptr : &*at;
}

::posthorn::Result<TagList> parse_tag_list(std::string_view text) {
  TagList list;
  std::size_t at = 0;
  while (true) {
    const auto semicolon = std::min(text.find(';', at), text.size());
    const auto tag = text.substr(at, semicolon - at);
    const bool last = semicolon == text.size();
    if (last && trim_fws(tag).empty() && !list.tags.empty()) return list;  // the ";" at the end
    const auto equals = tag.find('=');
    if (equals == tag.npos) return fail(Errc::invalid, "a tag without \"=\"");
    const auto name = trim_fws(tag.substr(0, equals));
    const auto value = trim_fws(tag.substr(equals + 1));
    if (!is_tag_name(name)) return fail(Errc::invalid, "a tag whose name is none");
    if (!is_tag_value(value)) return fail(Errc::invalid, "a tag with control characters or bad UTF-8");
    if (list.find(name)) return fail(Errc::invalid, "the tag " + std::string(name) + "= stands there twice");
    if (list.tags.size() == most_tags) return fail(Errc::too_big, "more than " + std::to_string(most_tags) + " tags");
    list.tags.push_back({name, value, at + equals + 1, semicolon});
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
  std::string out(text);
  std::erase_if(out, is_fws);
  return out;
}

std::optional<std::string> tag_base64(std::string_view value) {
  std::string text = without_fws(value);
  if (text.empty()) return std::nullopt;
  if (!text.contains('=')) text.append((4 - text.size() % 4) % 4, '=');
  return base64_decode(text);
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
