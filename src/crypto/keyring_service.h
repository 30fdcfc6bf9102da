// crypto/keyring_service.h - the keyring's side: answers what comes over a socket. Called by app/keyring in the keyring's process.
// Security: what does not decode ends the conversation with that peer; the process and its other conversations live (attacks.md F24).
#pragma once

#include "crypto/keyring.h"
#include "crypto/keyring_wire.h"

namespace posthorn::crypto {

// One request, one answer.
wire::Response answer(LocalKeyring& keyring, const wire::Request& request);
// Says hello.
Status greet(int socket, const LocalKeyring& keyring);
// Answers until the peer is gone, or sends what is no request. Any number of threads may do this on one socket.
void answer_all(int socket, LocalKeyring& keyring);

}  // namespace posthorn::crypto
