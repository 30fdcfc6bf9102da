#include "mail/search_text.h"

#include <algorithm>

#include "mail/text.h"

namespace posthorn::mail {

void each_body_text(const Message& message, const std::function<bool(std::string_view)>& take) {
  std::size_t left = searched_text;
  for (const auto& part : message.parts) {
    if (left == 0) return;
    if (part.type != "text" && !(part.type == "multipart" && part.children.empty())) continue;
    auto text = text_of(message, part);
    if (part.subtype == "html") text = html_to_text(text, left);
    const auto looked_at = std::string_view(text).substr(0, left);
    left -= looked_at.size();
    if (!take(looked_at)) return;
  }
}

std::string addresses_text(const std::vector<HeaderAddress>& addresses) {
  std::string text;
  for (const auto& one : addresses) {
    text += decode_words(one.name);
    text += ' ';
    text += one.local;
    if (!one.domain.empty()) text.append("@").append(one.domain);
    text += '\n';
  }
  return text;
}

std::string field_text(const HeaderField& field) { return decode_words(unfolded(field.value)); }

}  // namespace posthorn::mail
