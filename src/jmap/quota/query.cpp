// Quota/query (RFC 9425 section 4.4) and Quota/queryChanges (4.5) over the one quota that there may be.
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

#include "base/text.h"
#include "jmap/mail/listed.h"
#include "jmap/quota/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 2> sort_properties = {"name", "used"};

Status check(const json::object& condition) {
  for (const auto& [name, value] : condition) {
    if (name != "name" && name != "scope" && name != "resourceType" && name != "type") return fail(Errc::unsupported, "quotas have no condition \"" + printable(name, 100) + "\"");
    if (!value.is_string()) return fail(Errc::invalid, std::string(name) + " must be a string");
  }
  return {};
}

bool matches(const json::object& quota, const json::object& condition) {
  return std::ranges::all_of(condition, [&quota](const auto& entry) {
    const std::string_view name = entry.key(), text = entry.value().get_string();
    if (name == "name") return contains_icase(quota.at("name").get_string(), text);
    if (name == "type") return std::ranges::any_of(quota.at("types").get_array(), [text](const json::value& one) { return std::string_view(one.get_string()) == text; });
    return std::string_view(quota.at(name).get_string()) == text;
  });
}

Answer query(const Call& call, Arguments arguments) {
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto filter, read_conditions(arguments, check));
  JMAP_CHECK(read_sort(arguments, sort_properties));
  JMAP_TRY(const auto window, read_window(arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_TRY(const auto account, call.services.store.view(call.account()).account());
  const auto quota = quota_json(account);
  std::vector<std::string> ids;
  if (quota && filter.matches([&quota](const json::object& condition) { return matches(*quota, condition); })) ids.emplace_back(quota_id);
  return query_answer(call, window, ids, quota_state(account), false);
}

// rfc:8620#5.6 a server may always say that it cannot; there is one quota to query anew.
Answer query_changes(Arguments arguments) {
  JMAP_CHECK(arguments.account());
  return method_fail("cannotCalculateChanges", "Query the quotas anew.");
}

}  // namespace

Task<Answer> quota_query(Call& call, json::object given) { co_return query(call, Arguments(call, std::move(given))); }
Task<Answer> quota_query_changes(Call& call, json::object given) { co_return query_changes(Arguments(call, std::move(given))); }

}  // namespace posthorn::jmap
