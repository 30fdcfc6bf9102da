#include "imap/server/special_use.h"

#include "base/text.h"

namespace posthorn::imap {
namespace {

struct Row {
  store::Role role;
  std::string_view attribute;
};
// INBOX has no attribute: its name says it.
constexpr Row rows[] = {
    {store::Role::archive, "\\Archive"}, {store::Role::drafts, "\\Drafts"}, {store::Role::junk, "\\Junk"},
    {store::Role::sent, "\\Sent"},       {store::Role::trash, "\\Trash"},   {store::Role::all, "\\All"},
    {store::Role::flagged, "\\Flagged"}, {store::Role::important, "\\Important"},
};

}  // namespace

std::string_view attribute_of(store::Role role) {
  for (const auto& row : rows)
    if (row.role == role) return row.attribute;
  return {};
}

std::optional<store::Role> role_of(std::string_view attribute) {
  for (const auto& row : rows)
    if (equal_icase(row.attribute, attribute)) return row.role;
  return std::nullopt;
}

}  // namespace posthorn::imap
