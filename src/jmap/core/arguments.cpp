// What the standard methods of RFC 8620 section 5 read from their arguments, once for all of them.
#include <algorithm>
#include <charconv>

#include "jmap/core/method.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::int64_t int_limit = (std::int64_t{1} << 53) - 1;  // rfc:8620#1.3

std::unexpected<MethodError> wrong(std::string_view name, std::string_view what) {
  return method_fail("invalidArguments", std::string(name) + " " + std::string(what));
}

std::optional<std::int64_t> as_int(const json::value& value) {
  std::int64_t number = 0;
  if (value.is_int64()) number = value.get_int64();
  else if (value.is_uint64() && value.get_uint64() <= std::uint64_t{int_limit}) number = static_cast<std::int64_t>(value.get_uint64());
  else if (value.is_double() && value.get_double() == static_cast<double>(static_cast<std::int64_t>(std::clamp(value.get_double(), -9.1e15, 9.1e15))))
    number = static_cast<std::int64_t>(value.get_double());
  else return std::nullopt;
  if (number > int_limit || number < -int_limit) return std::nullopt;
  return number;
}

}  // namespace

json::value* Arguments::find(std::string_view name) {
  known_.emplace_back(name);
  auto* const value = json_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::expected<void, MethodError> Arguments::account() {
  const auto* const value = json_.if_contains("accountId");
  if (value == nullptr || !value->is_string()) return wrong("accountId", "is missing; the session names yours");
  const auto id = account_of(std::string_view(value->get_string()));
  // rfc:8620#3.6.2 another's account is answered as one that does not exist.
  if (!id || *id != call_.account()) return method_fail("accountNotFound", "There is no such account; the session names yours.");
  return {};
}

std::expected<std::optional<std::string>, MethodError> Arguments::text(std::string_view name) {
  const auto* const value = find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong(name, "must be a string");
  return std::string(value->get_string());
}

std::expected<std::optional<bool>, MethodError> Arguments::boolean(std::string_view name) {
  const auto* const value = find(name);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_bool()) return wrong(name, "must be true or false");
  return value->get_bool();
}

std::expected<std::optional<std::int64_t>, MethodError> Arguments::integer(std::string_view name) {
  const auto* const value = find(name);
  if (value == nullptr) return std::optional<std::int64_t>();
  const auto number = as_int(*value);
  if (!number) return wrong(name, "must be a whole number within 2^53");
  return number;
}

std::expected<std::optional<std::uint64_t>, MethodError> Arguments::unsigned_integer(std::string_view name) {
  auto number = integer(name);
  if (!number) return std::unexpected(number.error());
  if (!*number) return std::optional<std::uint64_t>();
  if (**number < 0) return wrong(name, "must not be negative");
  return static_cast<std::uint64_t>(**number);
}

std::expected<std::optional<std::vector<std::string>>, MethodError> Arguments::texts(std::string_view name) {
  const auto* const value = find(name);
  if (value == nullptr) return std::optional<std::vector<std::string>>();
  if (!value->is_array()) return wrong(name, "must be a list of strings");
  std::vector<std::string> out;
  for (const auto& one : value->get_array()) {
    if (!one.is_string()) return wrong(name, "must be a list of strings");
    out.emplace_back(one.get_string());
  }
  return out;
}

std::expected<std::optional<json::object>, MethodError> Arguments::object(std::string_view name) {
  auto* const value = find(name);
  if (value == nullptr) return std::optional<json::object>();
  if (!value->is_object()) return wrong(name, "must be an object");
  return std::move(value->get_object());
}

std::optional<json::value> Arguments::any(std::string_view name) {
  known_.emplace_back(name);
  auto* const value = json_.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return std::move(*value);
}

std::expected<void, MethodError> Arguments::finish() const {
  for (const auto& entry : json_)
    if (std::ranges::find(known_, std::string_view(entry.key())) == known_.end()) return wrong(std::string_view(entry.key()), "is no argument of this method");
  return {};
}

std::expected<GetRequest, MethodError> read_get(const Call& call, Arguments& arguments) {
  if (auto account = arguments.account(); !account) return std::unexpected(account.error());
  GetRequest out;
  auto ids = arguments.texts("ids");
  if (!ids) return std::unexpected(ids.error());
  if (*ids) {
    if ((*ids)->size() > call.services.limits.objects_in_get)
      return method_fail("requestTooLarge", "At most " + std::to_string(call.services.limits.objects_in_get) + " objects at once.");
    out.ids.emplace();
    for (auto& id : **ids) {
      auto resolved = call.resolve(id).value_or(id);
      if (std::ranges::find(*out.ids, resolved) == out.ids->end()) out.ids->push_back(std::move(resolved));
    }
  }
  auto properties = arguments.texts("properties");
  if (!properties) return std::unexpected(properties.error());
  out.properties = std::move(*properties);
  return out;
}

json::object get_answer(const Call& call, std::string state, json::array list, const std::vector<std::string>& not_found) {
  json::array missing(not_found.begin(), not_found.end());
  return {{"accountId", account_text(call.account())}, {"state", std::move(state)}, {"list", std::move(list)}, {"notFound", std::move(missing)}};
}

std::expected<ChangesRequest, MethodError> read_changes(Arguments& arguments) {
  if (auto account = arguments.account(); !account) return std::unexpected(account.error());
  auto since = arguments.text("sinceState");
  if (!since) return std::unexpected(since.error());
  if (!*since) return wrong("sinceState", "is missing");
  auto most = arguments.unsigned_integer("maxChanges");
  if (!most) return std::unexpected(most.error());
  // rfc:8620#5.2 a limit of nothing is no limit.
  if (*most && **most == 0) return wrong("maxChanges", "must be more than 0");
  return ChangesRequest{std::move(**since), most->value_or(0)};
}

std::expected<SetRequest, MethodError> read_set(const Call& call, Arguments& arguments) {
  if (auto account = arguments.account(); !account) return std::unexpected(account.error());
  SetRequest out;
  auto state = arguments.text("ifInState");
  if (!state) return std::unexpected(state.error());
  out.if_in_state = std::move(*state);
  for (const auto* name : {"create", "update"}) {
    auto objects = arguments.object(name);
    if (!objects) return std::unexpected(objects.error());
    if (!*objects) continue;
    for (auto& entry : **objects) {
      if (!entry.value().is_object()) return wrong(name, "must map ids to objects");
      std::string key(entry.key());
      if (name == std::string_view("create")) out.create.emplace_back(std::move(key), std::move(entry.value().get_object()));
      else out.update.emplace_back(call.resolve(key).value_or(key), std::move(entry.value().get_object()));
    }
  }
  auto destroy = arguments.texts("destroy");
  if (!destroy) return std::unexpected(destroy.error());
  if (*destroy)
    for (auto& id : **destroy) {
      auto resolved = call.resolve(id).value_or(id);
      if (std::ranges::find(out.destroy, resolved) == out.destroy.end()) out.destroy.push_back(std::move(resolved));
    }
  if (out.create.size() + out.update.size() + out.destroy.size() > call.services.limits.objects_in_set)
    return method_fail("requestTooLarge", "At most " + std::to_string(call.services.limits.objects_in_set) + " objects at once.");
  return out;
}

std::expected<SetRequest, MethodError> read_only_set(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  auto request = read_set(call, arguments);
  if (!request) return request;
  if (auto good = arguments.finish(); !good) return std::unexpected(good.error());
  return request;
}

json::object SetAnswer::tell(const Call& call, std::string old_state, std::string new_state) const {
  const auto or_null = [](const auto& some) { return some.empty() ? json::value(nullptr) : json::value(some); };
  return {{"accountId", account_text(call.account())}, {"oldState", std::move(old_state)}, {"newState", std::move(new_state)},
          {"created", or_null(created)}, {"updated", or_null(updated)}, {"destroyed", or_null(destroyed)},
          {"notCreated", or_null(not_created)}, {"notUpdated", or_null(not_updated)}, {"notDestroyed", or_null(not_destroyed)}};
}

}  // namespace posthorn::jmap
