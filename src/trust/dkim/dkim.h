// trust/dkim/dkim.h - DKIM signatures verified and made (RFC 6376, 8301, 8463, 8616). Pure; called by trust::judge, the queue
// and `posthorn check`. Security: fields, keys and text come from strangers (attacks.md C3, C4, C6, C7): Limits, no recursion,
// `d=` and `s=` must be host names before anything is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/signing_key.h"
#include "mail/message.h"
#include "trust/answers.h"

namespace posthorn::trust::dkim {

enum class Result : std::uint8_t { pass, fail, neutral, policy, temperror, permerror };  // RFC 8601 2.7.1
std::string_view name_of(Result result);
enum class Canonical : std::uint8_t { simple, relaxed };
// How the fields we write are folded: to 78 columns, or never within b= (ARC-Seals cover the folds of signatures, and the public
// suite has none there).
enum class Folding : std::uint8_t { short_lines, between_tags };
// What was found wrong, for the explanation and the solver.
enum class Fault : std::uint8_t { none, body_hash, header_hash, key, syntax, expired, weak, body_length, dns, too_many };

struct Limits {
  unsigned signatures = 5;        // verified; the others are permerror/too_many (attacks.md C7)
  unsigned rsa_min = 1024, rsa_max = 4096;
  bool sha1 = false;              // only for tests of old mathematics
  std::size_t key_record = 8192;
  Duration skew = std::chrono::minutes(5);  // a t= so far in the future is accepted
};

struct Signature {
  Result result = Result::permerror;
  Fault fault = Fault::none;
  std::string reason;             // for people
  std::string domain, selector, identity;      // d=, s=, i=
  std::string algorithm;          // "rsa-sha256", as written
  Canonical header = Canonical::simple, body = Canonical::simple;
  std::vector<std::string> signed_fields;      // h=, lower case, in order
  std::string body_hash;          // bh=, raw bytes
  std::string signature;          // b=, raw bytes
  std::optional<std::uint64_t> length;         // l=
  std::optional<WallTime> signed_at, expires;  // t=, x=
  unsigned key_bits = 0;
  bool testing = false;           // key's t=y
  std::vector<std::string> unsigned_fields;    // of From, Subject, Content-Type...: present but not covered, or extra instances
  std::size_t field = 0;          // index of the field in message.root().fields
};

// One for each DKIM-Signature field from the top; empty: no signature. Nothing: ask answers.take_missing() and call again; the
// keys of all signatures are asked for before the first octet is hashed.
std::optional<std::vector<Signature>> verify(const mail::Message& message, Answers& answers, WallTime now, const Limits& limits = {});

struct SignOptions {
  std::string domain, selector;
  WallTime now{};
  Duration lifetime = std::chrono::hours(24 * 14);  // x=; attacks.md C5
  Canonical header = Canonical::relaxed, body = Canonical::relaxed;
};
// The field "DKIM-Signature: ...CRLF" to put on top; oversigned (attacks.md C4), never l=.
::posthorn::Result<std::string> sign(const mail::Message& message, const crypto::SigningKey& key, const SignOptions& options);

// The TXT record to publish at SELECTOR._domainkey.DOMAIN.
std::string key_record(const crypto::SigningKey& key);

}  // namespace posthorn::trust::dkim
