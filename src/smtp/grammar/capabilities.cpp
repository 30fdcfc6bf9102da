#include "smtp/grammar/capabilities.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::smtp {

bool Capabilities::has(std::string_view keyword) const { return keywords.contains(to_upper(keyword)); }

bool Capabilities::has(std::string_view keyword, std::string_view word) const {
  const auto found = keywords.find(to_upper(keyword));
  if (found == keywords.end()) return false;
  const auto words = split(found->second, ' ');
  return std::any_of(words.begin(), words.end(), [word](std::string_view one) { return equal_icase(one, word); });
}

std::uint64_t Capabilities::size() const {
  const auto found = keywords.find("SIZE");
  if (found == keywords.end()) return 0;
  return Cursor(found->second).take_number().value_or(0);
}

std::optional<std::uint64_t> Capabilities::limit(std::string_view name) const {
  const auto found = keywords.find("LIMITS");
  if (found == keywords.end()) return std::nullopt;
  for (const auto word : split(found->second, ' ')) {
    Cursor in(word);
    if (!in.take_icase(name) || !in.take('=')) continue;
    const auto value = in.take_number(999'999);  // rfc:9422#4 at most six digits
    if (value && in.done() && *value > 0) return value;
  }
  return std::nullopt;
}

Capabilities parse_capabilities(const Reply& ehlo) {
  Capabilities capabilities;
  bool first = true;
  for (auto text : split(ehlo.text, '\n')) {
    if (std::exchange(first, false)) continue;
    text = trim(text);
    Cursor in(text);
    const auto keyword = in.take_while([](char c) {
      return (c >= '0' && c <= '9') || (Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z') || c == '-';
    });
    if (keyword.empty()) continue;
    // "AUTH=PLAIN" of old servers is read as "AUTH PLAIN".
    in.take('=');
    auto& parameters = capabilities.keywords[to_upper(keyword)];
    if (!parameters.empty()) parameters += ' ';
    parameters += trim(in.rest());
  }
  return capabilities;
}

}  // namespace posthorn::smtp
