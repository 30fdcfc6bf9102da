// jmap/web/webauthn.h - passkeys: what a browser and its authenticator say when one is made and when one is shown (W3C Web Authentication
// Level 2, 7.1 and 7.2; without attestation). Pure.
// Security: hostile bytes before login. Bounded: clientDataJSON 4 KiB, attestation 16 KiB, keys of two known kinds (ES256, EdDSA), CBOR of
// definite lengths without recursion. What is signed must be for our challenge, our origin, our name, present and verified.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::jmap {

// What we asked for.
struct Ceremony {
  std::string origin;     // "https://mail.example.org"
  std::string rp_id;      // "mail.example.org"
  std::string challenge;  // its octets
};

struct Passkey {
  std::string credential;  // its id
  std::string key;         // kind_es256 and the point (65 octets), or kind_ed25519 and the key (32)
  std::uint32_t counter = 0;
};
inline constexpr char kind_es256 = 1, kind_ed25519 = 2;

// Section 7.1. Errors say what is wrong; for the log.
Result<Passkey> read_registration(const Ceremony& ceremony, std::string_view client_data, std::string_view attestation_object);

// Section 7.2: the counter that it told. Refused: not by this key, not for us, or the counter went back (a copied authenticator).
Result<std::uint32_t> check_assertion(const Ceremony& ceremony, const Passkey& known, std::string_view client_data, std::string_view authenticator_data, std::string_view signature);

}  // namespace posthorn::jmap
