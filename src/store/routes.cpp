// Aliases, and where mail for an address goes.
#include <algorithm>
#include <set>

#include "store/directory_rows.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t alias_depth = 8, alias_targets = 1000;
// What is remembered is small, whatever strangers ask for: a long address or a list of many is looked up each time.
constexpr std::size_t memo_limit = 128, memo_targets = 8;

// Follows one address; aliases put their targets on `work`.
struct Expansion {
  const Reader& reader;
  Route route;
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::size_t>> work;  // address, depth

  void add(AccountId account) {
    route.kind = Route::Kind::local;
    if (std::ranges::find(route.accounts, account) == route.accounts.end()) route.accounts.push_back(account);
  }
  void add_targets(const std::vector<std::string>& targets, std::size_t depth) {
    for (const auto& target : targets) work.emplace_back(target, depth + 1);
  }

  // True if the exact address is an account or alias.
  Result<bool> take_exact(const std::string& address, std::size_t depth) {
    TRY_ASSIGN(const auto account, find_account(reader, address));
    if (account) {
      add(*account);
      return true;
    }
    TRY_ASSIGN(const auto targets, find_alias(reader, address));
    if (targets) add_targets(*targets, depth);
    return targets.has_value();
  }

  Status take(const std::string& raw, std::size_t depth) {
    const auto address = canonical(raw);
    if (depth > alias_depth || !seen.insert(address).second || seen.size() > alias_targets) return {};
    const std::string domain(domain_of(address));
    TRY_ASSIGN(const bool ours, is_domain(reader, domain));
    if (!ours) {
      if (depth > 0) {
        route.kind = Route::Kind::local;
        route.forwards.push_back(raw);
      }
      return {};
    }
    if (depth == 0) route.kind = Route::Kind::unknown_user;
    TRY_ASSIGN(const bool exact, take_exact(address, depth));
    if (exact) return {};
    // rfc:5233#1 plus-addresses: alice+lists@example.org is alice's.
    const auto plus = address.find('+');
    if (plus != std::string::npos && plus > 0 && plus < address.size() - domain.size() - 1) {
      if (depth == 0) route.detail = address.substr(plus + 1, address.size() - domain.size() - 2 - plus);
      TRY_ASSIGN(const bool base, take_exact(address.substr(0, plus) + "@" + domain, depth));
      if (base) return {};
      route.detail.clear();
    }
    TRY_ASSIGN(const auto all, find_alias(reader, "@" + domain));
    if (all) add_targets(*all, depth);
    return {};
  }
};

Result<Route> expand(const Reader& reader, std::string_view address) {
  Expansion expansion{reader, {}, {}, {{std::string(address), 0}}};
  while (!expansion.work.empty()) {
    const auto [next, depth] = expansion.work.back();
    expansion.work.pop_back();
    TRY(expansion.take(next, depth));
  }
  return std::move(expansion.route);
}

}  // namespace

Task<Status> Store::set_alias(std::string alias, std::vector<std::string> targets) {
  alias = canonical(alias);
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto known, find_alias(tx, alias));
    if (targets.empty()) {
      if (!known) return fail(Errc::not_found, "there is no alias " + alias, "List them with: posthorn alias list");
      tx.erase(Space::name, key::alias(alias));
      return {};
    }
    TRY(need_domain(tx, alias));
    if (targets.size() > alias_targets) return fail(Errc::too_big, "an alias can go to at most 1000 addresses");
    TRY_ASSIGN(const auto account, find_account(tx, alias));
    if (account) return fail(Errc::exists, alias + " is an account already");
    tx.put(Space::name, key::alias(alias), encode_names(targets));
    return {};
  };
  co_return co_await transact(std::move(work));
}

Result<std::vector<std::pair<std::string, std::vector<std::string>>>> Store::aliases() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  Status bad;
  TRY(engine_.snapshot()->scan(Space::name, "l", "m", [&](std::string_view k, std::string_view value) {
    auto targets = decode_names(value);
    if (targets) out.emplace_back(std::string(k.substr(1)), std::move(*targets));
    else bad = fail(targets.error());
    return bad.has_value();
  }));
  TRY(bad);
  return out;
}

Result<Route> Store::route(std::string_view address) const {
  const auto count = engine_.commits_to(Space::name);
  if (!count || address.size() > memo_limit) return expand(*engine_.snapshot(), address);
  if (auto known = routes_.find(address, *count)) return std::move(*known);
  TRY_ASSIGN(auto found, expand(*engine_.snapshot(), address));
  if (found.accounts.size() + found.forwards.size() <= memo_targets) routes_.keep(address, *count, found);
  return found;
}

Result<bool> Store::has_room(AccountId account, std::uint64_t bytes) const {
  const auto count = engine_.commits_to(Space::account);
  const auto name = key::of(account);
  if (count && quotas_.find(name, *count) == std::uint64_t{0}) return true;
  TRY_ASSIGN(const auto info, view(account).account());
  if (count) quotas_.keep(name, *count, info.quota_bytes);
  return info.quota_bytes == 0 || info.used_bytes + bytes < info.quota_bytes;
}

Result<bool> Store::owns(AccountId account, std::string_view address) const {
  TRY_ASSIGN(const auto found, route(address));
  return found.kind == Route::Kind::local && found.forwards.empty() && found.accounts == std::vector<AccountId>{account};
}

}  // namespace posthorn::store
