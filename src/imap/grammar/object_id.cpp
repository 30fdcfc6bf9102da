// imap/grammar/object_id.cpp - see object_id.h.
#include "imap/grammar/object_id.h"

namespace posthorn::imap {

namespace {

bool is_object_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::optional<std::string_view> take_object_id(Cursor& in) {
  const auto start = in.position();
  const auto id = in.take_while(is_object_id_char);
  if (!id.empty() && id.size() <= 255) return id;
  in.seek(start);
  return std::nullopt;
}

}  // namespace posthorn::imap
