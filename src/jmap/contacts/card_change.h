// jmap/contacts/card_change.h - what a ContactCard/set asks for, made up as writes against the cards that there are (RFC 9610 section 3.5).
// Reads blobs from the store, writes nothing. Inside jmap only.
// Security: reads what a logged-in client sends: cards and their sum are limited (model.h), pictures to a size and to formats that are known.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jmap/contacts/model.h"
#include "jmap/core/method.h"

namespace posthorn::jmap {

struct CardWish {
  enum class What : std::uint8_t { create, update, destroy } what = What::create;
  std::string key;  // creation id, or id
  boost::json::object object{};
};

// The cards of an account as they would be after the writes that were made up.
class CardDesk {
 public:
  static Result<CardDesk> open(const Call& call);
  ModSeq seen() const { return seen_; }
  void wrote(ModSeq modseq) { seen_ = modseq; }

  struct Made {
    store::ObjectWrite write;
    boost::json::object told{};  // what the client does not know of it
  };
  std::expected<Made, SetError> make(const CardWish& wish);

 private:
  using Changed = std::expected<void, SetError>;
  explicit CardDesk(const Call& call) : call_(&call) {}
  std::expected<Made, SetError> create(const CardWish& wish);
  std::expected<Made, SetError> update(const CardWish& wish);
  std::expected<Made, SetError> destroy(const CardWish& wish);
  Changed check_books(boost::json::object& card) const;
  Changed take_pictures(boost::json::object& card) const;
  Changed check_room(std::size_t before, std::size_t after) const;
  Changed finish(boost::json::object& card, const std::string& uid_before) const;
  Card* find(const std::string& id);

  const Call* call_;
  ModSeq seen_{};
  std::vector<Book> books_;
  std::vector<Card> cards_;
  std::set<std::string, std::less<>> uids_;
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace posthorn::jmap
