// Mailbox/set (RFC 8621 2.5). Each mailbox is changed in one commit; when two must wait for each other (A becomes B and B becomes A),
// those that could not be done are tried again once the others are.
#include <algorithm>

#include "base/text.h"
#include "jmap/mail/mailbox_json.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t longest_name = 490;  // told in the Session
constexpr std::int64_t sort_limit = std::int64_t{1} << 31;

std::unexpected<SetError> refuse(std::string why, std::string property) { return std::unexpected(invalid_properties(std::move(why), {std::move(property)})); }

// What a creation or a patch asks for.
struct Wanted {
  std::optional<std::string> name;
  std::optional<std::optional<MailboxId>> parent;
  std::optional<store::Role> role;
  std::optional<std::uint32_t> sort_order;
  std::optional<bool> subscribed;
};

// rfc:8621#2 Net-Unicode, and a path separator of ours would be taken for one.
std::expected<std::string, SetError> read_name(const json::value& value) {
  if (!value.is_string()) return refuse("name is a string", "name");
  const std::string name(value.get_string());
  if (name.empty() || name.size() > longest_name) return refuse("a name has 1 to " + std::to_string(longest_name) + " octets", "name");
  const bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control || name.contains('/') || name != text_form(name)) return refuse("a name has no slash and no control characters, and is in Unicode's form NFC", "name");
  return name;
}

// One property; server-set ones must be as they are.
std::expected<void, SetError> read_property(const Call& call, std::string_view name, const json::value& value, const json::object* current, Wanted& out) {
  if (name == "name") {
    auto text = read_name(value);
    if (!text) return std::unexpected(std::move(text.error()));
    out.name = std::move(*text);
  } else if (name == "parentId") {
    if (value.is_null()) {
      out.parent = std::optional<MailboxId>();
      return {};
    }
    const auto resolved = value.is_string() ? call.resolve(std::string_view(value.get_string())) : std::nullopt;
    const auto id = resolved ? store::mailbox_id_of(*resolved) : std::nullopt;
    if (!id) return refuse("there is no such mailbox", "parentId");
    out.parent = std::optional(*id);
  } else if (name == "role") {
    const auto role = value.is_null() ? std::optional(store::Role::none) : value.is_string() ? role_of(value.get_string()) : std::nullopt;
    if (!role) return refuse("that role is not known here", "role");
    out.role = *role;
  } else if (name == "sortOrder") {
    const auto number = value.is_null() ? std::optional<std::int64_t>(0) : value.is_int64() ? std::optional(value.get_int64()) : std::nullopt;
    if (!number || *number < 0 || *number >= sort_limit) return refuse("sortOrder is a number from 0 below 2^31", "sortOrder");
    out.sort_order = static_cast<std::uint32_t>(*number);
  } else if (name == "isSubscribed") {
    if (!value.is_bool() && !value.is_null()) return refuse("isSubscribed is true or false", "isSubscribed");
    out.subscribed = value.is_null() || value.get_bool();
  } else if (std::ranges::find(mailbox_properties, name) == mailbox_properties.end()) {
    return refuse("there is no property " + printable(name, 100), std::string(name));
  } else if (current == nullptr || !current->contains(name) || current->at(name) != value) {
    return refuse(std::string(name) + " is set by the server", std::string(name));
  }
  return {};
}

SetError mailbox_error(const Error& error) {
  auto out = set_error(error);
  if (error.code == Errc::exists) out.properties = {error.what.contains("role") || error.what.contains("special use") ? "role" : "name"};
  if (error.code == Errc::invalid) out.properties = {"name"};
  if (error.code == Errc::too_big) out.type = "overQuota";
  return out;
}

using Creates = std::vector<std::pair<std::string, json::object>>;

// rfc:8620#5.3 what others of the same call name as their parent comes before them. A circle stays as it is, and is refused.
Creates parents_first(Creates left) {
  Creates out;
  const auto waits = [&left](const std::pair<std::string, json::object>& one) {
    const auto* parent = one.second.if_contains("parentId");
    if (parent == nullptr || !parent->is_string() || !parent->get_string().starts_with("#")) return false;
    return std::ranges::find(left, std::string_view(parent->get_string()).substr(1), [](const auto& other) { return std::string_view(other.first); }) != left.end();
  };
  while (!left.empty()) {
    const auto next = std::ranges::find_if_not(left, waits);
    if (next == left.end()) break;
    out.push_back(std::move(*next));
    left.erase(next);
  }
  std::ranges::move(left, std::back_inserter(out));
  return out;
}

class Setting {
 public:
  Setting(Call& call, SetRequest request, bool remove_emails)
      : call_(call), request_(std::move(request)), remove_emails_(remove_emails), commits_(call.services.store.view(call.account()), store::DataType::mailbox) {}

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(request_.if_in_state, before, store::DataType::mailbox); !good) co_return std::unexpected(good.error());
    const auto creates = parents_first(std::move(request_.create));
    for (const auto& [key, object] : creates) co_await create(key, object);
    co_await update_all();
    co_await destroy_all();
    auto answer = out_.tell(call_, {}, {});
    const auto after = call_.services.store.view(call_.account());
    commits_.tell(answer, after);
    co_return answer;
  }

 private:
  Result<MailboxTree> tree() const {
    TRY_ASSIGN(auto all, call_.services.store.view(call_.account()).mailboxes());
    return MailboxTree(std::move(all));
  }
  // Commits of ours that the store does not give the number of.
  void committed() { commits_.add(call_.services.store.view(call_.account()).modseq()); }

  Task<void> create(const std::string& key, const json::object& object) {
    Wanted wanted;
    std::optional<SetError> bad;
    for (const auto& [name, value] : object) {
      auto good = read_property(call_, name, value, nullptr, wanted);
      if (!good && !bad) bad = std::move(good.error());
    }
    if (!bad && !wanted.name) bad = invalid_properties("a mailbox has a name", {"name"});
    auto all = tree();
    if (!all) bad = set_error(all.error());
    if (!bad && wanted.parent && *wanted.parent && all->find(**wanted.parent) == nullptr) bad = invalid_properties("there is no such mailbox", {"parentId"});
    if (!bad && wanted.role == store::Role::inbox) bad = invalid_properties("there is an inbox already", {"role"});
    if (bad) {
      out_.not_created[key] = to_json(*bad);
      co_return;
    }
    auto path = all->path_of(wanted.parent.value_or(std::nullopt), *wanted.name);
    auto made = co_await call_.services.store.create_mailbox(call_.account(), std::move(path), wanted.role.value_or(store::Role::none));
    if (!made) {
      out_.not_created[key] = to_json(mailbox_error(made.error()));
      co_return;
    }
    committed();
    if (wanted.sort_order.value_or(0) != 0 || !wanted.subscribed.value_or(true)) {
      store::MailboxPatch rest;
      rest.sort_order = wanted.sort_order;
      rest.subscribed = wanted.subscribed;
      auto patched = co_await call_.services.store.change_mailbox(call_.account(), made->id, std::move(rest));
      if (patched) commits_.add(*patched);
    }
    tell_created(key, made->id, object);
  }

  // All that the client did not say.
  void tell_created(const std::string& key, MailboxId id, const json::object& sent) {
    const auto all = tree();
    const auto* one = all ? all->find(id) : nullptr;
    call_.created[key] = store::object_id(id);
    json::object told{{"id", store::object_id(id)}};
    if (one != nullptr)
      for (const auto& [name, value] : mailbox_json(*one, {}))
        if (!sent.contains(name)) told[name] = value;
    out_.created[key] = std::move(told);
  }

  Task<void> update_all() {
    auto todo = request_.update;
    for (bool progress = true; progress && !todo.empty();) {
      progress = false;
      std::vector<std::pair<std::string, json::object>> again;
      for (auto& one : todo) {
        auto done = co_await update(one.first, one.second);
        if (done) {
          out_.updated[one.first] = nullptr;
          out_.not_updated.erase(one.first);
          progress = true;
        } else {
          out_.not_updated[one.first] = to_json(done.error());
          if (done.error().properties == std::vector<std::string>{"name"} || done.error().properties == std::vector<std::string>{"role"}) again.push_back(std::move(one));
        }
      }
      // Two that want each other's names: one steps aside for a moment.
      if (!progress && again.size() > 1 && !stepped_aside_) {
        stepped_aside_ = true;
        const bool moved = co_await step_aside(again.front().first);
        progress = moved;
      }
      todo = std::move(again);
    }
  }

  Task<bool> step_aside(const std::string& id) {
    const auto mailbox = store::mailbox_id_of(id);
    if (!mailbox) co_return false;
    store::MailboxPatch patch;
    patch.name = "renaming " + id + " " + std::to_string(number(call_.services.store.view(call_.account()).modseq()));
    auto done = co_await call_.services.store.change_mailbox(call_.account(), *mailbox, std::move(patch));
    if (done) commits_.add(*done);
    co_return done.has_value();
  }

  Task<std::expected<void, SetError>> update(const std::string& id, const json::object& object) {
    const auto mailbox = store::mailbox_id_of(id);
    auto all = tree();
    if (!all) co_return std::unexpected(set_error(all.error()));
    const auto* one = mailbox ? all->find(*mailbox) : nullptr;
    if (one == nullptr) co_return std::unexpected(SetError{"notFound", "there is no such Mailbox", {}, {}});
    if (std::ranges::find(request_.destroy, id) != request_.destroy.end()) co_return std::unexpected(SetError{"willDestroy", "it is destroyed in the same call", {}, {}});
    auto patches = read_patches(object);
    if (!patches) co_return std::unexpected(std::move(patches.error()));
    Wanted wanted;
    const auto current = mailbox_json(*one, {});
    for (const auto& patch : *patches) {
      if (patch.key) co_return std::unexpected(SetError{"invalidPatch", "nothing below " + printable(patch.property, 100) + " can be set", {}, {}});
      // What is the same is no change, also where none is allowed.
      if (current.contains(patch.property) && current.at(patch.property) == patch.value) continue;
      auto good = read_property(call_, patch.property, patch.value, &current, wanted);
      if (!good) co_return std::unexpected(std::move(good.error()));
    }
    co_return co_await apply(*all, *one, wanted);
  }

  Task<std::expected<void, SetError>> apply(const MailboxTree& all, const TreeMailbox& one, const Wanted& wanted) {
    store::MailboxPatch patch;
    patch.role = wanted.role;
    patch.sort_order = wanted.sort_order;
    patch.subscribed = wanted.subscribed;
    if (wanted.name || wanted.parent) {
      if (one.mailbox->id == store::inbox_id) co_return std::unexpected(SetError{"forbidden", "the inbox keeps its name and its place", {}, {}});
      const auto parent = wanted.parent ? *wanted.parent : one.parent;
      if (parent && all.find(*parent) == nullptr) co_return std::unexpected(invalid_properties("there is no such mailbox", {"parentId"}));
      for (auto above = parent; above; above = all.find(*above)->parent)
        if (*above == one.mailbox->id) co_return std::unexpected(invalid_properties("a mailbox cannot be below itself", {"parentId"}));
      patch.name = all.path_of(parent, wanted.name.value_or(one.name));
    }
    if (one.mailbox->id == store::inbox_id && patch.role && *patch.role != store::Role::inbox) co_return std::unexpected(SetError{"forbidden", "the inbox keeps its role", {}, {}});
    auto done = co_await call_.services.store.change_mailbox(call_.account(), one.mailbox->id, std::move(patch));
    if (!done) co_return std::unexpected(mailbox_error(done.error()));
    commits_.add(*done);
    co_return std::expected<void, SetError>();
  }

  // Children first, so that a tree goes in one call.
  Task<void> destroy_all() {
    auto todo = request_.destroy;
    for (bool progress = true; progress && !todo.empty();) {
      progress = false;
      std::vector<std::string> again;
      for (auto& id : todo) {
        auto done = co_await destroy(id);
        if (done) {
          out_.destroyed.push_back(json::string(id));
          out_.not_destroyed.erase(id);
          progress = true;
          continue;
        }
        out_.not_destroyed[id] = to_json(done.error());
        if (done.error().type == "mailboxHasChild") again.push_back(std::move(id));
      }
      todo = std::move(again);
    }
  }

  Task<std::expected<void, SetError>> destroy(const std::string& id) {
    const auto mailbox = store::mailbox_id_of(id);
    auto all = tree();
    if (!all) co_return std::unexpected(set_error(all.error()));
    const auto* one = mailbox ? all->find(*mailbox) : nullptr;
    if (one == nullptr) co_return std::unexpected(SetError{"notFound", "there is no such Mailbox", {}, {}});
    if (one->mailbox->id == store::inbox_id) co_return std::unexpected(SetError{"forbidden", "the inbox cannot be destroyed", {}, {}});
    if (one->has_child) co_return std::unexpected(SetError{"mailboxHasChild", "it has children", {}, {}});
    // What IMAP has marked \Deleted is not there for JMAP, and does not keep a mailbox.
    if (!remove_emails_ && one->mailbox->counts.total > one->mailbox->counts.deleted) co_return std::unexpected(SetError{"mailboxHasEmail", "there are Emails in it", {}, {}});
    auto done = co_await call_.services.store.delete_mailbox(call_.account(), one->mailbox->name);
    if (!done) co_return std::unexpected(set_error(done.error()));
    committed();
    co_return std::expected<void, SetError>();
  }

  Call& call_;
  SetRequest request_;
  bool remove_emails_;
  bool stepped_aside_ = false;
  OwnCommits commits_;
  SetAnswer out_;
};

struct Request {
  SetRequest set;
  bool remove_emails = false;
};

Expected<Request> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Request out;
  JMAP_TRY(out.set, read_set(call, arguments));
  JMAP_TRY(const auto remove, arguments.boolean("onDestroyRemoveEmails"));
  JMAP_CHECK(arguments.finish());
  out.remove_emails = remove.value_or(false);
  return out;
}

}  // namespace

Task<Answer> mailbox_set(Call& call, json::object arguments) {
  auto request = read_request(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  Setting setting(call, std::move(request->set), request->remove_emails);
  co_return co_await setting.run();
}

}  // namespace posthorn::jmap
