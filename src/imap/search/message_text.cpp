// imap/search/message_text.cpp - see message_text.h.
#include "imap/search/message_text.h"

#include <algorithm>

#include "base/text.h"
#include "mail/fold.h"
#include "mail/text.h"

namespace posthorn::imap {

namespace {

// Of one HTML part: what is behind that was not written for reading.
constexpr std::size_t longest_html_text = 16u << 20;

std::string header_text(const mail::Part& part) {
  std::string text;
  for (const auto& field : part.fields)
    text.append(field.name).append(": ").append(mail::decode_words(mail::unfolded(field.value))).append("\n");
  return text;
}

bool has_text(const mail::Part& part) {
  return part.type == "text" || (part.type == "multipart" && part.children.empty());
}

}  // namespace

const mail::Message& MessageText::parsed() {
  if (!parsed_) parsed_ = mail::parse(bytes_);
  return *parsed_;
}

bool MessageText::matches(std::size_t key) {
  if (program_.keys[key].test == SearchTest::header) return header_matches(program_.keys[key]);
  if (!looked_) look_everywhere();
  return std::find(found_.begin(), found_.end(), key) != found_.end();
}

// rfc:9051#6.4.4 HEADER: an empty string asks only whether there is such a field.
bool MessageText::header_matches(const SearchKey& key) {
  return std::ranges::any_of(parsed().root().fields, [&](const mail::HeaderField& field) {
    return equal_icase(trim(field.name), key.name) && mail::contains(mail::folded(mail::decode_words(mail::unfolded(field.value))), key.text);
  });
}

// BODY looks into text parts, TEXT also into header fields, those of parts and embedded messages included (rfc:9051#6.4.4).
void MessageText::look_everywhere() {
  looked_ = true;
  bool any_text = false;
  for (std::size_t i = 0; i < program_.keys.size(); ++i) {
    const auto& key = program_.keys[i];
    if (key.test != SearchTest::body && key.test != SearchTest::text) continue;
    (key.text.empty() ? found_ : open_).push_back(i);
    any_text |= key.test == SearchTest::text;
  }
  for (const auto& part : parsed().parts) {
    if (open_.empty()) return;
    if (any_text) look_in(mail::folded(header_text(part)), true);
    if (!has_text(part)) continue;
    auto text = mail::text_of(parsed(), part);
    if (part.subtype == "html") text = mail::html_to_text(text, longest_html_text);
    look_in(mail::folded(text), false);
  }
}

void MessageText::look_in(std::string_view folded_text, bool is_header) {
  std::erase_if(open_, [&](std::size_t i) {
    const auto& key = program_.keys[i];
    if ((is_header && key.test == SearchTest::body) || !mail::contains(folded_text, key.text)) return false;
    found_.push_back(i);
    return true;
  });
}

}  // namespace posthorn::imap
