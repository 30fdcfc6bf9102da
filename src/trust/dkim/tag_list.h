// trust/dkim/tag_list.h - the tag=value lists of DKIM and ARC fields and of key records (RFC 6376 3.2). Internal to src/trust.
// Pure. Security: text of strangers; one pass, at most `most_tags` tags, views into the given text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::trust::dkim {

struct Tag {
  std::string_view name;    // as written: names are case-sensitive
  std::string_view value;   // without surrounding white space and folds
  std::size_t begin = 0, end = 0;  // where the value stands in the text, with its surrounding white space
};

struct TagList {
  std::vector<Tag> tags;
  // Of names of one letter, as nearly all are: the place in `tags`, plus one.
  std::array<std::uint8_t, 64> letters{};
  const Tag* find(std::string_view name) const;
};

// Refused: no "=", a bad name, a name twice, an empty tag between two ";", bytes that are no text.
::posthorn::Result<TagList> parse_tag_list(std::string_view text);

constexpr bool is_fws(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
std::string_view trim_fws(std::string_view text);
std::string without_fws(std::string_view text);
// base64string of rfc:6376#2.10: white space anywhere; missing padding is forgiven, other bytes are not.
std::optional<std::string> tag_base64(std::string_view value);
// Colon-separated, each without white space around; "" gives one empty item.
std::vector<std::string_view> colon_list(std::string_view value);
bool has_item(const std::vector<std::string_view>& items, std::string_view item);
// A number of digits only that fits 64 bits; more digits than that give the greatest.
std::optional<std::uint64_t> tag_number(std::string_view value);
// dkim-quoted-printable (rfc:6376#2.11) undone. Nothing: a "=" without two upper-case hexadecimal digits.
std::optional<std::string> unquoted(std::string_view value);

}  // namespace posthorn::trust::dkim
