// Identity/set (RFC 8621 6.3). Who may send from an address is the store's word: the account's own, or an alias that leads to it alone.
#include <algorithm>

#include "base/text.h"
#include "jmap/mail/compose.h"
#include "jmap/mail/identity.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_identities = 100, longest_text = 100'000;

std::unexpected<SetError> refuse(std::string why, std::string property) { return std::unexpected(invalid_properties(std::move(why), {std::move(property)})); }

std::expected<std::string, SetError> read_text(std::string_view name, const json::value& value, bool one_line) {
  if (value.is_null()) return std::string();
  if (!value.is_string() || value.get_string().size() > longest_text) return refuse(std::string(name) + " is a string", std::string(name));
  std::string text(value.get_string());
  if (text.contains('\0') || (one_line && text.find_first_of("\r\n") != text.npos)) return refuse(std::string(name) + " has control characters", std::string(name));
  return text;
}

std::expected<void, SetError> read_property(Identity& out, std::string_view name, const json::value& value, const json::object* current) {
  if (name == "name" || name == "textSignature" || name == "htmlSignature") {
    auto text = read_text(name, value, name == "name");
    if (!text) return std::unexpected(std::move(text.error()));
    (name == "name" ? out.name : name == "textSignature" ? out.text_signature : out.html_signature) = std::move(*text);
  } else if (name == "replyTo" || name == "bcc") {
    if (!value.is_null() && !field_line("To", HeaderForm::addresses, value)) return refuse(std::string(name) + " is a list of EmailAddress or null", std::string(name));
    (name == "replyTo" ? out.reply_to : out.bcc) = value;
  } else if (name == "email" && current == nullptr) {
    auto text = read_text(name, value, true);
    if (!text) return std::unexpected(std::move(text.error()));
    out.email = std::move(*text);
  } else if (current == nullptr || !current->contains(name) || current->at(name) != value) {
    return refuse("\"" + printable(name, 100) + "\" cannot be set", std::string(name));
  }
  return {};
}

// rfc:8621#9.6 the server must refuse an address that the user may not send from.
std::expected<void, SetError> may_send_from(const Call& call, const std::string& email) {
  const auto address = mail::parse_address(email);
  if (!address) return refuse("email is no address: " + address.error().what, "email");
  const auto owns = call.services.store.owns(call.account(), address->text());
  if (!owns) return std::unexpected(set_error(owns.error()));
  if (!*owns) return std::unexpected(SetError{"forbiddenFrom", email + " is not an address of " + call.login.name, {}, {}});
  return {};
}

class Setting {
 public:
  Setting(Call& call, SetRequest request) : call_(call), request_(std::move(request)), commits_(call.services.store.view(call.account()), store::DataType::identity) {}

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(request_.if_in_state, before, store::DataType::identity); !good) co_return std::unexpected(good.error());
    for (const auto& [key, object] : request_.create) co_await create(key, object);
    for (const auto& [id, patch] : request_.update) co_await update(id, patch);
    for (const auto& id : request_.destroy) co_await destroy(id);
    auto answer = out_.tell(call_, {}, {});
    const auto after = call_.services.store.view(call_.account());
    commits_.tell(answer, after);
    co_return answer;
  }

 private:
  Task<std::expected<ObjectId, SetError>> write(ObjectId id, std::optional<std::string> value) {
    store::ObjectWrite one{store::DataType::identity, id, std::move(value)};
    std::vector<store::ObjectWrite> writes;
    writes.push_back(std::move(one));
    auto done = co_await call_.services.store.write_objects(call_.account(), std::move(writes));
    if (!done) co_return std::unexpected(set_error(done.error()));
    commits_.add(done->modseq);
    co_return done->ids.front();
  }

  Task<void> create(const std::string& key, const json::object& object) {
    Identity identity;
    std::expected<void, SetError> good;
    for (const auto& [name, value] : object)
      if (good) good = read_property(identity, name, value, nullptr);
    if (good) good = may_send_from(call_, identity.email);
    const auto all = identities(call_.services.store.view(call_.account()));
    if (good && all && all->size() >= most_identities) good = std::unexpected(SetError{"overQuota", "there are 100 identities already", {}, {}});
    if (good) {
      auto made = co_await write(ObjectId{}, stored(identity));
      if (made) identity.object = *made;
      else good = std::unexpected(std::move(made.error()));
    }
    if (!good) {
      out_.not_created[key] = to_json(good.error());
      co_return;
    }
    json::object told;
    for (const auto& [name, value] : identity_json(identity))
      if (!object.contains(name)) told[name] = value;
    call_.created[key] = identity.id();
    out_.created[key] = std::move(told);
  }

  Task<void> update(const std::string& id, const json::object& object) {
    auto found = find_identity(call_.services.store.view(call_.account()), id);
    std::expected<void, SetError> good;
    if (!found) good = std::unexpected(set_error(found.error()));
    else if (!*found) good = std::unexpected(SetError{"notFound", "there is no such Identity", {}, {}});
    auto patches = read_patches(object);
    if (good && !patches) good = std::unexpected(patches.error());
    if (good) {
      const auto current = identity_json(**found);
      for (const auto& patch : *patches) {
        if (good && patch.key) good = std::unexpected(SetError{"invalidPatch", "a list is replaced as a whole", {}, {}});
        if (good) good = read_property(**found, patch.property, patch.value, &current);
      }
    }
    if (good) {
      auto made = co_await write((*found)->object, stored(**found));
      if (!made) good = std::unexpected(std::move(made.error()));
    }
    if (good) out_.updated[id] = nullptr;
    else out_.not_updated[id] = to_json(good.error());
  }

  Task<void> destroy(const std::string& id) {
    auto found = find_identity(call_.services.store.view(call_.account()), id);
    std::expected<void, SetError> good;
    if (!found) good = std::unexpected(set_error(found.error()));
    else if (!*found) good = std::unexpected(SetError{"notFound", "there is no such Identity", {}, {}});
    else if ((*found)->own) good = std::unexpected(SetError{"forbidden", "the identity of the account's own address stays", {}, {}});
    if (good) {
      auto made = co_await write((*found)->object, std::nullopt);
      if (!made) good = std::unexpected(std::move(made.error()));
    }
    if (good) out_.destroyed.push_back(json::string(id));
    else out_.not_destroyed[id] = to_json(good.error());
  }

  Call& call_;
  SetRequest request_;
  OwnCommits commits_;
  SetAnswer out_;
};

}  // namespace

Task<Answer> identity_set(Call& call, json::object arguments) {
  auto request = read_only_set(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  Setting setting(call, std::move(*request));
  co_return co_await setting.run();
}

}  // namespace posthorn::jmap
