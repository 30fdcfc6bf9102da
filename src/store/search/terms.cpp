#include "store/search/terms.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/fold.h"
#include "mail/search_text.h"
#include "mail/words.h"

namespace posthorn::store::search {
namespace {

constexpr std::size_t longest_name = 100;
// Fields whose words people search for: lists, messages by their id, what servers said of the sender, the way a message came.
constexpr std::array<std::string_view, 7> kept_fields = {"list-id", "message-id", "in-reply-to", "authentication-results", "received", "reply-to", "sender"};

using Take = std::function<void(std::string_view)>;

void words_of(std::string_view text, std::string& term, const Take& take) {
  const auto folded = mail::folded(text);
  mail::Words words(folded);
  const auto prefix = term.size();
  while (const auto word = words.next()) {
    term.resize(prefix);
    term += *word;
    take(term);
  }
  term.resize(prefix);
}

void fields_of(const mail::Message& message, const Take& take) {
  for (const auto& field : message.root().fields) {
    const auto name = trim(field.name);
    if (const auto term = header_term(name); !term.empty()) take(term);
    if (auto term = header_word_term(name, ""); !term.empty()) words_of(mail::field_text(field), term, take);
  }
}

}  // namespace

std::string word_term(Field field, std::string_view word) {
  std::string out(1, static_cast<char>(field));
  out += word;
  return out;
}
std::string attachment_term() { return "a"; }

std::string header_term(std::string_view name) {
  if (name.size() > longest_name) return {};
  return "h" + to_lower(name);
}

std::string header_word_term(std::string_view name, std::string_view word) {
  const auto lower = to_lower(name.substr(0, longest_name));
  if (std::ranges::find(kept_fields, lower) == kept_fields.end()) return {};
  auto out = "v" + lower;
  out += '\0';
  out += word;
  return out;
}

void each_term(const mail::Summary& summary, const mail::Message* message, const Take& take) {
  if (summary.has_attachment) take(attachment_term());
  const auto& e = summary.envelope;
  const std::pair<Field, const std::vector<mail::HeaderAddress>*> lists[] = {{Field::from, &e.from}, {Field::to, &e.to}, {Field::cc, &e.cc}, {Field::bcc, &e.bcc}};
  for (const auto& [field, list] : lists) {
    auto term = word_term(field, "");
    words_of(mail::addresses_text(*list), term, take);
  }
  auto term = word_term(Field::subject, "");
  words_of(summary.subject, term, take);
  if (message == nullptr) return;
  fields_of(*message, take);
  term = word_term(Field::body, "");
  mail::each_body_text(*message, [&](std::string_view text) {
    words_of(text, term, take);
    return true;
  });
}

}  // namespace posthorn::store::search
