#include "jmap/quota/methods.h"

#include <boost/json/array.hpp>

namespace posthorn::jmap {
namespace {

constexpr std::string_view capability = "urn:ietf:params:jmap:quota";
constexpr Method methods[] = {
    {"Quota/get", capability, quota_get},
    {"Quota/changes", capability, quota_changes},
    {"Quota/query", capability, quota_query},
    {"Quota/queryChanges", capability, quota_query_changes},
};

}  // namespace

std::span<const Method> quota_methods() { return methods; }

std::optional<boost::json::object> quota_json(const store::AccountInfo& account) {
  if (account.quota_bytes == 0) return std::nullopt;
  // rfc:9425#4.1
  return boost::json::object{{"id", quota_id}, {"resourceType", "octets"}, {"used", account.used_bytes}, {"hardLimit", account.quota_bytes}, {"scope", "account"},
                             {"name", account.name}, {"types", boost::json::array{"Email"}}, {"warnLimit", account.quota_bytes / 10 * 9}, {"softLimit", nullptr},
                             {"description", nullptr}};
}

std::string quota_state(const store::AccountInfo& account) { return std::to_string(account.quota_bytes) + "-" + std::to_string(account.used_bytes); }

}  // namespace posthorn::jmap
