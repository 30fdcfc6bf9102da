#include "store/object_id.h"

#include <fmt/format.h>

namespace posthorn::store {
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

}  // namespace

std::string object_id(EmailId id) { return fmt::format("M{:x}", number(id)); }
std::string object_id(ThreadId id) { return fmt::format("T{:x}", number(id)); }
std::string object_id(MailboxId id) { return fmt::format("F{:x}", number(id)); }
std::string object_id(ObjectId id) { return fmt::format("O{:x}", number(id)); }

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

std::optional<MailboxId> mailbox_id_of(std::string_view text) {
  const auto value = value_of(text, 'F');
  if (!value || *value > UINT32_MAX) return std::nullopt;
  return MailboxId{static_cast<std::uint32_t>(*value)};
}

std::optional<ObjectId> object_id_of(std::string_view text) {
  const auto value = value_of(text, 'O');
  if (!value) return std::nullopt;
  return ObjectId{*value};
}

}  // namespace posthorn::store
