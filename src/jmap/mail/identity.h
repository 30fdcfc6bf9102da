// jmap/mail/identity.h - the identities of an account (RFC 8621 6): what is stored of them, and the one that everybody has, for the
// account's own address. That one has the id "I0" and is stored only once it was changed.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace posthorn::jmap {

struct Identity {
  ObjectId object{};   // 0: not stored
  bool own = false;    // of the account's own address
  std::string name, email, text_signature, html_signature;
  boost::json::value reply_to, bcc;  // EmailAddress[] or null

  std::string id() const;
};

Result<std::vector<Identity>> identities(const store::View& view);
Result<std::optional<Identity>> find_identity(const store::View& view, std::string_view id);
std::string stored(const Identity& identity);
boost::json::object identity_json(const Identity& identity);

}  // namespace posthorn::jmap
