// Quota/get (RFC 9425 section 4.2) and Quota/changes (4.3). What is read is two rows of the account, so both are answered at once.
#include <algorithm>
#include <boost/json/array.hpp>

#include "base/cursor.h"
#include "base/text.h"
#include "jmap/quota/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::string_view properties[] = {"id", "resourceType", "used", "hardLimit", "scope", "name", "types", "warnLimit", "softLimit", "description"};

std::optional<std::pair<std::uint64_t, std::uint64_t>> limit_and_used(std::string_view state) {
  Cursor in(state);
  const auto limit = in.take_number();
  if (!limit || !in.take('-')) return std::nullopt;
  const auto used = in.take_number();
  if (!used || !in.done()) return std::nullopt;
  return std::pair(*limit, *used);
}

json::object only(json::object quota, const std::vector<std::string>& wanted) {
  json::object out{{"id", quota_id}};
  for (const auto& name : wanted) out[name] = quota[name];
  return out;
}

}  // namespace

Task<Answer> quota_get(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  auto request = read_get(call, arguments);
  if (!request) co_return std::unexpected(request.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  if (request->properties)
    for (const auto& name : *request->properties)
      if (std::ranges::find(properties, name) == std::end(properties)) co_return method_fail("invalidArguments", "properties: a quota has no property " + printable(name, 100));
  const auto account = call.services.store.view(call.account()).account();
  if (!account) co_return std::unexpected(method_error(account.error()));
  auto quota = quota_json(*account);
  json::array list;
  std::vector<std::string> not_found;
  const auto ids = request->ids.value_or(std::vector<std::string>{std::string(quota_id)});
  for (const auto& id : ids) {
    if (quota && id == quota_id) list.push_back(request->properties ? only(*quota, *request->properties) : *quota);
    else if (request->ids) not_found.push_back(id);
  }
  co_return get_answer(call, quota_state(*account), std::move(list), not_found);
}

Task<Answer> quota_changes(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  const auto request = read_changes(arguments);
  if (!request) co_return std::unexpected(request.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  const auto before = limit_and_used(request->since_state);
  if (!before) co_return method_fail("cannotCalculateChanges", "This is no state of quotas; get them anew.");
  const auto account = call.services.store.view(call.account()).account();
  if (!account) co_return std::unexpected(method_error(account.error()));
  json::array created, updated, destroyed;
  const bool was = before->first != 0, is = account->quota_bytes != 0;
  if (is && !was) created.emplace_back(quota_id);
  if (was && !is) destroyed.emplace_back(quota_id);
  if (was && is && quota_state(*account) != request->since_state) updated.emplace_back(quota_id);
  // rfc:9425#4.3 told only when nothing else has changed.
  const bool only_used = !updated.empty() && before->first == account->quota_bytes;
  co_return json::object{{"accountId", account_text(call.account())}, {"oldState", request->since_state}, {"newState", quota_state(*account)}, {"hasMoreChanges", false},
                         {"updatedProperties", only_used ? json::value(json::array{"used"}) : json::value(nullptr)},
                         {"created", std::move(created)}, {"updated", std::move(updated)}, {"destroyed", std::move(destroyed)}};
}

}  // namespace posthorn::jmap
