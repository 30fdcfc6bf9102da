// store/known_networks.h - from where an account was used with its password, kept for 30 days: there nobody else can lock its owner out
// (hardening.md 5.6). A new password makes all networks unknown again.
#pragma once

#include <string_view>

#include "store/store.h"

namespace posthorn::store {

struct AccountRecord;

// The network that an address counts as: IPv4 /26, IPv6 /48.
std::string login_network(std::string_view address);
// Whether it was used from there within 30 days.
bool is_known_network(const Reader& reader, AccountId account, const AccountRecord& record, std::string_view network, WallTime now);
// Written once a day at most; an error only means that the network stays unknown.
Task<Status> remember_network(Store& store, AccountId account, std::string network);
Status forget_networks(Transaction& tx, AccountId account);

}  // namespace posthorn::store
