#include "jmap/mail/identity.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/json.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

Result<Identity> read(const store::Object& object) {
  boost::system::error_code error;
  const auto value = json::parse(object.value, error);
  if (error || !value.is_object()) return fail(Errc::corrupt, "a stored identity is no JSON", "Run posthorn verify");
  const auto& fields = value.get_object();
  Identity out;
  out.object = object.id;
  out.own = flag_at(fields, "own");
  out.name = string_at(fields, "name");
  out.email = string_at(fields, "email");
  out.text_signature = string_at(fields, "textSignature");
  out.html_signature = string_at(fields, "htmlSignature");
  if (const auto* list = fields.if_contains("replyTo")) out.reply_to = *list;
  if (const auto* list = fields.if_contains("bcc")) out.bcc = *list;
  return out;
}

}  // namespace

std::string Identity::id() const { return own ? "I0" : "I" + store::object_id(object).substr(1); }

Result<std::vector<Identity>> identities(const store::View& view) {
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::identity));
  std::vector<Identity> out;
  for (const auto& object : objects) {
    TRY_ASSIGN(auto one, read(object));
    out.push_back(std::move(one));
  }
  if (std::ranges::none_of(out, &Identity::own)) {
    TRY_ASSIGN(const auto account, view.account());
    Identity own;
    own.own = true;
    own.name = account.display_name;
    own.email = account.name;
    out.insert(out.begin(), std::move(own));
  }
  const auto own = std::ranges::find_if(out, &Identity::own);
  std::rotate(out.begin(), own, own + 1);
  return out;
}

Result<std::optional<Identity>> find_identity(const store::View& view, std::string_view id) {
  TRY_ASSIGN(auto all, identities(view));
  const auto found = std::ranges::find(all, id, &Identity::id);
  if (found == all.end()) return std::optional<Identity>();
  return std::optional(std::move(*found));
}

std::string stored(const Identity& identity) {
  auto fields = identity_json(identity);
  fields["own"] = identity.own;
  fields.erase("id");
  fields.erase("mayDelete");
  return json::serialize(fields);
}

json::object identity_json(const Identity& identity) {
  return {{"id", identity.id()},
          {"name", identity.name},
          {"email", identity.email},
          {"replyTo", identity.reply_to},
          {"bcc", identity.bcc},
          {"textSignature", identity.text_signature},
          {"htmlSignature", identity.html_signature},
          {"mayDelete", !identity.own}};
}

}  // namespace posthorn::jmap
