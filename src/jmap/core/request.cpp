#include "jmap/core/request.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/core/json_strict.h"
#include "jmap/core/reference.h"
#include "jmap/core/tables.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::unexpected<Problem> refuse(std::string_view type, std::string detail, std::string limit = {}) {
  return std::unexpected<Problem>(Problem{400, "urn:ietf:params:jmap:error:" + std::string(type), std::move(detail), std::move(limit)});
}

struct Invocation {
  std::string name, tag;
  json::object arguments;
};

std::expected<std::vector<Invocation>, Problem> calls_of(json::object& request, const Limits& limits) {
  const auto bad = [](const char* detail) { return refuse("notRequest", detail); };
  auto* calls = request.if_contains("methodCalls");
  if (calls == nullptr || !calls->is_array()) return bad("methodCalls must be a list");
  if (calls->get_array().size() > limits.calls)
    return refuse("limit", "at most " + std::to_string(limits.calls) + " method calls in one request", "maxCallsInRequest");
  std::vector<Invocation> out;
  for (auto& one : calls->get_array()) {
    auto* triple = one.if_array();
    if (triple == nullptr || triple->size() != 3 || !(*triple)[0].is_string() || !(*triple)[1].is_object() || !(*triple)[2].is_string())
      return bad("a method call is a list of a name, an object of arguments and a tag");
    out.push_back(Invocation{std::string((*triple)[0].get_string()), std::string((*triple)[2].get_string()), std::move((*triple)[1].get_object())});
  }
  return out;
}

std::expected<void, Problem> read_capabilities(Call& call, const json::object& request) {
  const auto* names = request.if_contains("using");
  if (names == nullptr || !names->is_array()) return refuse("notRequest", "using must be a list of capabilities");
  for (const auto& name : names->get_array()) {
    if (!name.is_string()) return refuse("notRequest", "using must be a list of capabilities");
    const std::string_view text = name.get_string();
    if (!is_capability(text)) return refuse("unknownCapability", "this server does not have the capability " + printable(text, 200));
    call.using_.emplace_back(text);
  }
  return {};
}

std::expected<void, Problem> read_created(Call& call, const json::object& request) {
  const auto* ids = request.if_contains("createdIds");
  if (ids == nullptr || ids->is_null()) return {};
  if (!ids->is_object()) return refuse("notRequest", "createdIds must map ids to ids");
  for (const auto& entry : ids->get_object()) {
    if (!entry.value().is_string()) return refuse("notRequest", "createdIds must map ids to ids");
    call.created[std::string(entry.key())] = std::string(entry.value().get_string());
  }
  return {};
}

json::object error_json(const MethodError& error) {
  json::object out{{"type", error.type}};
  if (!error.description.empty()) out["description"] = error.description;
  return out;
}

// References come first, so that a method never sees them.
Task<Answer> run_one(Call& call, Invocation& one, const std::vector<Answered>& before, std::uint64_t& items) {
  const auto* method = find_method(one.name);
  // rfc:8620#3.6.2: a method of a capability that the client did not name does not exist for it.
  if (method == nullptr || std::ranges::find(call.using_, method->capability) == call.using_.end())
    co_return method_fail("unknownMethod", "There is no method " + printable(one.name, 100) + " here, or its capability is not in using.");
  if (auto resolved = resolve_references(one.arguments, before, items); !resolved)
    co_return method_fail(resolved.error().code == Errc::invalid ? "invalidArguments" : "invalidResultReference", resolved.error().what);
  auto arguments = std::move(one.arguments);
  co_return co_await method->run(call, std::move(arguments));
}

}  // namespace

json::object to_json(const Problem& problem) {
  json::object out{{"type", problem.type}, {"status", problem.status}, {"detail", problem.detail}};
  if (!problem.limit.empty()) out["limit"] = problem.limit;
  return out;
}

Task<std::expected<json::object, Problem>> process(Call& call, std::string_view body, std::string state) {
  if (body.size() > call.services.limits.request)
    co_return refuse("limit", "at most " + std::to_string(call.services.limits.request) + " octets in one request", "maxSizeRequest");
  auto parsed = parse_json(body);
  if (!parsed) co_return refuse("notJSON", parsed.error().what);
  if (!parsed->is_object()) co_return refuse("notRequest", "a request is an object");
  auto request = std::move(parsed->get_object());
  co_return co_await process(call, std::move(request), std::move(state));
}

Task<std::expected<json::object, Problem>> process(Call& call, json::object request, std::string state) {
  const bool tells_created = request.contains("createdIds") && !request["createdIds"].is_null();
  if (auto good = read_capabilities(call, request); !good) co_return std::unexpected(good.error());
  if (auto good = read_created(call, request); !good) co_return std::unexpected(good.error());
  auto calls = calls_of(request, call.services.limits);
  if (!calls) co_return std::unexpected(calls.error());
  std::vector<Answered> answered;
  std::uint64_t items = call.services.limits.referenced_items;
  json::array responses;
  for (auto& one : *calls) {
    call.implicit.clear();
    auto answer = co_await run_one(call, one, answered, items);
    if (!answer) {
      responses.push_back(json::array{"error", error_json(answer.error()), one.tag});
      continue;
    }
    responses.push_back(json::array{one.name, *answer, one.tag});
    answered.push_back(Answered{one.name, one.tag, std::move(*answer)});
    for (auto& more : call.implicit) {
      responses.push_back(json::array{more.name, more.answer, one.tag});
      answered.push_back(Answered{more.name, one.tag, std::move(more.answer)});
    }
  }
  json::object out{{"methodResponses", std::move(responses)}, {"sessionState", std::move(state)}};
  if (tells_created) {
    json::object ids;
    for (const auto& [key, id] : call.created) ids[key] = id;
    out["createdIds"] = std::move(ids);
  }
  co_return out;
}

json::object session_json(const Services& services, const sasl::Login& login) {
  json::object server, account, primary;
  const auto id = account_text(login.account);
  for (const auto& one : capabilities()) {
    server[one.name] = one.for_server(services);
    if (one.for_account == nullptr) continue;
    account[one.name] = one.for_account(services);
    primary[one.name] = id;
  }
  primary.erase("urn:ietf:params:jmap:core");  // it is of no data: no account is its primary one
  json::object accounts;
  accounts[id] = json::object{{"name", login.name}, {"isPersonal", true}, {"isReadOnly", false}, {"accountCapabilities", std::move(account)}};
  return {{"capabilities", std::move(server)}, {"accounts", std::move(accounts)}, {"primaryAccounts", std::move(primary)}, {"username", login.name}};
}

// Changes whenever what the Session says would: it is made of it.
std::string session_state(const Services& services, const sasl::Login& login) {
  return hex(crypto::sha256(json::serialize(session_json(services, login))).substr(0, 8));
}

}  // namespace posthorn::jmap
