#include "crypto/keyring_client.h"

#include <sodium.h>

#include <unordered_map>

#include "crypto/bytes.h"
#include "crypto/keyring_channel.h"
#include "crypto/master_keyring.h"

namespace posthorn::crypto {
namespace {

using wire::Operation;
using wire::Request;

constexpr std::size_t account_keys_kept = 10'000;
constexpr auto quick_patience = std::chrono::seconds(5);
constexpr auto slow_patience = std::chrono::seconds(10);  // hashes wait for their turn, and beyond it whoever logs in is asked to come back

// The keys of accounts in use, by account and sealed form: a lookup costs less than the opening that it saves.
class OpenedKeys {
 public:
  ~OpenedKeys() { clear(); }
  std::optional<std::string> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(name);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const std::string& name, const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (keys_.size() >= account_keys_kept) clear();
    keys_.emplace(name, key);
  }

 private:
  void clear() {
    for (auto& [name, key] : keys_) sodium_memzero(key.data(), key.size());
    keys_.clear();
  }
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> keys_;
};

std::unexpected<Error> strange() { return fail(Errc::unavailable, "the keyring gave an answer of the wrong shape"); }

// Shared with the signing keys that were given out.
struct Channels {
  Channels(KeyringSockets sockets, const std::function<void()>& gone)
      : quick(sockets.quick, quick_patience, gone), slow(sockets.slow, slow_patience, nullptr) {}
  KeyringChannel quick, slow;

  Result<std::string> text(Operation operation, AccountId account, std::vector<std::string> texts) {
    TRY_ASSIGN(auto response, quick.call(Request{operation, 0, number(account), std::move(texts)}));
    if (response.texts.size() != 1) return strange();
    return std::move(response.texts[0]);
  }
};

class RemoteKeyring final : public Keyring {
 public:
  RemoteKeyring(std::shared_ptr<Channels> channels, SharedKeys shared) : channels_(std::move(channels)), shared_(std::move(shared)) {}
  ~RemoteKeyring() override {
    sodium_memzero(shared_.queue.data(), shared_.queue.size());
    sodium_memzero(shared_.pseudonym.data(), shared_.pseudonym.size());
  }
  RemoteKeyring(const RemoteKeyring&) = delete;
  RemoteKeyring& operator=(const RemoteKeyring&) = delete;

  Result<std::string> new_account_key(AccountId account) override { return channels_->text(Operation::new_account_key, account, {}); }
  Result<std::string> wrap(AccountId account, std::string_view account_key, std::string_view data_key) const override {
    TRY_ASSIGN(const auto key, opened(account, account_key));
    return wrap_for(account, key, data_key);
  }
  Result<std::string> unwrap(AccountId account, std::string_view account_key, std::string_view wrapped) const override {
    TRY_ASSIGN(const auto key, opened(account, account_key));
    return unwrap_for(account, key, wrapped);
  }
  Result<std::string> wrap_queue(std::string_view data_key) const override { return seal(shared_.queue, data_key, "queue"); }
  Result<std::string> unwrap_queue(std::string_view wrapped) const override { return open(shared_.queue, wrapped, "queue"); }
  std::string pseudonym(std::string_view purpose, std::string_view text) const override { return pseudonym_under(shared_.pseudonym, purpose, text); }

  Result<std::string> wrap_signing_key(std::string_view purpose, const SigningKey& key) const override {
    return channels_->text(Operation::wrap_signing_key, AccountId{}, {std::string(purpose), key.pem()});
  }
  Result<SigningKey> signing_key(std::string_view purpose, std::string_view wrapped) const override {
    std::vector<std::string> name{std::string(purpose), std::string(wrapped)};
    TRY_ASSIGN(auto described, channels_->quick.call(Request{Operation::describe_key, 0, 0, name}));
    const auto kind = described.number >> 32;
    if (described.texts.size() != 1 || kind > static_cast<std::uint64_t>(KeyKind::ed25519)) return strange();
    auto sign = [channels = channels_, name = std::move(name)](std::string_view digest) {
      return channels->text(Operation::sign, AccountId{}, {name[0], name[1], std::string(digest)});
    };
    return SigningKey::elsewhere(static_cast<KeyKind>(kind), static_cast<unsigned>(described.number & 0xffffffff), std::move(described.texts[0]), std::move(sign));
  }

  Result<PasswordVerifiers> hash_password(std::string_view password, const ScramSalt& under) const override {
    TRY_ASSIGN(auto response, channels_->slow.call(Request{Operation::hash_password, 0, under.iterations, {std::string(password), under.salt}}));
    if (response.texts.size() != 3) return strange();
    PasswordVerifiers out;
    out.argon2id = std::move(response.texts[0]);
    out.iterations = static_cast<std::uint32_t>(response.number);
    out.salt = std::move(response.texts[1]);
    out.scram.stored = std::move(response.texts[2]);
    return out;
  }
  Result<std::optional<std::size_t>> verify_password(std::span<const std::string> verifiers, std::string_view password) const override {
    std::vector<std::string> texts{std::string(password)};
    texts.insert(texts.end(), verifiers.begin(), verifiers.end());
    TRY_ASSIGN(const auto response, channels_->slow.call(Request{Operation::verify_password, 0, 0, std::move(texts)}));
    if (response.number > verifiers.size()) return strange();
    if (response.number == 0) return std::optional<std::size_t>();
    return std::optional<std::size_t>(response.number - 1);
  }
  Result<CodeSecret> new_code_secret(AccountId account) const override {
    TRY_ASSIGN(auto response, channels_->quick.call(Request{Operation::new_code_secret, 0, number(account), {}}));
    if (response.texts.size() != 2) return strange();
    return CodeSecret{std::move(response.texts[0]), std::move(response.texts[1])};
  }
  Result<std::optional<std::uint64_t>> code_step(AccountId account, std::string_view sealed, std::string_view code, WallTime now) const override {
    std::vector<std::string> texts{std::string(sealed), std::string(code), std::to_string(now.time_since_epoch().count())};
    TRY_ASSIGN(const auto response, channels_->quick.call(Request{Operation::code_step, 0, number(account), std::move(texts)}));
    if (response.number == 0) return std::optional<std::uint64_t>();
    return std::optional(response.number);
  }
  Result<std::optional<ScramMatch>> scram_signature(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof) const override {
    std::vector<std::string> texts{verifier.salt, std::string(auth_message), std::string(proof)};
    for (const auto& one : verifier.keys) texts.insert(texts.end(), {one.stored, one.server});
    TRY_ASSIGN(auto response, channels_->quick.call(Request{Operation::scram_signature, 0, 0, std::move(texts)}));
    if (response.texts.empty()) return std::optional<ScramMatch>();
    if (response.number >= verifier.keys.size()) return strange();
    return std::optional(ScramMatch{static_cast<std::size_t>(response.number), std::move(response.texts[0])});
  }

 private:
  Result<std::string> opened(AccountId account, std::string_view account_key) const {
    const std::string name = bound_to(account) + std::string(account_key);
    if (auto known = keys_.find(name)) return std::move(*known);
    TRY_ASSIGN(auto key, channels_->text(Operation::open_account_key, account, {std::string(account_key)}));
    if (key.size() != 32) return strange();
    keys_.keep(name, key);
    return key;
  }

  std::shared_ptr<Channels> channels_;
  SharedKeys shared_;
  mutable OpenedKeys keys_;
};

}  // namespace

Result<std::unique_ptr<Keyring>> remote_keyring(KeyringSockets sockets, std::function<void()> gone) {
  auto channels = std::make_shared<Channels>(sockets, gone);
  TRY_ASSIGN(auto shared, channels->quick.wait_for_hello());
  if (shared.queue.size() != 32 || shared.pseudonym.size() != 32) return strange();
  return std::make_unique<RemoteKeyring>(std::move(channels), std::move(shared));
}

}  // namespace posthorn::crypto
