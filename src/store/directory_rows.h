// store/directory_rows.h - rows of the directory: domains, addresses, aliases, and what the node remembers. Inside the store only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/engine/engine.h"

namespace posthorn::store {

// Local-parts are compared without case here, as every mailbox provider does (RFC 5321 2.4 leaves it to the receiver).
std::string canonical(std::string_view address);
std::string_view domain_of(std::string_view address);

std::unexpected<Error> no_account(const std::string& address);
Result<std::optional<AccountId>> find_account(const Reader& reader, std::string_view address);
Result<std::optional<std::vector<std::string>>> find_alias(const Reader& reader, std::string_view alias);
Result<bool> is_domain(const Reader& reader, std::string_view domain);
Status need_domain(const Reader& reader, std::string_view address);

// All UIDVALIDITYs of removed accounts are below this.
inline constexpr std::string_view uidvalidity_floor_key = "uidvalidity floor";
Result<std::uint32_t> uidvalidity_floor(const Reader& reader);

}  // namespace posthorn::store
