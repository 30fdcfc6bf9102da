// mail/envelope.cpp - the envelope of a header block (RFC 9051 7.5.2) and the message-ids that make threads (RFC 5322 3.6.4).
#include <algorithm>

#include "base/text.h"
#include "mail/message_ids.h"
#include "mail/summary.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t longest_text = 64 * 1024, longest_address_field = 1024 * 1024;  // attacks.md 2G, D2

void take_text(std::optional<std::string>& into, const HeaderField& field) {
  if (!into) into = unfolded(field.value.substr(0, longest_text));
}

}  // namespace

Envelope envelope_of(const std::vector<HeaderField>& fields, std::size_t address_limit) {
  Envelope envelope;
  std::size_t left = address_limit;
  const auto add = [&left](std::vector<HeaderAddress>& into, const HeaderField& field) {
    if (left == 0) return;
    auto list = parse_address_list(unfolded(field.value.substr(0, longest_address_field)), left);
    left -= std::min(left, list.size());
    if (into.empty())
      into = std::move(list);
    else
      into.insert(into.end(), std::make_move_iterator(list.begin()), std::make_move_iterator(list.end()));
  };
  bool from = false, sender = false, reply_to = false;
  const auto add_first = [&add](bool& seen, std::vector<HeaderAddress>& into, const HeaderField& field) {
    if (!seen) add(into, field);
    seen = true;
  };
  for (const auto& field : fields) {
    const auto is = [&field](std::string_view name) { return equal_icase(field.name, name); };
    switch (field.name.size()) {
      case 2:
        if (is("to"))
          add(envelope.to, field);
        else if (is("cc"))
          add(envelope.cc, field);
        break;
      case 3:
        if (is("bcc")) add(envelope.bcc, field);
        break;
      case 4:
        if (is("from"))
          add_first(from, envelope.from, field);
        else if (is("date"))
          take_text(envelope.date, field);
        break;
      case 6:
        if (is("sender")) add_first(sender, envelope.sender, field);
        break;
      case 7:
        if (is("subject")) take_text(envelope.subject, field);
        break;
      case 8:
        if (is("reply-to")) add_first(reply_to, envelope.reply_to, field);
        break;
      case 10:
        if (is("message-id")) take_text(envelope.message_id, field);
        break;
      case 11:
        if (is("in-reply-to")) take_text(envelope.in_reply_to, field);
        break;
      default: break;
    }
  }
  return envelope;
}

std::size_t address_count(const Envelope& e) {
  return e.from.size() + e.sender.size() + e.reply_to.size() + e.to.size() + e.cc.size() + e.bcc.size();
}

std::vector<std::string_view> message_ids(std::string_view value) {
  constexpr std::size_t longest = 998;
  std::vector<std::string_view> ids;
  for (auto open = value.find('<'); open != value.npos; open = value.find('<', open + 1)) {
    const auto end = value.find_first_of("<>", open + 1);
    if (end == value.npos) break;
    const auto id = trim(value.substr(open + 1, end - open - 1));
    if (value[end] == '>' && !id.empty() && id.size() <= longest) ids.push_back(id);
    open = end - 1;
  }
  return ids;
}

std::string message_id_of(std::string_view value) {
  if (const auto ids = message_ids(value); !ids.empty()) return std::string(ids.front());
  // Some programs forget the brackets.
  const auto bare = trim(value);
  return bare.find_first_of(" \t<>") == bare.npos ? std::string(bare) : std::string();
}

std::vector<std::string> thread_references(std::string_view references, std::string_view in_reply_to) {
  auto ids = message_ids(references);
  for (const auto id : message_ids(in_reply_to))
    if (ids.empty() || ids.back() != id) ids.push_back(id);
  // The first is the thread's root and the last ones are the nearest: those in the middle can go.
  if (ids.size() > most_references) ids.erase(ids.begin() + 1, ids.end() - static_cast<std::ptrdiff_t>(most_references - 1));
  std::vector<std::string> unique;
  for (const auto id : ids)
    if (std::ranges::find(unique, id) == unique.end()) unique.emplace_back(id);
  return unique;
}

}  // namespace posthorn::mail
