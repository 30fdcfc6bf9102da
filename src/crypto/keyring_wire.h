// crypto/keyring_wire.h - what is said between the serving process and its keyring: typed messages over a socket that keeps their bounds
// (SOCK_SEQPACKET). Pure. Each side reads what the other wrote as if it came from a stranger.
// Security: a message is at most 64 KiB; each operation has a row that says how many texts of what size it takes (attacks.md F24).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::crypto::wire {

inline constexpr std::size_t message_limit = 64u << 10;

enum class Operation : std::uint8_t {
  new_account_key = 1,  // number: the account -> its key, sealed
  open_account_key,     // number: the account; the sealed key -> the key
  wrap_signing_key,     // purpose, PEM -> sealed
  describe_key,         // purpose, sealed -> public bytes; number: kind << 32 | bits
  sign,                 // purpose, sealed, digest -> signature
  hash_password,        // password, salt or empty; number: iterations -> Argon2id, salt, SCRAM keys; number: iterations
  verify_password,      // password, verifiers... -> number: which one fits, from 1 on
  scram_signature,      // salt, auth message, proof, (stored key, server key)... -> the signature, or no text; number: whose
  new_code_secret,      // number: the account -> the secret sealed, and to be shown
  code_step,            // number: the account; the sealed secret, the code, the time in ms -> number: the step, or 0
};

struct Request {
  Operation operation = Operation::new_account_key;
  std::uint64_t id = 0;      // the caller's
  std::uint64_t number = 0;
  std::vector<std::string> texts;
  bool operator==(const Request&) const = default;
};

enum class Outcome : std::uint8_t {
  hello = 1,  // a keyring has begun to listen; the shared keys. What it was asked before is lost: ask again
  failed,     // the error's texts; number: its code. With id 0: there will be no hello
  done,
};
struct Response {
  Outcome outcome = Outcome::done;
  std::uint64_t id = 0;
  std::uint64_t number = 0;
  std::vector<std::string> texts;
  bool operator==(const Response&) const = default;
};

std::string encode(const Request& request);
std::string encode(const Response& response);
Result<Request> decode_request(std::string_view bytes);
Result<Response> decode_response(std::string_view bytes);

Response failure(std::uint64_t id, const Error& error);
Error error_of(const Response& failed);

}  // namespace posthorn::crypto::wire
