#include "store/directory_rows.h"

#include "base/text.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {

std::string canonical(std::string_view address) { return to_lower(address); }

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

std::unexpected<Error> no_account(const std::string& address) {
  return fail(Errc::not_found, "there is no account " + address, "List them with: posthorn account list");
}

Result<std::optional<AccountId>> find_account(const Reader& reader, std::string_view address) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::address(canonical(address))));
  if (!bytes) return std::optional<AccountId>();
  TRY_ASSIGN(const auto id, decode_number(*bytes));
  return std::optional<AccountId>(AccountId{id});
}

Result<std::optional<std::vector<std::string>>> find_alias(const Reader& reader, std::string_view alias) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::alias(canonical(alias))));
  if (!bytes) return std::optional<std::vector<std::string>>();
  TRY_ASSIGN(auto targets, decode_names(*bytes));
  return std::optional<std::vector<std::string>>(std::move(targets));
}

Result<bool> is_domain(const Reader& reader, std::string_view domain) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::domain(domain)));
  return bytes.has_value();
}

Status need_domain(const Reader& reader, std::string_view address) {
  const std::string domain(domain_of(address));
  TRY_ASSIGN(const bool there, is_domain(reader, domain));
  if (!there) return fail(Errc::not_found, "the domain " + domain + " is not ours", "Add it first: posthorn domain add " + domain);
  return {};
}

Result<std::uint32_t> uidvalidity_floor(const Reader& reader) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::node, uidvalidity_floor_key));
  if (!bytes) return 0;
  TRY_ASSIGN(const auto floor, decode_number(*bytes));
  return static_cast<std::uint32_t>(floor);
}

}  // namespace posthorn::store
