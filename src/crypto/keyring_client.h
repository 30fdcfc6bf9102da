// crypto/keyring_client.h - the serving process's side of a keyring in a process of its own.
#pragma once

#include <functional>

#include "crypto/keyring.h"

namespace posthorn::crypto {

// Two SOCK_SEQPACKET conversations: one for what is quick, one for password hashes, which would keep the quick ones waiting.
struct KeyringSockets {
  int quick = -1, slow = -1;
};

// Takes the sockets. Waits for the keyring's hello; its own words why there is none. `gone` is told once, on a thread of its own, if the
// keyring ends for good: from then on everything is unavailable.
// It keeps in memory: the shared keys, and the keys of accounts in use. It never has: the master key, keys that sign, password hashes.
Result<std::unique_ptr<Keyring>> remote_keyring(KeyringSockets sockets, std::function<void()> gone);

}  // namespace posthorn::crypto
