#include <algorithm>
#include <boost/json/array.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/mail/email_json.h"
#include "jmap/push/desk.h"
#include "jmap/push/methods.h"
#include "jmap/push/subscription.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::size_t most_subscriptions = 20;             // of a user
constexpr std::size_t most_types = 50, most_text = 255;
constexpr auto longest = std::chrono::hours(24 * 14);      // rfc:8620#7.2 at least 48 hours must be possible

std::unexpected<SetError> wrong(std::string property, std::string description) {
  return std::unexpected<SetError>(SetError{"invalidProperties", std::move(description), {std::move(property)}, {}});
}
using Good = std::expected<void, SetError>;

// Null is as good as none: the longest. A time beyond the longest is cut (rfc:8620#7.2 the server may choose an earlier one).
Good read_expires(Subscription& to, const json::value& value, WallTime now) {
  to.expires = now + longest;
  if (value.is_null()) return {};
  const auto time = value.is_string() ? parse_utc_date(std::string_view(value.get_string())) : std::nullopt;
  if (!time) return wrong("expires", "expires must be a time such as 2026-11-29T04:00:00Z");
  if (*time <= now) return wrong("expires", "expires is in the past");
  to.expires = std::min(to.expires, *time);
  return {};
}

Good read_types(Subscription& to, const json::value& value) {
  to.types.reset();
  if (value.is_null()) return {};
  const auto* list = value.if_array();
  if (list == nullptr || list->size() > most_types) return wrong("types", "types must be a list of type names, or null");
  to.types.emplace();
  for (const auto& one : *list) {
    if (!one.is_string() || one.get_string().size() > most_text) return wrong("types", "types must be a list of type names, or null");
    to.types->emplace_back(one.get_string());
  }
  return {};
}

Good read_keys(Subscription& to, const json::value& value) {
  if (value.is_null()) return {};
  const auto* object = value.if_object();
  const auto part = [object](const char* name) -> std::string {
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    if (found == nullptr || !found->is_string()) return {};
    return base64url_decode(std::string_view(found->get_string())).value_or("");
  };
  to.keys = {part("p256dh"), part("auth")};
  // The one way to know that the point is good is to use it.
  if (auto tried = crypto::web_push_encrypt("", to.keys); !tried) return wrong("keys", "keys: " + tried.error().what);
  return {};
}

std::expected<Subscription, SetError> new_subscription(const Call& call, const json::object& wanted) {
  Subscription out;
  out.app_password = call.login.app_password;
  out.session = call.session;
  out.code = hex(crypto::random_bytes(16));
  const auto now = call.services.clock.now();
  out.expires = now + longest;
  for (const auto& entry : wanted) {
    const std::string_view name = entry.key();
    const auto& value = entry.value();
    Good good;
    if (name == "deviceClientId" && value.is_string() && value.get_string().size() <= most_text) out.device = std::string(value.get_string());
    else if (name == "url" && value.is_string()) out.url = std::string(value.get_string());
    else if (name == "keys") good = read_keys(out, value);
    else if (name == "expires") good = read_expires(out, value, now);
    else if (name == "types") good = read_types(out, value);
    // rfc:8620#7.2 "MUST be null (or omitted) when the subscription is created"
    else if (name != "verificationCode" || !value.is_null()) good = wrong(std::string(name), printable(name, 100) + " cannot be set so");
    if (!good) return std::unexpected(good.error());
  }
  if (out.device.empty()) return wrong("deviceClientId", "deviceClientId is missing");
  if (auto good = call.services.push->check_url(out.url); !good) return wrong("url", good.error().text());
  return out;
}

// rfc:8620#7.2.2 the code, the time and the types may be changed.
Good change(Subscription& one, const json::object& patch, WallTime now) {
  for (const auto& entry : patch) {
    const std::string_view name = entry.key();
    const auto& value = entry.value();
    Good good;
    if (name == "verificationCode") {
      if (!value.is_string() || !crypto::equal_constant_time(std::string_view(value.get_string()), one.code)) return wrong("verificationCode", "this is not the code that was pushed");
      one.verified = true;
    } else if (name == "expires") {
      good = read_expires(one, value, now);
    } else if (name == "types") {
      good = read_types(one, value);
    } else {
      good = wrong(std::string(name), printable(name, 100) + " cannot be changed: destroy the subscription and create another");
    }
    if (!good) return good;
  }
  return {};
}

struct Setting {
  Call& call;
  std::vector<Subscription> all;  // of the account, whoever made them
  SetAnswer answer{};

  Subscription* find(const std::string& id) {
    const auto found = std::ranges::find_if(all, [&](const Subscription& one) { return subscription_id(one.id) == id && is_of(one, call); });
    return found == all.end() ? nullptr : &*found;
  }

  Task<Result<ObjectId>> keep(Subscription one) { return keep_subscription(call.services.store, call.services.keyring, call.account(), std::move(one)); }

  Task<void> create(std::string key, json::object wanted) {
    auto made = new_subscription(call, wanted);
    if (made && all.size() >= most_subscriptions) made = std::unexpected(SetError{"overQuota", "there are too many subscriptions: destroy old ones", {}, {}});
    if (made && !call.services.push->may_create(call.account())) made = std::unexpected(SetError{"rateLimit", "too many new subscriptions: try again in an hour", {}, {}});
    if (!made) {
      answer.not_created[key] = to_json(made.error());
      co_return;
    }
    auto id = co_await keep(*made);
    if (!id) {
      answer.not_created[key] = to_json(set_error(id.error()));
      co_return;
    }
    made->id = *id;
    const auto text = subscription_id(*id);
    answer.created[key] = json::object{{"id", text}, {"expires", utc_date(made->expires)}};
    call.created[key] = text;
    all.push_back(std::move(*made));
  }

  Task<void> update(std::string id, json::object patch) {
    auto* one = find(id);
    if (one == nullptr) {
      answer.not_updated[id] = to_json(SetError{"notFound", "there is no such subscription", {}, {}});
      co_return;
    }
    auto changed = *one;
    if (auto good = change(changed, patch, call.services.clock.now()); !good) {
      answer.not_updated[id] = to_json(good.error());
      co_return;
    }
    auto kept = co_await keep(changed);
    if (!kept) {
      answer.not_updated[id] = to_json(set_error(kept.error()));
      co_return;
    }
    // What the server chose otherwise is told.
    const auto* asked = patch.if_contains("expires");
    const auto chosen = utc_date(changed.expires);
    const bool other = asked != nullptr && (!asked->is_string() || std::string_view(asked->get_string()) != chosen);
    answer.updated[id] = other ? json::value(json::object{{"expires", chosen}}) : json::value(nullptr);
    *one = std::move(changed);
  }

  Task<void> destroy(std::string id) {
    const auto* one = find(id);
    Status done = fail(Errc::not_found, "there is no such subscription");
    if (one != nullptr) done = co_await erase_subscription(call.services.store, call.account(), one->id);
    if (!done) {
      answer.not_destroyed[id] = to_json(set_error(done.error()));
      co_return;
    }
    answer.destroyed.emplace_back(id);
    std::erase_if(all, [&id](const Subscription& two) { return subscription_id(two.id) == id; });
  }
};

std::expected<SetRequest, MethodError> read_request(const Call& call, json::object given) {
  // read_set() wants the account that the others name.
  given["accountId"] = account_text(call.account());
  Arguments arguments(call, std::move(given));
  auto request = read_set(call, arguments);
  if (!request) return request;
  if (request->if_in_state) return method_fail("invalidArguments", "PushSubscription/set takes no ifInState");
  if (auto good = arguments.finish(); !good) return std::unexpected(good.error());
  return request;
}

}  // namespace

Task<Answer> push_set(Call& call, json::object given) {
  if (call.services.push == nullptr) co_return method_fail("serverUnavailable", "This server does not push.");
  if (given.contains("accountId")) co_return method_fail("invalidArguments", "PushSubscription/set takes no accountId");
  auto request = read_request(call, std::move(given));
  if (!request) co_return std::unexpected(request.error());
  auto all = subscriptions_of(call.services.store, call.services.keyring, call.account(), call.services.clock.now());
  if (!all) co_return std::unexpected(method_error(all.error()));
  Setting setting{call, std::move(*all)};
  for (auto& [key, wanted] : request->create) co_await setting.create(key, wanted);
  for (auto& [id, patch] : request->update) co_await setting.update(id, patch);
  for (auto& id : request->destroy) co_await setting.destroy(id);
  call.services.push->changed(call.account());
  auto& told = setting.answer;
  const auto or_null = [](auto& some) { return some.empty() ? json::value(nullptr) : json::value(std::move(some)); };
  co_return json::object{{"created", or_null(told.created)}, {"updated", or_null(told.updated)}, {"destroyed", or_null(told.destroyed)},
                         {"notCreated", or_null(told.not_created)}, {"notUpdated", or_null(told.not_updated)}, {"notDestroyed", or_null(told.not_destroyed)}};
}

}  // namespace posthorn::jmap
