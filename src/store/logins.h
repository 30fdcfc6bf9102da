// store/logins.h - sasl::Accounts over the store: password checks on the worker pool, app passwords, failure counts.
#pragma once

#include <memory>

#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::store {

std::unique_ptr<sasl::Accounts> make_logins(Store& store, const crypto::Keyring& keyring);

}  // namespace posthorn::store
