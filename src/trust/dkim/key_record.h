// trust/dkim/key_record.h - the key of a signature, found among the TXT records of SELECTOR._domainkey.DOMAIN (RFC 6376 3.6.1,
// 8301, 8463). Internal to src/trust. Pure. Security: records of strangers; bounded by Limits::key_record.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/signing_key.h"
#include "dns/resolver.h"
#include "trust/dkim/dkim.h"

namespace posthorn::trust::dkim {

enum class IdentityDomain : std::uint8_t { same, below };  // that of i= against d=

// What the signature needs of its key.
struct KeyWanted {
  crypto::KeyKind kind = crypto::KeyKind::rsa;
  crypto::Digest digest = crypto::Digest::sha256;
  IdentityDomain identity = IdentityDomain::same;
};

struct KeyFound {
  std::optional<crypto::VerifyingKey> key;  // nothing: result, fault and reason say why
  Result result = Result::permerror;
  Fault fault = Fault::key;
  std::string reason;
  unsigned bits = 0;
  bool testing = false;
};

std::string key_name(std::string_view selector, std::string_view domain);
KeyFound read_key(std::string_view record, const KeyWanted& wanted, const Limits& limits);
// Of several records the first that can be used; else what is wrong with the first.
KeyFound choose_key(const dns::Answer& answer, const KeyWanted& wanted, const Limits& limits);

}  // namespace posthorn::trust::dkim
