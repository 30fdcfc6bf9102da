#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/keyring.h"
#include "crypto/password.h"

namespace posthorn::crypto {
namespace {

std::string repeated(std::size_t count, char byte) { return std::string(count, byte); }
std::string counting(unsigned from, unsigned last) {
  std::string out;
  for (unsigned i = from; i <= last; ++i) out += static_cast<char>(i);
  return out;
}

TEST(Sha256, GivesFips180Example) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hmac, GivesRfc4231) {
  struct Row { std::string key, data, mac; };
  const Row rows[] = {
      {repeated(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {repeated(20, '\xaa'), repeated(50, '\xdd'), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting(1, 25), repeated(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {repeated(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {repeated(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used "
       "by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& row : rows) EXPECT_EQ(hex(hmac_sha256(row.key, row.data)), row.mac);
}

TEST(Hkdf, GivesRfc5869) {
  EXPECT_EQ(hex(hkdf_sha256(repeated(22, '\x0b'), counting(0, 12), counting(0xf0, 0xf9), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex(hkdf_sha256(counting(0, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff), 82)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(hex(hkdf_sha256(repeated(22, '\x0b'), "", "", 42)), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Pbkdf2, GivesRfc7914Section11) {
  EXPECT_EQ(hex(pbkdf2_sha256("passwd", "salt", 1)), "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  EXPECT_EQ(hex(pbkdf2_sha256("Password", "NaCl", 80'000)), "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST(Xxh3, GivesItsPublishedSumOfNothing) { EXPECT_EQ(xxh3(""), 0x2d06800538d394c2U); }

TEST(Seal, OpensTheXChaChaDraftsVector) {
  const auto sealed = counting(0x40, 0x57) + *unhex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
                                                     "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                                                     "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
  EXPECT_EQ(open(counting(0x80, 0x9f), sealed, *unhex("50515253c0c1c2c3c4c5c6c7")),
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
}

TEST(Scram, GivesRfc7677ExampleKeys) {
  const auto verifier = scram_sha256("pencil", 4096, *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="));
  const std::string message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  EXPECT_EQ(base64_encode(hmac_sha256(verifier.keys[0].server, message)), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  auto client_key = hmac_sha256(pbkdf2_sha256("pencil", verifier.salt, 4096), "Client Key");
  EXPECT_EQ(sha256(client_key), verifier.keys[0].stored);
}

TEST(Argon2id, AcceptsTheVerifierOfTheReferenceImplementation) {
  const auto* stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(argon2id_verify(stored, "password"));
  EXPECT_FALSE(argon2id_verify(stored, "Password"));
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
  const auto alice = *ring->new_account_key(AccountId{1}), bob = *ring->new_account_key(AccountId{2});
  const std::string data_key = random_bytes(32);
  const auto wrapped = ring->wrap(AccountId{1}, alice, data_key);
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(ring->unwrap(AccountId{1}, alice, *wrapped), data_key);
  EXPECT_FALSE(ring->unwrap(AccountId{2}, bob, *wrapped));
  EXPECT_FALSE(ring->unwrap(AccountId{2}, alice, *wrapped));
  EXPECT_FALSE(ring->unwrap_queue(*wrapped));
  EXPECT_EQ(ring->unwrap_queue(*ring->wrap_queue(data_key)), data_key);
}

TEST(Keyring, UnwrapsFromManyThreadsAtOnce) {
  const auto ring = memory_keyring();
  const auto account_key = *ring->new_account_key(AccountId{1});
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto data_key = random_bytes(32);
        const auto wrapped = ring->wrap(AccountId{1}, account_key, data_key);
        if (wrapped && ring->unwrap(AccountId{1}, account_key, *wrapped) == data_key) ++good;
      }
    });
  threads.clear();
  EXPECT_EQ(good, 800);
}

TEST(Keyring, GivesAPseudonymForEachPurposeAndKey) {
  const auto ring = memory_keyring();
  EXPECT_EQ(ring->pseudonym("salt", "bob"), ring->pseudonym("salt", "bob"));
  EXPECT_NE(ring->pseudonym("salt", "bob"), ring->pseudonym("blob", "bob"));
  EXPECT_NE(ring->pseudonym("salt", "bob"), memory_keyring()->pseudonym("salt", "bob"));
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
  const auto key = *(*first)->new_account_key(AccountId{7});
  const auto wrapped = (*first)->wrap(AccountId{7}, key, "data key");
  auto second = file_keyring(file);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->unwrap(AccountId{7}, key, *wrapped), "data key");
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "nothing else is left behind";
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

TEST_F(KeyFile, IsOneForAllWhoMakeItAtOnce) {
  const std::string file = folder + "/keyring";
  std::vector<std::unique_ptr<Keyring>> rings(8);
  {
    std::vector<std::jthread> threads;
    for (auto& ring : rings)
      threads.emplace_back([&ring, &file] {
        if (auto made = file_keyring(file)) ring = std::move(*made);
      });
  }
  for (const auto& ring : rings) {
    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->pseudonym("who", "am I"), rings[0]->pseudonym("who", "am I"));
  }
}

TEST_F(KeyFile, IsNotMadeWhereThereIsNoFolder) { EXPECT_EQ(file_keyring(folder + "/none/keyring").error().code, Errc::io); }

}  // namespace
}  // namespace posthorn::crypto
