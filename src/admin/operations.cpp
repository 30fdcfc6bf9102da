#include "admin/operations.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <ctime>

#include "mail/address.h"

namespace posthorn::admin {

namespace json = boost::json;

namespace {

const std::vector<NamedOperation>& table() {
  static const std::vector<NamedOperation> all = [] {
    std::vector<NamedOperation> out;
    for (auto* some : {&account_operations, &queue_operations, &mail_operations, &dkim_operations, &evidence_operations, &report_operations})
      for (const auto& one : (*some)()) out.push_back(one);
    return out;
  }();
  return all;
}

}  // namespace

std::vector<std::string_view> operations() {
  std::vector<std::string_view> out;
  for (const auto& one : table()) out.push_back(one.name);
  return out;
}

Task<Result<Response>> run(Context& context, Request request) {
  const auto found = std::ranges::find(table(), std::string_view(request.operation), &NamedOperation::name);
  if (found == table().end()) co_return fail(Errc::unsupported, "there is no operation \"" + request.operation + "\"", "Client and server may be of different versions");
  co_return co_await found->operation(context, std::move(request));
}

Result<std::string> text_argument(const boost::json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return fail(Errc::invalid, "the argument \"" + std::string(name) + "\" is missing");
  return std::string(value->get_string().data(), value->get_string().size());
}

std::string text_argument_or(const boost::json::object& arguments, std::string_view name, std::string_view otherwise) {
  auto value = text_argument(arguments, name);
  return value ? *value : std::string(otherwise);
}

std::optional<std::uint64_t> number_argument(const boost::json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr) return std::nullopt;
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  if (value->is_uint64()) return value->get_uint64();
  return std::nullopt;
}

std::optional<bool> flag_argument(const boost::json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

Result<store::AccountInfo> account_argument(const Context& context, const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "address"));
  TRY_ASSIGN(const auto address, mail::parse_address(text));
  TRY_ASSIGN(const auto account, context.store.account(address.text()));
  if (!account) return fail(Errc::not_found, "there is no account " + address.text(), "List them with: posthorn account list");
  return *account;
}

Response in_payload(const json::value& value) { return Response{json::object{{"in_payload", true}}, json::serialize(value)}; }

std::string rfc3339(WallTime time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  const std::time_t as_time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&as_time, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

}  // namespace posthorn::admin
