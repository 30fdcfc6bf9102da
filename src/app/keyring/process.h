// app/keyring/process.h - the keyring as a process of its own. start_keyring() by `serve`, before its walls stand; run_keyring() is that
// process. It ends with the server; when its child dies, the next one stands within a tenth of a second (longer each time it dies young).
#pragma once

#include "app/config/config.h"
#include "base/result.h"
#include "crypto/keyring_client.h"

namespace posthorn::app {

// The sockets to give to crypto::remote_keyring().
Result<crypto::KeyringSockets> start_keyring(const Config& config);

// Descriptors 3 and 4 are the conversations. Returns when the server is gone.
Status run_keyring(const Config& config);

}  // namespace posthorn::app
