#include "world/keys.h"

#include "trust/dkim/dkim.h"

namespace posthorn::sim {

crypto::SigningKey signing_key() {
  auto key = crypto::SigningKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIBVZ+aTxBHAMnoNj5c9g34FZrNF0H0aaP3wASWj5k7h0\n"
      "-----END PRIVATE KEY-----\n");
  return std::move(*key);
}

std::string signing_record() { return trust::dkim::key_record(signing_key()); }

}  // namespace posthorn::sim
