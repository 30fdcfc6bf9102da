// store/codes.h - the second factor of an account: one-time codes by time (RFC 6238), and recovery codes for when the app is lost. The
// secret is sealed by the Keyring, which alone reads it after it was shown; of recovery codes only HMACs are kept.
// Security: attacks.md E14: each code counts once, in the transaction that takes it. How often may be tried is login_guard's to say.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace posthorn::store {

struct CodesState {
  bool on = false;
  std::size_t recovery_left = 0;
};
Result<CodesState> codes_state(const Store& store, AccountId account);

// A new secret, to be shown; it counts once confirm_codes() has seen a code of it, and until then what was before.
Task<Result<std::string>> begin_codes(Store& store, const crypto::Keyring& keyring, AccountId account);
// The recovery codes, to be shown. Refused: the code is wrong. Not found: nothing was begun.
Task<Result<std::vector<std::string>>> confirm_codes(Store& store, const crypto::Keyring& keyring, AccountId account, std::string code);
// New ones in place of those that are left. Not found: the account has no codes.
Task<Result<std::vector<std::string>>> new_recovery_codes(Store& store, const crypto::Keyring& keyring, AccountId account);
Task<Status> end_codes(Store& store, AccountId account);

// Whether it is a code of the app or a recovery code that was not used before; it is used up with this.
Task<Result<bool>> use_code(Store& store, const crypto::Keyring& keyring, AccountId account, std::string code);

}  // namespace posthorn::store
