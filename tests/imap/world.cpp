#include "imap/world.h"

#include <gtest/gtest.h>

#include "store/test_store.h"

namespace posthorn::imap::test {

const std::string first_message =
    "From: Bob <bob@green.test>\r\nTo: alice@blue.test\r\nSubject: First\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n"
    "Message-ID: <1@green.test>\r\n\r\nHello Alice.\r\n";
const std::string second_message =
    "From: Carol <carol@green.test>\r\nTo: alice@blue.test\r\nSubject: Second\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nA text.\r\n--x\r\nContent-Type: application/octet-stream\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";
const std::string third_message = "From: bob@green.test\r\nSubject: Third\r\n\r\nNeedle.\r\n";

namespace {

struct Base {
  std::shared_ptr<crypto::Keyring> keys;
  std::unique_ptr<store::MemoryEngine> engine;
};

Base make_base() {
  store::TestStore made;
  EXPECT_EQ(made.add("alice@blue.test"), alice);
  EXPECT_EQ(made.add("bob@blue.test"), bob);
  EXPECT_TRUE(made.append(alice, first_message, {"\\Seen"}));
  EXPECT_TRUE(made.append(alice, second_message, {"\\Flagged", "$Forwarded"}));
  EXPECT_TRUE(made.append(alice, third_message));
  return {made.keyring, made.engine->crash(0)};
}

const Base& base() {
  static const Base made = make_base();
  return made;
}

}  // namespace

Task<Result<sasl::Login>> FakeAccounts::check_password(std::string user, std::string password, std::string, std::string) {
  ++checked;
  if (user == "later") co_return fail(Errc::unavailable, "too many tries");
  if (password != "secret" || (user != "alice" && user != "bob")) co_return fail(Errc::refused, "wrong user or password");
  sasl::Login login{user == "alice" ? alice : bob, user + "@blue.test"};
  co_return login;
}

Task<Result<crypto::ScramVerifier>> FakeAccounts::scram_verifier(std::string, std::string, std::string) {
  co_return crypto::scram_sha256("secret", 4096, "salt");
}

Task<Result<sasl::Login>> FakeAccounts::finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) {
  if (!fitted) co_return fail(Errc::refused, "wrong user or password");
  sasl::Login login{user == "alice" ? alice : bob, user + "@blue.test"};
  co_return login;
}

World::World(Clock& clock, const talk::Settings& settings)
    : engine(base().engine->crash(0)), store(*engine, *base().keys, clock, workers, *hub) {
  const auto set = [&settings](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  options.host_name = "mail.blue.test";
  options.insecure_login = set("insecure") != "no";
  if (const auto limit = set("append-limit"); !limit.empty()) options.append_limit = std::stoull(limit);
  stopping = set("stopping") == "yes";
}

World::~World() {
  const auto problems = store.verify();
  if (!problems) ADD_FAILURE() << problems.error().text();
  else for (const auto& one : *problems) ADD_FAILURE() << "verify: " << one;
}

}  // namespace posthorn::imap::test
