// Subjects without the tags that lists and filters put before them.
#include "trust/altered/subject_guesses.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/text.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t longest_tag = 80, most_tags = 3;
constexpr std::array<std::string_view, 14> words = {
    "fwd:",           "fw:",      "wg:",   "tr:",       "re:",         "aw:",      "***spam***",
    "*****spam*****", "**spam**", "spam:", "external:", "[external]:", "caution:", "{spam?}"};

// White space at the end stays: simple canonicalisation counts it.
std::string_view behind_space(std::string_view text) {
  while (!text.empty() && dkim::is_fws(text.front())) text.remove_prefix(1);
  return text;
}

// The length of a tag at the beginning: "[...]", "{...}", or one of the words; 0: none.
std::size_t tag_length(std::string_view text) {
  for (const auto word : words)
    if (text.size() > word.size() && equal_icase(text.substr(0, word.size()), word)) return word.size();
  if (text.empty() || std::string_view("[{(").find(text[0]) == std::string_view::npos) return 0;
  const char closing = text[0] == '[' ? ']' : text[0] == '{' ? '}' : ')';
  const auto end = text.find(closing);
  if (end == text.npos || end > longest_tag) return 0;
  const bool colon = end + 1 < text.size() && text[end + 1] == ':';
  return end + 1 + (colon ? 1 : 0);
}

bool is_reply(std::string_view text) {
  return text.size() > 3 && equal_icase(text.substr(0, 3), "re:");
}

void strip_raw(std::string_view text, std::vector<std::string>& out) {
  auto rest = text;
  for (std::size_t i = 0; i < most_tags; ++i) {
    const auto length = tag_length(rest);
    if (length == 0) break;
    rest = behind_space(rest.substr(length));
    out.emplace_back(rest);
    // "[list] Re: x" may stand for "Re: [list] x" of somebody who answered.
    if (is_reply(rest))
      out.push_back("Re: " + std::string(text.substr(0, length)) + " " + std::string(behind_space(rest.substr(3))));
  }
  // "Re: [list] x" for "Re: x".
  if (!is_reply(text)) return;
  const auto behind = behind_space(text.substr(3));
  if (const auto length = tag_length(behind); length > 0)
    out.push_back(std::string(text.substr(0, 3)) + " " + std::string(behind_space(behind.substr(length))));
}

// The tag is an encoded word of its own, or was encoded together with the text (RFC 2047).
void strip_encoded(std::string_view text, std::vector<std::string>& out) {
  if (!text.starts_with("=?")) return;
  const auto end = text.find("?=", std::min(text.size(), text.find('?', text.find('?', 2) + 1) + 3));
  if (end == text.npos) return;
  const auto first = trim(mail::decode_words(text.substr(0, end + 2)));
  const auto rest = behind_space(text.substr(end + 2));
  if (tag_length(first) == first.size() && !rest.empty()) out.emplace_back(rest);
  std::vector<std::string> decoded;
  const auto all = mail::decode_words(text);
  strip_raw(trim(all), decoded);
  for (const auto& one : decoded) {
    out.push_back(mail::encode_words(one));
    out.push_back("=?utf-8?b?" + base64_encode(one) + "?=");
    out.push_back("=?UTF-8?B?" + base64_encode(one) + "?=");
  }
}

}  // namespace

std::vector<std::string> subject_guesses(std::string_view value) {
  std::vector<std::string> out;
  const auto text = behind_space(value);
  strip_raw(text, out);
  strip_encoded(text, out);
  return out;
}

}  // namespace posthorn::trust::altered
