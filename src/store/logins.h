// store/logins.h - sasl::Accounts over the store: password checks on the worker pool, app passwords.
// How often may be tried is login_guard's to say, which stands before it.
#pragma once

#include <memory>
#include <string>

#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::store {

// The account's name as it is looked up: "Alice@Blue.Test" is alice@blue.test.
std::string login_name(const std::string& user);
// What changes when a login ends: with another password, without the app password, when the account is disabled ("-") or gone ("-"). Empty:
// cannot be told now.
std::string credential_mark(const Store& store, const sasl::Login& login);
// For a commit that lets somebody in for longer than their password's check: whether it is still theirs, and the account enabled.
Result<bool> still_opens(const Reader& reader, const sasl::Login& login);
std::unique_ptr<sasl::Accounts> make_logins(Store& store, const crypto::Keyring& keyring);

}  // namespace posthorn::store
