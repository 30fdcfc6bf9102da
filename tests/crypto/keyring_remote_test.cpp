// The keyring behind a socket: the same answers as in this process, from many threads, while it dies and comes back.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "base/codec.h"
#include "crypto/bytes.h"
#include "crypto/keyring_client.h"
#include "crypto/keyring_service.h"
#include "crypto/master_keyring.h"
#include "crypto/totp.h"

namespace posthorn::crypto {
namespace {

const std::string master(32, 'm');

// Both conversations, answered by threads of this process, which can be sent away and replaced.
class Remote {
 public:
  Remote() {
    open(quick_);
    open(slow_);
  }
  ~Remote() {
    ring.reset();
    leave();
    ::close(quick_[1]);
    ::close(slow_[1]);
  }
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  void connect() {
    begin();
    auto made = remote_keyring({quick_[0], slow_[0]}, [this] { ++gone; });
    ASSERT_TRUE(made) << made.error().text();
    ring = std::move(*made);
  }
  // A keyring's life: says hello, then answers.
  void begin() {
    auto shared = std::shared_ptr<LocalKeyring>(master_keyring(master));
    ASSERT_TRUE(greet(quick_[1], *shared));
    ASSERT_TRUE(greet(slow_[1], *shared));
    for (const int socket : {quick_[1], slow_[1]})
      threads_.emplace_back([socket, shared] { answer_all(socket, *shared); });
  }
  void leave() {
    ::shutdown(quick_[1], SHUT_RDWR);
    ::shutdown(slow_[1], SHUT_RDWR);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  int peer() const { return quick_[1]; }

  std::unique_ptr<Keyring> ring;
  std::atomic<int> gone = 0;

 private:
  static void open(std::array<int, 2>& pair) { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0); }
  std::array<int, 2> quick_{}, slow_{};
  std::vector<std::thread> threads_;
};

TEST(RemoteKeyring, OpensWhatTheKeyringInOneProcessSealedAndTheOtherWayRound) {
  Remote remote;
  remote.connect();
  const auto here = master_keyring(master);
  const std::string data_key = random_bytes(32);
  const AccountId alice{7};
  const auto account_key = *remote.ring->new_account_key(alice);
  EXPECT_EQ(here->unwrap(alice, account_key, *remote.ring->wrap(alice, account_key, data_key)), data_key);
  EXPECT_EQ(remote.ring->unwrap(alice, account_key, *here->wrap(alice, account_key, data_key)), data_key);
  EXPECT_EQ(remote.ring->unwrap_queue(*here->wrap_queue(data_key)), data_key);
  EXPECT_EQ(remote.ring->pseudonym("a", "b"), here->pseudonym("a", "b"));
  EXPECT_FALSE(remote.ring->wrap(AccountId{8}, account_key, data_key)) << "the key of another account";
  EXPECT_FALSE(remote.ring->unwrap(alice, "no key at all", "x"));
}

TEST(RemoteKeyring, SignsWithKeysThatItNeverGivesOut) {
  Remote remote;
  remote.connect();
  for (const auto kind : {KeyKind::rsa, KeyKind::ed25519}) {
    const auto key = *SigningKey::generate(kind);
    const auto wrapped = *remote.ring->wrap_signing_key("dkim blue.test a", key);
    const auto far = remote.ring->signing_key("dkim blue.test a", wrapped);
    ASSERT_TRUE(far);
    EXPECT_EQ(far->kind(), kind);
    EXPECT_EQ(far->bits(), key.bits());
    EXPECT_EQ(far->public_bytes(), key.public_bytes());
    EXPECT_EQ(far->pem(), "");
    const auto digest = sha256("text");
    EXPECT_EQ(*far->sign(digest), *key.sign(digest)) << "both kinds sign the same way each time";
    EXPECT_FALSE(remote.ring->signing_key("dkim green.test a", wrapped)) << "bound to what it is for";
  }
}

TEST(RemoteKeyring, ChecksPasswordsAndProofsAndKeepsTheirHashesSealed) {
  Remote remote;
  remote.connect();
  const auto made = *remote.ring->hash_password("correct horse", {});
  EXPECT_FALSE(made.argon2id.contains("$argon2id$"));
  EXPECT_EQ(made.scram.server, "");
  const std::vector<std::string> verifiers{argon2id("older, in clear"), made.argon2id};
  EXPECT_EQ(*remote.ring->verify_password(verifiers, "correct horse"), std::optional<std::size_t>(1));
  EXPECT_EQ(*remote.ring->verify_password(verifiers, "older, in clear"), std::optional<std::size_t>(0));
  EXPECT_EQ(*remote.ring->verify_password(verifiers, "wrong horse"), std::optional<std::size_t>());
  EXPECT_FALSE(memory_keyring()->verify_password(verifiers, "correct horse")) << "another master key cannot tell, which is not no";

  const auto secret = *remote.ring->new_code_secret(AccountId{7});
  const WallTime now(std::chrono::seconds(1'700'000'010));
  EXPECT_EQ(secret.shown.size(), 20u);
  EXPECT_FALSE(secret.sealed.contains(secret.shown));
  EXPECT_EQ(*remote.ring->code_step(AccountId{7}, secret.sealed, hotp(secret.shown, totp_step(now)), now), std::optional(totp_step(now)));
  EXPECT_EQ(*remote.ring->code_step(AccountId{7}, secret.sealed, "no code", now), std::optional<std::uint64_t>());
  EXPECT_FALSE(remote.ring->code_step(AccountId{8}, secret.sealed, "123456", now)) << "bound to its account";

}

TEST(RemoteKeyring, TriesAProofAgainstTheKeysOfEachPassword) {
  Remote remote;
  remote.connect();
  const auto own = *remote.ring->hash_password("correct horse", {});
  const auto app = *remote.ring->hash_password("battery staple", {own.iterations, own.salt});
  EXPECT_EQ(app.salt, own.salt);
  EXPECT_NE(app.scram, own.scram);
  ScramVerifier both{own.iterations, own.salt, {own.scram, app.scram}, remote.ring.get()};
  const auto proof_of = [&](const char* password) {
    auto proof = hmac_sha256(scram_sha256(password, own.iterations, own.salt).keys[0].stored, "message");
    const auto client_key = hmac_sha256(pbkdf2_sha256(password, own.salt, own.iterations), "Client Key");
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    return proof;
  };
  const auto signature_of = [&](const char* password) { return hmac_sha256(scram_sha256(password, own.iterations, own.salt).keys[0].server, "message"); };
  EXPECT_EQ(*check_scram_proof(both, "message", proof_of("correct horse")), (ScramMatch{0, signature_of("correct horse")}));
  EXPECT_EQ(*check_scram_proof(both, "message", proof_of("battery staple")), (ScramMatch{1, signature_of("battery staple")}));
  EXPECT_EQ(*check_scram_proof(both, "another", proof_of("battery staple")), std::nullopt);
  EXPECT_EQ(*check_scram_proof(both, "message", proof_of("wrong horse")), std::nullopt);
  const ScramVerifier nobody{own.iterations, own.salt, {}, remote.ring.get()};
  EXPECT_EQ(*check_scram_proof(nobody, "message", proof_of("correct horse")), std::nullopt);
  ScramVerifier most{own.iterations, own.salt, std::vector<ScramKeys>(scram_keys_limit, own.scram), remote.ring.get()};
  most.keys.back() = app.scram;
  EXPECT_EQ((*check_scram_proof(most, "message", proof_of("battery staple")))->key, scram_keys_limit - 1);
  auto cut = both;
  cut.keys[1].stored.pop_back();
  EXPECT_FALSE(check_scram_proof(cut, "message", proof_of("correct horse"))) << "damaged is not wrong";
}

TEST(RemoteKeyring, AnswersManyThreadsAtOnce) {
  Remote remote;
  remote.connect();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 50; ++i) {
          const AccountId account{t * 100 + i};
          const auto key = remote.ring->new_account_key(account);
          const auto wrapped = key ? remote.ring->wrap(account, *key, "data") : key;
          if (wrapped && remote.ring->unwrap(account, *key, *wrapped) == "data") ++good;
        }
      });
  }
  EXPECT_EQ(good, 400);
}

TEST(RemoteKeyring, GarbageEndsThatConversationAndIsToldOnce) {
  Remote remote;
  remote.connect();
  ASSERT_GT(::send(remote.peer(), "garbage", 7, MSG_NOSIGNAL), 0);  // a keyring gone mad, towards the server
  for (int i = 0; i < 100 && remote.gone == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(remote.gone, 1);
  const auto after = remote.ring->new_account_key(AccountId{1});
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Errc::unavailable);
  EXPECT_TRUE(remote.ring->hash_password("x", {})) << "the other conversation goes on";
}

TEST(RemoteKeyring, WhatDiesWithAKeyringIsAskedAgainOfTheNext) {
  std::array<int, 2> quick{}, slow{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, quick.data()), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, slow.data()), 0);
  const auto first = master_keyring(master);
  ASSERT_TRUE(greet(quick[1], *first));
  auto ring = remote_keyring({quick[0], slow[0]}, {});
  ASSERT_TRUE(ring);
  std::thread asking([&ring] { EXPECT_TRUE((*ring)->new_account_key(AccountId{1})); });
  std::string swallowed(4096, '\0');
  ASSERT_GT(::recv(quick[1], swallowed.data(), swallowed.size(), 0), 0);  // taken, and never answered
  ASSERT_TRUE(greet(quick[1], *first));
  std::thread second([&] { answer_all(quick[1], *first); });
  asking.join();
  ring->reset();
  second.join();
  ::close(quick[1]);
  ::close(slow[1]);
}

TEST(KeyringWire, ReadsWhatItWritesAndRefusesTheRest) {
  const wire::Request request{wire::Operation::sign, 9, 0, {"purpose", "sealed", "digest"}};
  const auto bytes = wire::encode(request);
  EXPECT_EQ(wire::decode_request(bytes), request);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(wire::decode_request(std::string_view(bytes).substr(0, cut))) << cut;
  EXPECT_FALSE(wire::decode_request(bytes + "x"));
  struct Row {
    const char* what;
    wire::Request request;
  };
  const Row bad[] = {{"no such operation", {static_cast<wire::Operation>(99), 1, 0, {}}}, {"without a number", {wire::Operation::new_account_key, 0, 0, {}}},
                     {"too few texts", {wire::Operation::sign, 1, 0, {"a"}}},            {"too many texts", {wire::Operation::new_account_key, 1, 0, {"a"}}},
                     {"a text that is too long", {wire::Operation::open_account_key, 1, 0, {std::string(300, 'k')}}}};
  for (const auto& row : bad) EXPECT_FALSE(wire::decode_request(wire::encode(row.request))) << row.what;
  const auto told = wire::failure(3, Error{Errc::corrupt, "what", "todo"});
  const auto read = wire::decode_response(wire::encode(told));
  ASSERT_TRUE(read);
  EXPECT_EQ(wire::error_of(*read).what, "what");
  EXPECT_FALSE(wire::decode_response(wire::encode(wire::Response{wire::Outcome::failed, 1, 200, {"a", "b"}}))) << "no such code";
  EXPECT_FALSE(wire::decode_response(wire::encode(wire::Response{wire::Outcome::hello, 0, 0, {"one"}})));
}

}  // namespace
}  // namespace posthorn::crypto
