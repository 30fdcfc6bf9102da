// post/signing_keys.h - the DKIM keys of our domains: made, published, used once the DNS shows them, retired. They rest in the store,
// wrapped by the Keyring. Called by the Office (which signs what our people send), by admin, and by the server's look at the DNS.
// Errors: exists, not_found, refused, invalid, and those of the store.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signing_key.h"
#include "dns/resolver.h"
#include "store/store.h"

namespace posthorn::post {

// published: made, its record is to be put into the DNS; active: seen there, mail is signed with it; retired: signs no more, but its
// record must stay for as long as mail signed with it may still be checked.
enum class KeyState : std::uint8_t { published, active, retired };
std::string_view name_of(KeyState state);

struct SigningKeyInfo {
  std::string domain, selector;
  crypto::KeyKind kind = crypto::KeyKind::rsa;
  unsigned bits = 0;
  KeyState state = KeyState::published;
  WallTime created{}, changed{};  // changed: into its present state
  std::string record_name;        // "selector._domainkey.domain"
  std::string record;             // the TXT to publish
};

struct Signer {
  std::string selector;
  crypto::SigningKey key;
};

// What a look at the DNS found for one key.
struct KeySighting {
  SigningKeyInfo key;      // after the look
  bool seen = false;
  std::string why;         // for people, when not seen
};

class SigningKeys {
 public:
  SigningKeys(store::Store& store, const crypto::Keyring& keyring) : store_(store), keyring_(keyring) {}

  Result<std::vector<SigningKeyInfo>> list(std::string_view domain = {}) const;  // of all domains, if none is named
  Task<Result<SigningKeyInfo>> add(std::string domain, std::string selector, crypto::SigningKey key);
  // A new RSA-2048 and a new Ed25519 key, in the state published, with selectors that tell the month. They take over from the active
  // ones when look() has seen them.
  Task<Result<std::vector<SigningKeyInfo>>> generate(std::string domain);
  Task<Status> retire(std::string domain, std::string selector);
  // Asks the DNS for the records of keys in the state published; those seen become active, and older active ones of the same kind retire.
  Task<Result<std::vector<KeySighting>>> look(dns::Resolver& resolver, std::string domain = {});

  // The active keys of a domain; empty: its mail is not signed.
  Result<std::shared_ptr<const std::vector<Signer>>> signers(std::string_view domain) const;

 private:
  struct Row;
  Result<std::vector<Row>> rows(std::string_view domain) const;
  Task<Status> set_state(std::string domain, std::string selector, KeyState state);

  struct Cached {
    std::optional<std::uint64_t> count;  // of the commits to the space of the rows when these were read
    std::string rows;  // as they stood in the store: other bytes, other keys
    std::shared_ptr<const std::vector<Signer>> signers;
  };
  store::Store& store_;
  const crypto::Keyring& keyring_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Cached, std::less<>> cache_;
};

// The DKIM-Signature fields for a message that `domain` sends, one for each active key; empty if it has none.
Result<std::string> signatures(const SigningKeys& keys, std::string_view domain, std::string_view message, WallTime now);

}  // namespace posthorn::post
