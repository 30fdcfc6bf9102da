// jmap/push/subscription.h - a push subscription (RFC 8620 section 7.2) as it is kept: sealed, because its URL and keys let anybody who has
// them send to the device. They belong to a login, not to an account's data: no state, no changes, rows of their own (Space::node), and they
// end with the password or the browser's session they were made under. Inside jmap only.
#pragma once

#include <string>
#include <vector>

#include "crypto/keyring.h"
#include "crypto/web_push.h"
#include "jmap/core/method.h"
#include "jmap/core/states.h"
#include "store/store.h"

namespace posthorn::jmap {

struct Subscription {
  ObjectId id{};
  std::string device;                 // deviceClientId
  std::string url;
  crypto::WebPushKeys keys;           // both empty: nothing is encrypted
  std::string code;                   // what we push and wait to be told
  bool verified = false;
  WallTime expires{};
  Types types;
  std::string app_password;           // the label of that it was made with; empty: the account's own login, also that of a browser
  ObjectId session{};                 // of the browser that made it; 0: it was made with a password
  std::string stamp;                  // of the password
};

std::string subscription_id(ObjectId id);  // "P1f"

// rfc:8620#7.2.1 only who made one sees and changes it.
inline bool is_of(const Subscription& one, const Call& call) { return one.app_password == call.login.app_password && one.session == call.session; }

// Those of an account that are good still. One that cannot be read is left out.
Result<std::vector<Subscription>> subscriptions_of(const store::Store& store, const crypto::Keyring& keyring, AccountId account, WallTime now);
// Who has any.
Result<std::vector<AccountId>> subscribers(const store::Store& store);

// Writes it, under the password that it names as it is now if it is new (id 0). Its id. not_found: that password was taken back.
Task<Result<ObjectId>> keep_subscription(store::Store& store, const crypto::Keyring& keyring, AccountId account, Subscription subscription);
Task<Status> erase_subscription(store::Store& store, AccountId account, ObjectId id);
// Those that are good no more, and all if the account is gone.
Task<Status> erase_old_subscriptions(store::Store& store, const crypto::Keyring& keyring, AccountId account, WallTime now);

}  // namespace posthorn::jmap
