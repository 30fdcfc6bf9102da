// store/login_guard.h - stands before the accounts: limits how often passwords are tried, makes guessers wait, and lets only a few be hashed
// at a time, those of known networks first. Without lock, memory or thread held while somebody waits.
#pragma once

#include <memory>

#include "sasl/accounts.h"
#include "store/login_limits.h"
#include "store/store.h"

namespace posthorn::store {

// `buckets` may be shared with others, and outlives it.
std::unique_ptr<sasl::Accounts> guard_logins(std::unique_ptr<sasl::Accounts> accounts, Store& store, net::TokenBuckets& buckets, LoginLimitOptions options = {});

}  // namespace posthorn::store
