// AddressBook/get, /changes (RFC 9610 2.1, 2.2); ContactCard/get, /changes, /query, /queryChanges, /copy (3.1 to 3.6). They run on workers: an
// account may have thousands of cards.
#include <algorithm>
#include <array>

#include "jmap/contacts/card_query.h"
#include "jmap/contacts/methods.h"
#include "jmap/contacts/pictures.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using store::DataType;

constexpr std::array<std::string_view, 8> book_properties = {"id", "name", "description", "sortOrder", "isDefault", "isSubscribed", "shareWith", "myRights"};

Answer get_books(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(request, book_properties));
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto all, books_of(view));
  const auto find = [](const std::vector<Book>& among, const std::string& id) { return std::ranges::find(among, id, &Book::id); };
  return get_listed(call, request, all, find, book_json, state_of_type(view, DataType::address_book));
}

Answer change_books(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(auto delta, delta_of(view, DataType::address_book, request.since_state, request.max == 0 ? most_changes : request.max));
  JMAP_TRY(const auto all, books_of(view));
  json::array created, updated, destroyed;
  const auto own = std::ranges::find_if(all, &Book::own)->object;
  const auto text = [own](ObjectId id) { return id == own ? std::string("B0") : book_id(id); };
  // The own book was there before it was stored.
  for (const auto id : delta.created) (id == own ? updated : created).push_back(json::string(text(id)));
  for (const auto id : delta.updated) updated.push_back(json::string(text(id)));
  for (const auto id : delta.destroyed) destroyed.push_back(json::string(text(id)));
  return json::object{{"accountId", account_text(call.account())}, {"oldState", request.since_state}, {"newState", store::text_of(delta.until)}, {"hasMoreChanges", delta.more},
                      {"created", std::move(created)}, {"updated", std::move(updated)}, {"destroyed", std::move(destroyed)}};
}

// rfc:9553#1.7 A card may have properties of any name, so none that is asked for is wrong: one that it does not have is left out.
json::object tell(const GetRequest& request, const Card& card) {
  json::object out{{"id", card_id(card.id)}};
  for (const auto& [name, value] : card.json)
    if (!request.properties || std::ranges::find(*request.properties, std::string_view(name)) != request.properties->end()) out[name] = value;
  show_pictures(out, card.id);
  return out;
}

Answer get_cards(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  json::array list;
  std::vector<std::string> missing;
  if (!request.ids) {
    JMAP_TRY(const auto all, cards_of(view));
    if (all.size() > call.services.limits.objects_in_get) return method_fail("requestTooLarge", "There are too many to get all at once.");
    for (const auto& one : all) list.push_back(tell(request, one));
  }
  for (const auto& id : request.ids.value_or(std::vector<std::string>())) {
    const auto object = card_of(id);
    std::optional<Card> card;
    if (object) {
      JMAP_TRY(card, find_card(view, *object));
    }
    if (card) list.push_back(tell(request, *card));
    else missing.push_back(id);
  }
  return get_answer(call, state_of_type(view, DataType::contact), std::move(list), missing);
}

json::array ids_text(const std::vector<ObjectId>& ids) {
  json::array out;
  for (const auto id : ids) out.push_back(json::string(card_id(id)));
  return out;
}

Answer change_cards(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto delta, delta_of(view, DataType::contact, request.since_state, request.max == 0 ? most_changes : request.max));
  return changes_answer(call, request, delta, ids_text);
}

Answer query_cards(Call& call, Arguments arguments) {
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto wanted, read_card_query(arguments));
  JMAP_TRY(const auto window, read_window(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto cards, cards_of(view));
  return query_answer(call, window, run(wanted, cards), state_of_type(view, DataType::contact), true);
}

Answer query_changes_of_cards(Call& call, Arguments arguments) {
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto wanted, read_card_query(arguments));
  JMAP_TRY(const auto asked, read_query_changes_arguments(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto delta, delta_of(view, DataType::contact, asked.since, static_cast<std::size_t>(-1)));
  JMAP_TRY(const auto cards, cards_of(view));
  ChangedIds changed{ids_text(delta.created), ids_text(delta.updated), ids_text(delta.destroyed)};
  return query_changes_answer(call, asked, std::move(changed), run(wanted, cards), state_of_type(view, DataType::contact));
}

// rfc:8620#5.4 There is one account a login, so that there is nowhere to copy from.
Answer copy_cards(Call& call, Arguments arguments) {
  JMAP_TRY(const auto from, arguments.text("fromAccountId"));
  JMAP_CHECK(arguments.account());
  if (!from) return method_fail("invalidArguments", "fromAccountId is missing");
  if (*from == account_text(call.account())) return method_fail("invalidArguments", "fromAccountId must be another account than accountId");
  return method_fail("fromAccountNotFound", "There is no such account to copy from.");
}

}  // namespace

Task<Answer> book_get(Call& call, json::object arguments) { return later(call, std::move(arguments), get_books); }
Task<Answer> book_changes(Call& call, json::object arguments) { return later(call, std::move(arguments), change_books); }
Task<Answer> card_get(Call& call, json::object arguments) { return later(call, std::move(arguments), get_cards); }
Task<Answer> card_changes(Call& call, json::object arguments) { return later(call, std::move(arguments), change_cards); }
Task<Answer> card_query(Call& call, json::object arguments) { return later(call, std::move(arguments), query_cards); }
Task<Answer> card_query_changes(Call& call, json::object arguments) { return later(call, std::move(arguments), query_changes_of_cards); }
Task<Answer> card_copy(Call& call, json::object arguments) { return later(call, std::move(arguments), copy_cards); }

}  // namespace posthorn::jmap
