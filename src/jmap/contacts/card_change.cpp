#include "jmap/contacts/card_change.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/contacts/deep_patch.h"
#include "jmap/contacts/shape.h"
#include "jmap/contacts/pictures.h"
#include "jmap/core/blobs.h"
#include "jmap/mail/email_json.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::unexpected<SetError> refuse(std::string type, std::string why, std::vector<std::string> properties = {}) {
  return std::unexpected<SetError>(SetError{std::move(type), std::move(why), std::move(properties), {}});
}

// rfc:9562#5.4
std::string new_uid() {
  auto bytes = crypto::random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const auto text = hex(bytes);
  return "urn:uuid:" + text.substr(0, 8) + "-" + text.substr(8, 4) + "-" + text.substr(12, 4) + "-" + text.substr(16, 4) + "-" + text.substr(20);
}

}  // namespace

Result<CardDesk> CardDesk::open(const Call& call) {
  const auto view = call.services.store.view(call.account());
  CardDesk out(call);
  out.seen_ = view.modseq();
  TRY_ASSIGN(out.books_, books_of(view));
  TRY_ASSIGN(out.cards_, cards_of(view));
  for (const auto& card : out.cards_) {
    out.uids_.insert(string_at(card.json, "uid"));
    out.bytes_ += card.size;
  }
  out.count_ = out.cards_.size();
  return out;
}

std::expected<CardDesk::Made, SetError> CardDesk::make(const CardWish& wish) {
  switch (wish.what) {
    case CardWish::What::create: return create(wish);
    case CardWish::What::update: return update(wish);
    case CardWish::What::destroy: return destroy(wish);
  }
  return refuse("serverFail", "");
}

Card* CardDesk::find(const std::string& id) {
  const auto wanted = card_of(id);
  const auto found = std::ranges::find_if(cards_, [&wanted](const Card& card) { return wanted && card.id == *wanted; });
  return found == cards_.end() ? nullptr : &*found;
}

// rfc:9610#3 "A card MUST belong to at least one AddressBook at all times"; "The value for each key in the object MUST be true".
CardDesk::Changed CardDesk::check_books(json::object& card) const {
  const auto bad = [](std::string why) { return refuse("invalidProperties", std::move(why), {"addressBookIds"}); };
  auto* given = card.if_contains("addressBookIds");
  if (given == nullptr || !given->is_object() || given->get_object().empty()) return bad("addressBookIds must name at least one address book");
  json::object books;
  for (const auto& entry : given->get_object()) {
    if (!entry.value().is_bool() || !entry.value().get_bool()) return bad("addressBookIds must map ids to true");
    const std::string id(entry.key());
    const auto resolved = call_->resolve(id).value_or(id);
    if (std::ranges::find(books_, resolved, &Book::id) == books_.end()) return bad("there is no address book " + printable(id, 100));
    books[resolved] = true;
  }
  card["addressBookIds"] = std::move(books);
  return {};
}

// rfc:9610#3, 3.5: "The server MUST reject attempts to set a file that is not a recognised image type as the photo for a card". The picture
// becomes part of the card.
CardDesk::Changed CardDesk::take_pictures(json::object& card) const {
  auto* media = card.if_contains("media");
  if (media == nullptr || !media->is_object()) return {};
  for (auto& entry : media->get_object()) {
    auto* one = entry.value().if_object();
    const auto* blob_id = one == nullptr ? nullptr : one->if_contains("blobId");
    if (blob_id == nullptr) continue;
    const auto bad = [&entry](std::string why) { return refuse("invalidProperties", "media/" + printable(std::string_view(entry.key()), 100) + ": " + std::move(why), {"media"}); };
    if (!blob_id->is_string() || one->contains("uri")) return bad("one of uri and blobId is needed, as a string");
    const std::string name(blob_id->get_string());
    const auto blob = read_blob(call_->services.store, call_->account(), call_->resolve(name).value_or(name));
    if (!blob) return std::unexpected(set_error(blob.error()));
    if (!*blob) return bad("there is no blob " + printable(name, 100));
    const auto type = picture_type((*blob)->bytes);
    if (type.empty()) return bad("the blob is no PNG, JPEG, GIF or WebP picture");
    if ((*blob)->bytes.size() > largest_picture) return bad("pictures of cards may have " + std::to_string(largest_picture) + " octets");
    one->erase("blobId");
    (*one)["mediaType"] = type;
    (*one)["uri"] = picture_uri(type, (*blob)->bytes);
  }
  return {};
}

CardDesk::Changed CardDesk::check_room(std::size_t before, std::size_t after) const {
  if (after > largest_card) return refuse("tooLarge", "a card may have " + std::to_string(largest_card) + " octets");
  if (bytes_ - before + after > all_cards) return refuse("overQuota", "there is no room for more in the address books of this account");
  return {};
}

// What create and update have in common. `uid_before`: its own, which is no other's.
CardDesk::Changed CardDesk::finish(json::object& card, const std::string& uid_before) const {
  if (card.contains("id")) return refuse("invalidProperties", "id is the server's to set", {"id"});
  if (auto good = take_pictures(card); !good) return good;
  if (auto good = check_card(card); !good) return good;
  if (auto good = check_books(card); !good) return good;
  // rfc:9610#3 "there MUST NOT be more than one ContactCard with the same uid in an Account".
  if (const auto uid = string_at(card, "uid"); uid != uid_before && uids_.contains(uid)) return refuse("invalidProperties", "there is a card with that uid already", {"uid"});
  return {};
}

std::expected<CardDesk::Made, SetError> CardDesk::create(const CardWish& wish) {
  if (count_ >= most_cards) return refuse("overQuota", "there are " + std::to_string(most_cards) + " cards already");
  auto card = wish.object;
  const auto now = utc_date(call_->services.clock.now());
  const auto or_else = [&card](std::string_view name, json::value value) {
    if (!card.contains(name)) card[name] = std::move(value);
  };
  or_else("@type", "Card");
  or_else("version", "1.0");
  or_else("uid", json::value(new_uid()));
  or_else("created", json::value(now));
  or_else("updated", json::value(now));
  // A client that does not care has it where most are.
  or_else("addressBookIds", json::object{{std::ranges::find_if(books_, &Book::is_default)->id(), true}});
  if (auto good = finish(card, {}); !good) return std::unexpected(good.error());
  Made out{{store::DataType::contact, ObjectId{}, json::serialize(card)}, {}};
  const auto size = out.write.value->size();
  if (auto good = check_room(0, size); !good) return std::unexpected(good.error());
  for (const auto& [name, value] : card) {
    const auto* given = wish.object.if_contains(name);
    if (given == nullptr || *given != value) out.told[name] = value;
  }
  uids_.insert(string_at(card, "uid"));
  bytes_ += size;
  ++count_;
  return out;
}

std::expected<CardDesk::Made, SetError> CardDesk::update(const CardWish& wish) {
  auto* found = find(wish.key);
  if (found == nullptr) return refuse("notFound", "there is no such card");
  auto patch = wish.object;
  // rfc:8620#5.3 what cannot be set may be sent if it is what it was.
  if (const auto* id = patch.if_contains("id"); id != nullptr && id->is_string() && std::string_view(id->get_string()) == wish.key) patch.erase("id");
  auto card = found->json;
  show_pictures(card, found->id);  // the patch is of what the client sees
  if (auto good = apply_deep_patch(card, patch); !good) return std::unexpected(good.error());
  const auto uid = string_at(found->json, "uid");
  Made out;
  if (!patch.contains("updated")) {
    card["updated"] = utc_date(call_->services.clock.now());
    out.told["updated"] = card["updated"];
  }
  const auto pictures = card.contains("media") ? card["media"] : json::value();
  if (auto good = finish(card, uid); !good) return std::unexpected(good.error());
  // A blob that was uploaded has another name now.
  auto shown = card;
  show_pictures(shown, found->id);
  if (!pictures.is_null() && shown["media"] != pictures) out.told["media"] = shown["media"];
  out.write = {store::DataType::contact, found->id, json::serialize(card)};
  const auto size = out.write.value->size();
  if (auto good = check_room(found->size, size); !good) return std::unexpected(good.error());
  uids_.erase(uid);
  uids_.insert(string_at(card, "uid"));
  bytes_ = bytes_ - found->size + size;
  found->size = size;
  found->json = std::move(card);
  return out;
}

std::expected<CardDesk::Made, SetError> CardDesk::destroy(const CardWish& wish) {
  auto* found = find(wish.key);
  if (found == nullptr) return refuse("notFound", "there is no such card");
  Made out{{store::DataType::contact, found->id, std::nullopt}, {}};
  uids_.erase(string_at(found->json, "uid"));
  bytes_ -= found->size;
  --count_;
  cards_.erase(cards_.begin() + (found - cards_.data()));
  return out;
}

}  // namespace posthorn::jmap
