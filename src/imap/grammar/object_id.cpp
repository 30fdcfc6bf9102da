// imap/grammar/object_id.cpp - see object_id.h.
#include "imap/grammar/object_id.h"

#include <fmt/format.h>

namespace posthorn::imap {

namespace {

// Only the spelling that object_id() writes: lower case, no leading zero.
std::optional<std::uint64_t> value_of(std::string_view text, char kind) {
  if (text.size() < 2 || text.size() > 17 || text[0] != kind || (text[1] == '0' && text.size() > 2)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9')
      value = value << 4 | static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    else
      return std::nullopt;
  }
  return value;
}

bool is_object_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string object_id(EmailId id) {
  return fmt::format("M{:x}", number(id));
}
std::string object_id(ThreadId id) {
  return fmt::format("T{:x}", number(id));
}
std::string object_id(MailboxId id) {
  return fmt::format("F{:x}", number(id));
}

std::optional<EmailId> email_id_of(std::string_view text) {
  const auto value = value_of(text, 'M');
  if (!value) return std::nullopt;
  return EmailId{*value};
}

std::optional<ThreadId> thread_id_of(std::string_view text) {
  const auto value = value_of(text, 'T');
  if (!value) return std::nullopt;
  return ThreadId{*value};
}

std::optional<std::string_view> take_object_id(Cursor& in) {
  const auto start = in.position();
  const auto id = in.take_while(is_object_id_char);
  if (!id.empty() && id.size() <= 255) return id;
  in.seek(start);
  return std::nullopt;
}

}  // namespace posthorn::imap
