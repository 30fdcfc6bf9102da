// AddressBook/set (RFC 9610 section 2.3). Books are few: all is made up at once; only what a destroyed book held may take several commits.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "jmap/contacts/commit.h"
#include "jmap/contacts/methods.h"
#include "jmap/contacts/model.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using store::DataType;
using Good = std::expected<void, SetError>;

constexpr std::size_t longest_name = 255, longest_description = 10'000;
constexpr std::uint64_t most_order = (std::uint64_t{1} << 31) - 1;

std::unexpected<SetError> refuse(std::string type, std::string why, std::vector<std::string> properties = {}) {
  return std::unexpected<SetError>(SetError{std::move(type), std::move(why), std::move(properties), {}});
}

// `current`: of an update; what cannot be set may be sent if it is what it was (rfc:8620#5.3).
Good read_property(Book& book, std::string_view name, const json::value& value, const json::object* current) {
  const auto bad = [name](std::string_view why) { return refuse("invalidProperties", std::string(name) + " " + std::string(why), {std::string(name)}); };
  if (name == "name") {
    if (!value.is_string() || value.get_string().empty() || value.get_string().size() > longest_name) return bad("must be a text of 1 to 255 octets");
    book.name = value.get_string();
  } else if (name == "description") {
    if (!value.is_null() && (!value.is_string() || value.get_string().size() > longest_description)) return bad("must be a text of at most 10,000 octets, or null");
    book.description = value;
  } else if (name == "sortOrder") {
    // The default of null is 0.
    const auto number = value.is_null() ? 0 : value.is_int64() && value.get_int64() >= 0 ? value.get_int64() : static_cast<std::int64_t>(most_order) + 1;
    if (number > static_cast<std::int64_t>(most_order)) return bad("must be a whole number from 0 to 2^31-1");
    book.sort_order = static_cast<std::uint64_t>(number);
  } else if (name == "isSubscribed") {
    if (!value.is_bool()) return bad("must be true or false");
    book.subscribed = value.get_bool();
  } else if (name == "shareWith") {
    if (!value.is_null()) return refuse("forbidden", "address books cannot be shared here", {"shareWith"});
  } else {
    const auto* same = current == nullptr ? nullptr : current->if_contains(name);
    if (same == nullptr || *same != value) return bad(current != nullptr && same == nullptr ? "is no property of an address book" : "is not to be set");
  }
  return {};
}

struct Asked {
  SetRequest set;
  bool remove_contents = false;
  std::optional<std::string> new_default;
};

Expected<Asked> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Asked out;
  JMAP_TRY(out.set, read_set(call, arguments));
  JMAP_TRY(const auto remove, arguments.boolean("onDestroyRemoveContents"));
  JMAP_TRY(out.new_default, arguments.text("onSuccessSetIsDefault"));
  JMAP_CHECK(arguments.finish());
  out.remove_contents = remove.value_or(false);
  return out;
}

// A book as it will be.
struct Entry {
  Book book;
  std::string created;   // its creation id, or none
  bool changed = false, gone = false;
  bool was_default = false;
};

// What all of it comes to. Cards are written before the books that they were in go.
struct Plan {
  ModSeq seen{};
  std::vector<Entry> books;
  std::vector<store::ObjectWrite> cards;
  SetAnswer answer;
};

class Planner {
 public:
  Planner(const Call& call, const Asked& asked) : call_(call), asked_(asked) {}

  Result<Plan> make() {
    const auto view = call_.services.store.view(call_.account());
    plan_.seen = view.modseq();
    TRY_ASSIGN(auto books, books_of(view));
    for (auto& book : books) {
      const bool is_default = book.is_default;
      plan_.books.push_back({std::move(book), {}, false, false, is_default});
    }
    for (const auto& [key, object] : asked_.set.create) create(key, object);
    for (const auto& [id, patch] : asked_.set.update) update(id, patch);
    if (!asked_.set.destroy.empty()) {
      TRY_ASSIGN(cards_, cards_of(view));
    }
    for (const auto& id : asked_.set.destroy) destroy(id);
    empty_books();
    settle_default();
    return std::move(plan_);
  }

 private:
  Entry* find(const std::string& id) {
    const auto found = std::ranges::find_if(plan_.books, [&id](const Entry& one) { return one.created.empty() && !one.gone && one.book.id() == id; });
    return found == plan_.books.end() ? nullptr : &*found;
  }

  void create(const std::string& key, const json::object& object) {
    Book book;
    Good good;
    for (const auto& [name, value] : object)
      if (good) good = read_property(book, name, value, nullptr);
    if (good && book.name.empty()) good = refuse("invalidProperties", "name is missing", {"name"});
    if (good && plan_.books.size() >= most_books) good = refuse("overQuota", "there are " + std::to_string(most_books) + " address books already");
    if (good) plan_.books.push_back({std::move(book), key, true, false, false});
    else plan_.answer.not_created[key] = to_json(good.error());
  }

  void update(const std::string& id, const json::object& object) {
    auto* found = find(id);
    Good good;
    if (std::ranges::find(asked_.set.destroy, id) != asked_.set.destroy.end()) good = refuse("willDestroy", "it is destroyed in the same call");
    else if (found == nullptr) good = refuse("notFound", "there is no such address book");
    const auto patches = read_patches(object);
    if (good && !patches) good = std::unexpected(patches.error());
    if (good) {
      auto changed = found->book;
      const auto current = book_json(changed);
      for (const auto& patch : *patches) {
        if (good && patch.key) good = refuse("invalidPatch", "\"" + printable(patch.property, 100) + "\" is replaced as a whole");
        if (good) good = read_property(changed, patch.property, patch.value, &current);
      }
      if (good) {
        found->book = std::move(changed);
        found->changed = true;
        plan_.answer.updated[id] = nullptr;
        return;
      }
    }
    plan_.answer.not_updated[id] = to_json(good.error());
  }

  void destroy(const std::string& id) {
    auto* found = find(id);
    Good good;
    if (found == nullptr) good = refuse("notFound", "there is no such address book");
    else if (found->book.own) good = refuse("forbidden", "this address book stays: everybody has one");
    else if (!asked_.remove_contents && std::ranges::any_of(cards_, [&id](const Card& card) { return is_in(card, id); }))
      good = refuse("addressBookHasContents", "there are cards in it; onDestroyRemoveContents removes them too");
    if (!good) {
      plan_.answer.not_destroyed[id] = to_json(good.error());
      return;
    }
    found->gone = true;
    plan_.answer.destroyed.push_back(json::string(id));
  }

  // rfc:9610#2.3 "any ContactCard that is in the AddressBook will be removed from it, and if such a ContactCard does not belong to any other
  // AddressBook, it will be destroyed".
  void empty_books() {
    for (auto& card : cards_) {
      auto* books = card.json.if_contains("addressBookIds");
      if (books == nullptr || !books->is_object()) continue;
      const auto before = books->get_object().size();
      for (const auto& one : plan_.books)
        if (one.gone) books->get_object().erase(one.book.id());
      if (books->get_object().size() == before) continue;
      std::optional<std::string> left;
      if (!books->get_object().empty()) left = json::serialize(card.json);
      plan_.cards.push_back({DataType::contact, card.id, std::move(left)});
    }
  }

  bool all_went_well() const { return plan_.answer.not_created.empty() && plan_.answer.not_updated.empty() && plan_.answer.not_destroyed.empty(); }

  // rfc:9610#2.3 onSuccessSetIsDefault, ignored if it names none of them. Where the default goes the own one is it.
  void settle_default() {
    Entry* wanted = nullptr;
    if (asked_.new_default && all_went_well()) {
      const std::string_view name = *asked_.new_default;
      wanted = find(call_.resolve(name).value_or(std::string(name)));
      if (name.starts_with('#'))
        for (auto& one : plan_.books)
          if (one.created == name.substr(1)) wanted = &one;
    }
    for (auto& one : plan_.books)
      if (wanted == nullptr && one.was_default && !one.gone) wanted = &one;
    for (auto& one : plan_.books)
      if (wanted == nullptr && one.book.own) wanted = &one;
    for (auto& one : plan_.books) {
      one.book.is_default = &one == wanted;
      if (one.book.is_default == one.was_default || !one.created.empty() || one.gone) continue;
      one.changed = true;
      plan_.answer.updated[one.book.id()] = json::object{{"isDefault", one.book.is_default}};
    }
  }

  const Call& call_;
  const Asked& asked_;
  std::vector<Card> cards_;
  Plan plan_;
};

struct MakePlan {
  const Call* call;
  const Asked* asked;
  Result<Plan> operator()() const { return Planner(*call, *asked).make(); }
};

// Nothing: others wrote in between.
Task<Result<std::optional<std::vector<ObjectId>>>> write(const Call& call, Plan& plan, const std::vector<store::ObjectWrite>& writes, OwnCommits& commits) {
  auto done = co_await commit_if_unchanged(call, plan.seen, writes);
  if (!done) co_return fail(done.error());
  if (done->stale) co_return std::optional<std::vector<ObjectId>>();
  plan.seen = done->modseq;
  commits.add(done->modseq);
  co_return std::optional(std::move(done->ids));
}

// False: others wrote in between; what was written of cards stays so, and the plan is made anew.
Task<Result<bool>> carry_out(Call& call, Plan& plan, OwnCommits& commits) {
  std::vector<store::ObjectWrite> writes;
  std::size_t bytes = 0;
  for (auto& card : plan.cards) {
    bytes += card.value ? card.value->size() : 64;
    writes.push_back(std::move(card));
    if (bytes < batch_bytes) continue;
    auto done = co_await write(call, plan, writes, commits);
    if (!done) co_return fail(done.error());
    if (!*done) co_return false;
    writes.clear();
    bytes = 0;
  }
  const auto of_cards = writes.size();
  std::vector<const Entry*> written;
  for (const auto& one : plan.books) {
    if (!one.changed && !one.gone) continue;
    std::optional<std::string> value;
    if (!one.gone) value = stored(one.book);
    writes.push_back({DataType::address_book, one.book.object, std::move(value)});
    written.push_back(&one);
  }
  if (writes.empty()) co_return true;
  auto done = co_await write(call, plan, writes, commits);
  if (!done) co_return fail(done.error());
  if (!*done) co_return false;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i]->created.empty()) continue;
    auto book = written[i]->book;
    book.object = (**done)[of_cards + i];
    call.created[written[i]->created] = book.id();
    plan.answer.created[written[i]->created] = book_json(book);
  }
  co_return true;
}

}  // namespace

Task<Answer> book_set(Call& call, json::object arguments) {
  auto asked = read_request(call, std::move(arguments));
  if (!asked) co_return std::unexpected(asked.error());
  const auto before = call.services.store.view(call.account());
  if (auto good = check_state(asked->set.if_in_state, before, DataType::address_book); !good) co_return std::unexpected(good.error());
  OwnCommits commits(before, DataType::address_book);
  for (int i = 0; i < most_tries; ++i) {
    MakePlan work{&call, &*asked};
    auto plan = co_await call.services.store.workers().run(std::move(work));
    if (!plan) co_return std::unexpected(method_error(plan.error()));
    auto done = co_await carry_out(call, *plan, commits);
    if (!done) co_return std::unexpected(method_error(done.error()));
    if (!*done) continue;
    auto answer = plan->answer.tell(call, {}, {});
    commits.tell(answer, call.services.store.view(call.account()));
    co_return answer;
  }
  co_return method_fail("serverUnavailable", "Too many others change this account now; try again.");
}

}  // namespace posthorn::jmap
