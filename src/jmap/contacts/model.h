// jmap/contacts/model.h - the address books and cards of an account (RFC 9610) as they are stored: one JMAP object each, JSON inside. Everybody
// has one book from the first day, "B0", which is stored only once it was changed and cannot be destroyed. Inside jmap only.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace posthorn::jmap {

inline constexpr std::size_t most_books = 100, most_cards = 5'000;
inline constexpr std::size_t largest_card = 256u << 10, all_cards = 64u << 20;  // octets as JSON; of an account together

struct Book {
  ObjectId object{};  // 0: not stored
  bool own = false;   // the one that everybody has
  std::string name;
  boost::json::value description;  // string or null
  std::uint64_t sort_order = 0;
  bool subscribed = true, is_default = false;

  std::string id() const;
};

std::string card_id(ObjectId id);                          // "C1f"
std::optional<ObjectId> card_of(std::string_view text);
std::string book_id(ObjectId id);                          // "B1f"; of the own one: "B0"

// Sorted as shown, the own one first among equals. Exactly one is the default.
Result<std::vector<Book>> books_of(const store::View& view);
boost::json::object book_json(const Book& book);
std::string stored(const Book& book);

// A card as its owner sees it, but for "id".
struct Card {
  ObjectId id{};
  boost::json::object json;
  std::size_t size = 0;  // as stored
};
Result<std::vector<Card>> cards_of(const store::View& view);
Result<std::optional<Card>> find_card(const store::View& view, ObjectId id);
bool is_in(const Card& card, std::string_view book);

}  // namespace posthorn::jmap
