// Identity/get and Identity/changes (RFC 8621 6.1, 6.2).
#include <algorithm>

#include "jmap/mail/identity.h"
#include "jmap/mail/listed.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 8> identity_properties = {"id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete"};

Answer get(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_TRY(const auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(request, identity_properties));
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto all, identities(view));
  const auto find = [](const std::vector<Identity>& among, const std::string& id) { return std::ranges::find(among, id, &Identity::id); };
  return get_listed(call, request, all, find, identity_json, state_of_type(view, store::DataType::identity));
}

Answer changes(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_TRY(const auto request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto delta, delta_of(view, store::DataType::identity, request.since_state, request.max == 0 ? most_changes : request.max));
  JMAP_TRY(const auto all, identities(view));
  json::array created, updated, destroyed;
  const auto text = [&all](ObjectId id) {
    const auto found = std::ranges::find(all, id, &Identity::object);
    return found == all.end() ? "I" + store::object_id(id).substr(1) : found->id();
  };
  // The account's own identity was there before it was stored.
  for (const auto id : delta.created) (text(id) == "I0" ? updated : created).push_back(json::string(text(id)));
  for (const auto id : delta.updated) updated.push_back(json::string(text(id)));
  for (const auto id : delta.destroyed) destroyed.push_back(json::string(text(id)));
  return json::object{{"accountId", account_text(call.account())}, {"oldState", request.since_state}, {"newState", store::text_of(delta.until)}, {"hasMoreChanges", delta.more},
                      {"created", std::move(created)}, {"updated", std::move(updated)}, {"destroyed", std::move(destroyed)}};
}

}  // namespace

Task<Answer> identity_get(Call& call, json::object arguments) { co_return get(call, std::move(arguments)); }
Task<Answer> identity_changes(Call& call, json::object arguments) { co_return changes(call, std::move(arguments)); }

}  // namespace posthorn::jmap
