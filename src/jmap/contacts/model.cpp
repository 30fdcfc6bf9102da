#include "jmap/contacts/model.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::string_view own_name = "Contacts";

Result<json::object> read_object(const store::Object& object) {
  boost::system::error_code error;
  auto value = json::parse(object.value, error);
  if (error || !value.is_object()) return fail(Errc::corrupt, "a stored contact or address book is no JSON", "Run posthorn verify");
  return std::move(value.get_object());
}

Result<Book> read_book(const store::Object& object) {
  TRY_ASSIGN(const auto fields, read_object(object));
  Book out;
  out.object = object.id;
  out.own = flag_at(fields, "own");
  out.subscribed = flag_at(fields, "isSubscribed");
  out.is_default = flag_at(fields, "isDefault");
  if (const auto* name = fields.if_contains("name"); name != nullptr && name->is_string()) out.name = name->get_string();
  if (const auto* text = fields.if_contains("description")) out.description = *text;
  if (const auto* order = fields.if_contains("sortOrder"); order != nullptr && order->is_int64() && order->get_int64() >= 0) out.sort_order = static_cast<std::uint64_t>(order->get_int64());
  return out;
}

Result<Card> read_card(const store::Object& object) {
  Card out;
  out.id = object.id;
  out.size = object.value.size();
  TRY_ASSIGN(out.json, read_object(object));
  return out;
}

}  // namespace

std::string card_id(ObjectId id) { return "C" + store::object_id(id).substr(1); }
std::optional<ObjectId> card_of(std::string_view text) {
  if (!text.starts_with('C')) return std::nullopt;
  return store::object_id_of("O" + std::string(text.substr(1)));
}
std::string book_id(ObjectId id) { return "B" + store::object_id(id).substr(1); }
std::string Book::id() const { return own ? "B0" : book_id(object); }

Result<std::vector<Book>> books_of(const store::View& view) {
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::address_book));
  std::vector<Book> out;
  for (const auto& object : objects) {
    TRY_ASSIGN(auto one, read_book(object));
    out.push_back(std::move(one));
  }
  if (std::ranges::none_of(out, &Book::own)) {
    Book own;
    own.own = true;
    own.name = own_name;
    out.push_back(std::move(own));
  }
  if (std::ranges::none_of(out, &Book::is_default)) std::ranges::find_if(out, &Book::own)->is_default = true;
  std::ranges::sort(out, [](const Book& a, const Book& b) {
    if (a.sort_order != b.sort_order) return a.sort_order < b.sort_order;
    if (a.own != b.own) return a.own;
    return a.name != b.name ? a.name < b.name : a.id() < b.id();
  });
  return out;
}

json::object book_json(const Book& book) {
  return {{"id", book.id()},
          {"name", book.name},
          {"description", book.description},
          {"sortOrder", book.sort_order},
          {"isDefault", book.is_default},
          {"isSubscribed", book.subscribed},
          {"shareWith", nullptr},
          {"myRights", json::object{{"mayRead", true}, {"mayWrite", true}, {"mayShare", false}, {"mayDelete", !book.own}}}};
}

std::string stored(const Book& book) {
  return json::serialize(json::object{{"own", book.own}, {"name", book.name}, {"description", book.description}, {"sortOrder", book.sort_order}, {"isDefault", book.is_default}, {"isSubscribed", book.subscribed}});
}

Result<std::vector<Card>> cards_of(const store::View& view) {
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::contact));
  std::vector<Card> out;
  out.reserve(objects.size());
  for (const auto& object : objects) {
    TRY_ASSIGN(auto one, read_card(object));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::optional<Card>> find_card(const store::View& view, ObjectId id) {
  TRY_ASSIGN(const auto object, view.object(store::DataType::contact, id));
  if (!object) return std::optional<Card>();
  TRY_ASSIGN(auto card, read_card(*object));
  return std::optional(std::move(card));
}

bool is_in(const Card& card, std::string_view book) {
  const auto* books = card.json.if_contains("addressBookIds");
  return books != nullptr && books->is_object() && books->get_object().contains(book);
}

}  // namespace posthorn::jmap
