#include <algorithm>
#include <boost/json/array.hpp>

#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/push/desk.h"
#include "jmap/push/methods.h"
#include "jmap/push/subscription.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr Method methods[] = {
    {"PushSubscription/get", "urn:ietf:params:jmap:core", push_get},
    {"PushSubscription/set", "urn:ietf:params:jmap:core", push_set},
};

// rfc:8620#7.2.1 url and keys are never told.
json::object tell(const Subscription& one, const std::optional<std::vector<std::string>>& properties) {
  json::object all{{"id", subscription_id(one.id)}, {"deviceClientId", one.device}, {"verificationCode", one.verified ? json::value(one.code) : json::value(nullptr)},
                   {"expires", utc_date(one.expires)}, {"types", one.types ? json::value(json::array(one.types->begin(), one.types->end())) : json::value(nullptr)}};
  if (!properties) return all;
  json::object out{{"id", all["id"]}};
  for (const auto& name : *properties) out[name] = all[name];
  return out;
}

}  // namespace

std::span<const Method> push_methods() { return methods; }

json::object vapid_capability(const Services& services) {
  return {{"applicationServerKey", services.push == nullptr ? json::value(nullptr) : json::value(services.push->application_key())}};
}

Task<Answer> push_get(Call& call, json::object given) {
  if (given.contains("accountId")) co_return method_fail("invalidArguments", "PushSubscription/get takes no accountId");
  Arguments arguments(call, std::move(given));
  auto ids = arguments.texts("ids"), properties = arguments.texts("properties");
  if (!ids) co_return std::unexpected(ids.error());
  if (!properties) co_return std::unexpected(properties.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  if (*ids && (*ids)->size() > call.services.limits.objects_in_get) co_return method_fail("requestTooLarge", "Too many ids at once.");
  if (*properties)
    for (const auto& name : **properties) {
      if (name == "url" || name == "keys") co_return method_fail("forbidden", "url and keys are not given out again");
      if (name != "id" && name != "deviceClientId" && name != "verificationCode" && name != "expires" && name != "types")
        co_return method_fail("invalidArguments", "properties: a push subscription has no property " + printable(name, 100));
    }
  auto all = subscriptions_of(call.services.store, call.services.keyring, call.account(), call.services.clock.now());
  if (!all) co_return std::unexpected(method_error(all.error()));
  std::erase_if(*all, [&call](const Subscription& one) { return !is_of(one, call); });
  json::array list, not_found;
  if (!*ids)
    for (const auto& one : *all) list.push_back(tell(one, *properties));
  else
    for (const auto& id : **ids) {
      const auto wanted = call.resolve(id).value_or(id);
      const auto found = std::ranges::find_if(*all, [&wanted](const Subscription& one) { return subscription_id(one.id) == wanted; });
      if (found == all->end()) not_found.emplace_back(id);
      else list.push_back(tell(*found, *properties));
    }
  co_return json::object{{"list", std::move(list)}, {"notFound", std::move(not_found)}};
}

}  // namespace posthorn::jmap
