#include "trust/altered/header_edits.h"

#include <algorithm>

#include "base/text.h"
#include "mail/text.h"
#include "trust/altered/field_guesses.h"

namespace posthorn::trust::altered {
namespace {

std::size_t offset_of(const mail::HeaderField& field, const mail::Message& message) {
  return static_cast<std::size_t>(field.whole.data() - message.bytes.data());
}

std::string shown(std::string_view value) {
  return printable(mail::decode_words(mail::unfolded(value)), 200);
}

std::string without_space(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return out;
}

void describe_subject(Edit& edit, const std::string& before, const std::string& now) {
  edit.kind = Kind::subject_changed;
  const auto at = now.rfind(before);
  edit.sentence = at != std::string::npos && at > 0 && !before.empty()
                      ? "the Subject got \"" + std::string(trim(now.substr(0, at))) + "\" before it"
                      : "the Subject was changed from \"" + before + "\"";
}

Edit changed_field(const mail::HeaderField& field, const std::string& whole_before) {
  Edit edit;
  edit.where = printable(field.name, 100);
  const auto value = std::string_view(whole_before).substr(std::min(whole_before.size(), whole_before.find(':') + 1));
  const auto before = shown(value), now = shown(field.value);
  if (without_space(value) == without_space(field.value)) {
    edit.kind = Kind::field_refolded;
    edit.sentence = edit.where + " was written on other lines or with other white space";
  } else if (equal_icase(field.name, "subject")) {
    describe_subject(edit, before, now);
  } else if (equal_icase(field.name, "from")) {
    edit.kind = Kind::from_rewritten;
    edit.sentence = "From was rewritten; it was " + before;
  } else {
    auto old_list = split_addresses(value), new_list = split_addresses(field.value);
    std::ranges::sort(old_list);
    std::ranges::sort(new_list);
    edit.kind = old_list == new_list ? Kind::addresses_reordered : Kind::field_changed;
    edit.sentence = old_list == new_list ? "the addresses of " + edit.where + " were put in another order"
                                         : edit.where + " was changed; it was " + before;
  }
  return edit;
}

Edit added_field(const mail::HeaderField& field, const mail::Message& received) {
  Edit edit;
  edit.kind = Kind::field_added;
  edit.where = printable(field.name, 100);
  const auto same =
      std::ranges::count_if(received.root().fields, [&](const auto& one) { return equal_icase(one.name, field.name); });
  edit.sentence = same > 1 ? "one " + edit.where + " more was added" : edit.where + " was added";
  return edit;
}

}  // namespace

std::string apply(const FieldChanges& changes, const mail::Message& received) {
  const auto& root = received.root();
  const auto header = received.bytes.substr(0, root.body_begin);
  std::string out;
  out.reserve(header.size());
  std::size_t at = 0;
  for (const auto& [index, value] : changes.changed) {
    const auto& field = root.fields[index];
    const auto begin = offset_of(field, received);
    out += header.substr(at, begin - at);
    if (value) out += *value;
    at = begin + field.whole.size();
  }
  const auto rest = header.substr(at);
  const bool has_end = rest.ends_with("\r\n\r\n") || rest == "\r\n";
  const std::string_view end = has_end ? "\r\n" : rest.ends_with("\n\n") || rest == "\n" ? "\n" : "";
  out += rest.substr(0, rest.size() - end.size());
  for (const auto& lost : changes.lost) out += lost;
  out += end.empty() ? "\r\n" : end;
  return out;
}

std::vector<Edit> edits_of(const FieldChanges& changes, const mail::Message& received, std::size_t limit) {
  std::vector<Edit> out;
  for (const auto& [index, value] : changes.changed) {
    const auto& field = received.root().fields[index];
    auto edit = value ? changed_field(field, *value) : added_field(field, received);
    edit.first_line = line_count(received.bytes.substr(0, offset_of(field, received))) + 1;
    edit.last_line = edit.first_line + line_count(field.whole) - 1;
    if (value) edit.removed = excerpt(*value, limit);
    edit.added = excerpt(field.whole, limit);
    out.push_back(std::move(edit));
  }
  for (const auto& lost : changes.lost) {
    Edit edit;
    edit.kind = Kind::field_changed;
    edit.where = lost.substr(0, lost.find(':'));
    edit.removed = excerpt(lost, limit);
    edit.sentence = edit.where + " was taken away";
    out.push_back(std::move(edit));
  }
  return out;
}

}  // namespace posthorn::trust::altered
