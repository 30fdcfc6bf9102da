#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/keyring.h"
#include "crypto/password.h"

namespace posthorn::crypto {
namespace {

TEST(Hmac, GivesRfc4231Case2) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hkdf, GivesRfc5869Case1) {
  const std::string key(22, '\x0b');
  EXPECT_EQ(hex(hkdf_sha256(key, *unhex("000102030405060708090a0b0c"), *unhex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(Scram, GivesRfc7677ExampleKeys) {
  const auto verifier = scram_sha256("pencil", 4096, *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="));
  const std::string message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  EXPECT_EQ(base64_encode(hmac_sha256(verifier.server_key, message)), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  auto client_key = hmac_sha256(pbkdf2_sha256("pencil", verifier.salt, 4096), "Client Key");
  EXPECT_EQ(sha256(client_key), verifier.stored_key);
}

TEST(Argon2id, AcceptsOnlyThePasswordItWasMadeFrom) {
  const auto stored = argon2id("correct horse");
  EXPECT_TRUE(stored.starts_with("$argon2id$")) << stored;
  EXPECT_TRUE(argon2id_verify(stored, "correct horse"));
  EXPECT_FALSE(argon2id_verify(stored, "correct horsf"));
  EXPECT_FALSE(argon2id_verify("not a verifier", "correct horse"));
}

TEST(Seal, RefusesEveryFlippedBitAndEveryOtherBinding) {
  const std::string key = random_bytes(32);
  const auto sealed = seal(key, "a letter", "blob 1");
  EXPECT_EQ(open(key, sealed, "blob 1"), "a letter");
  EXPECT_FALSE(open(key, sealed, "blob 2"));
  EXPECT_FALSE(open(random_bytes(32), sealed, "blob 1"));
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    auto flipped = sealed;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(open(key, flipped, "blob 1")) << i;
  }
  for (std::size_t i = 0; i < sealed.size(); ++i) EXPECT_FALSE(open(key, sealed.substr(0, i), "blob 1"));
}

TEST(Keyring, BindsKeysToTheirAccount) {
  const auto ring = memory_keyring();
  const auto alice = ring->new_account_key(AccountId{1}), bob = ring->new_account_key(AccountId{2});
  const std::string data_key = random_bytes(32);
  const auto wrapped = ring->wrap(AccountId{1}, alice, data_key);
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(ring->unwrap(AccountId{1}, alice, *wrapped), data_key);
  EXPECT_FALSE(ring->unwrap(AccountId{2}, bob, *wrapped));
  EXPECT_FALSE(ring->unwrap(AccountId{2}, alice, *wrapped));
  EXPECT_FALSE(ring->unwrap_queue(*wrapped));
  EXPECT_EQ(ring->unwrap_queue(*ring->wrap_queue(data_key)), data_key);
}

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string name = testing::TempDir() + "keyring-XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~KeyFile() override { std::filesystem::remove_all(folder); }
  std::string folder;
};

TEST_F(KeyFile, IsMadeOnceAndReadAgain) {
  const std::string file = folder + "/keyring";
  auto first = file_keyring(file);
  ASSERT_TRUE(first) << first.error().text();
  const auto key = (*first)->new_account_key(AccountId{7});
  const auto wrapped = (*first)->wrap(AccountId{7}, key, "data key");
  auto second = file_keyring(file);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->unwrap(AccountId{7}, key, *wrapped), "data key");
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(KeyFile, IsRefusedWhenOthersCanReadItOrItHoldsNoKey) {
  const std::string file = folder + "/keyring";
  ASSERT_TRUE(file_keyring(file));
  chmod(file.c_str(), 0644);
  EXPECT_EQ(file_keyring(file).error().code, Errc::refused);
  chmod(file.c_str(), 0600);
  std::ofstream(file) << "too short\n";
  EXPECT_FALSE(file_keyring(file));
}

}  // namespace
}  // namespace posthorn::crypto
