// imap/server/special_use.h - mailbox roles as LIST and CREATE write them (RFC 6154, RFC 8457). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "store/types.h"

namespace posthorn::imap {

std::string_view attribute_of(store::Role role);  // "\Sent"; empty if the role has none
std::optional<store::Role> role_of(std::string_view attribute);  // without case

}  // namespace posthorn::imap
