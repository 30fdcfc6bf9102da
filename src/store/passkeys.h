// store/passkeys.h - public keys that open the webmail (WebAuthn): kept with the account, and how far their counters are.
#pragma once

#include <string>
#include <vector>

#include "store/record/records.h"
#include "store/store.h"

namespace posthorn::store {

Result<std::vector<PasskeyRecord>> passkeys(const Store& store, AccountId account);
// Exists: a label, or a credential, that is there already. Too_big: 20 are there.
Task<Status> add_passkey(Store& store, AccountId account, PasskeyRecord key);
Task<Status> remove_passkey(Store& store, AccountId account, std::string label);
// In one transaction with the look at it, so that of two assertions with one counter one counts. Refused: it went back.
Task<Status> use_passkey(Store& store, AccountId account, std::string credential, std::uint32_t counter);

}  // namespace posthorn::store
