#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/password.h"
#include "sasl/client.h"
#include "sasl/credential.h"
#include "sasl/server.h"

namespace posthorn::sasl {
namespace {

using std::string_literals::operator""s;

// Plays both sides against each other with the password that the accounts know.
struct Outcome {
  bool good = false;
  std::string user, why;
};

Outcome play(Client& client, Server& server, const std::string& password) {
  const auto verifier = crypto::scram_sha256(password);
  std::optional<std::string> from_server;
  for (int round = 0; round < 6; ++round) {
    const auto answer = client.step(from_server);
    if (!answer) return {false, {}, answer.error().what};
    Step step = server.step(*answer);
    if (const auto* check = std::get_if<CheckPassword>(&step)) step = server.resume(check->password == password);
    if (std::holds_alternative<FindVerifier>(step)) step = server.resume(verifier);
    if (const auto* failure = std::get_if<Failure>(&step)) return {false, {}, failure->reason};
    if (const auto* success = std::get_if<Success>(&step)) {
      const auto end = client.finish(success->bytes);
      return {end.has_value(), success->user, end ? "" : end.error().what};
    }
    from_server = std::get<Challenge>(step).bytes;
  }
  return {false, {}, "no end"};
}

TEST(Sasl, EveryMechanismLogsInWithTheRightPasswordOnly) {
  struct Row { const char* mechanism; const char* exporter; };
  for (const auto& row : {Row{"PLAIN", ""}, Row{"SCRAM-SHA-256", ""}, Row{"SCRAM-SHA-256-PLUS", "0123456789abcdef0123456789abcdef"}}) {
    for (const bool right : {true, false}) {
      auto client = make_client({row.mechanism}, {"alice@blue.test", right ? "pencil" : "pencils", row.exporter, ""});
      auto server = make_server(row.mechanism, row.exporter);
      ASSERT_TRUE(client && server) << row.mechanism;
      EXPECT_EQ(client->mechanism(), row.mechanism);
      const auto outcome = play(*client, *server, "pencil");
      EXPECT_EQ(outcome.good, right) << row.mechanism << ": " << outcome.why;
      if (right) {
        EXPECT_EQ(outcome.user, "alice@blue.test");
      }
    }
  }
}

TEST(SaslClient, GivesRfc7677Messages) {
  auto client = make_client({"PLAIN", "SCRAM-SHA-256"}, {"user", "pencil", "", "rOprNGfwEbeRWgbNEkqO"});
  EXPECT_EQ(client->step(std::nullopt), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(client->step("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_TRUE(client->finish("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

TEST(SaslClient, RefusesAServerThatDoesNotProveItself) {
  auto client = make_client({"SCRAM-SHA-256"}, {"user", "pencil", "", "rOprNGfwEbeRWgbNEkqO"});
  ASSERT_TRUE(client->step(std::nullopt));
  ASSERT_TRUE(client->step("r=rOprNGfwEbeRWgbNEkqO%x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
  EXPECT_FALSE(client->finish(std::nullopt));
  EXPECT_FALSE(client->finish("v=AAAA"));
}

TEST(SaslClient, RefusesBadChallenges) {
  for (const auto* challenge : {"", "r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0S,i=1",
                                "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0S,i=99999999999", "r=rOprNGfwEbeRWgbNEkqOx,s=****,i=4096", "e=other-error"}) {
    auto client = make_client({"SCRAM-SHA-256"}, {"user", "pencil", "", "rOprNGfwEbeRWgbNEkqO"});
    ASSERT_TRUE(client->step(std::nullopt));
    EXPECT_FALSE(client->step(challenge)) << challenge;
  }
}

TEST(SaslServer, GivesRfc7677Messages) {
  const auto verifier = crypto::scram_sha256("pencil", 4096, *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="));
  auto server = make_server("SCRAM-SHA-256", "", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  EXPECT_EQ(std::get<Challenge>(server->step(std::nullopt)).bytes, "");
  EXPECT_EQ(std::get<FindVerifier>(server->step("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")).user, "user");
  EXPECT_EQ(std::get<Challenge>(server->resume(verifier)).bytes, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto end = std::get<Success>(server->step("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
  EXPECT_EQ(end.user, "user");
  EXPECT_EQ(end.bytes, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(SaslServer, RefusesMalformedMessages) {
  struct Row { const char* mechanism; std::string message; };
  const Row rows[] = {
      {"PLAIN", ""s},           {"PLAIN", "alice"s},         {"PLAIN", "\0alice\0"s},        {"PLAIN", "\0alice\0pw\0x"s}, {"PLAIN", "bob\0alice\0pw"s},
      {"PLAIN", "\0\0pw"s},     {"PLAIN", "\0\xff\0pw"s},    {"PLAIN", std::string(5000, 'a')},
      {"SCRAM-SHA-256", ""s},   {"SCRAM-SHA-256", "n,,"s},   {"SCRAM-SHA-256", "n,,r=x,n=user"s}, {"SCRAM-SHA-256", "n,,n=us=er,r=abc"s},
      {"SCRAM-SHA-256", "n,,m=1,n=user,r=abc"s}, {"SCRAM-SHA-256", "p=tls-exporter,,n=user,r=abc"s}, {"SCRAM-SHA-256", "n,a=bob,n=alice,r=abc"s},
      {"SCRAM-SHA-256", "n,,n=user,r="s}, {"SCRAM-SHA-256", "n,,n=u\0ser,r=abc"s}, {"SCRAM-SHA-256", "x,,n=user,r=abc"s},
  };
  for (const auto& row : rows) {
    auto server = make_server(row.mechanism, "");
    EXPECT_TRUE(std::holds_alternative<Failure>(server->step(row.message))) << row.mechanism << " " << printable(row.message, 80);
  }
}

TEST(SaslServer, RefusesControlCharactersInNamesAndPasswords) {
  for (const auto& bad : {"pw\x01"s, "pw\r\n"s, "\x7f"s, "a\xc2\x85"s, "\xc2"s, "\xed\xa0\x80"s}) {
    EXPECT_FALSE(is_credential(bad)) << printable(bad);
    EXPECT_TRUE(std::holds_alternative<Failure>(make_server("PLAIN", "")->step("\0alice\0"s + bad))) << printable(bad);
    EXPECT_TRUE(std::holds_alternative<Failure>(make_server("PLAIN", "")->step("\0"s + bad + "\0pw"s))) << printable(bad);
    EXPECT_TRUE(std::holds_alternative<Failure>(make_server("SCRAM-SHA-256", "")->step("n,,n=" + bad + ",r=abc"))) << printable(bad);
  }
  for (const auto* good : {"pw", "p w", "gr\xc3\xbc\xc3\x9f", "\xc2\xa0", "\xf0\x9f\x94\x91"}) EXPECT_TRUE(is_credential(good)) << good;
}

// RFC 7677 3, its user and password, against a proof in each wrong shape. `%` stands for the nonce of the server.
TEST(SaslServer, RefusesMalformedFinalMessages) {
  const std::string proof(43, 'A');
  const std::string rows[] = {
      "",
      "c=biws",
      "c=biws,r=%",
      "r=%,c=biws,p=" + proof + "=",
      "c=biws,p=" + proof + "=,r=%",
      "c=biws,r=%,p=" + proof,
      "c=biws,r=%,p=" + proof + "=,x=y",
      "c=biws,r=%,p=****",
      "c=biws,r=%,p=AAAA",
      "c=biws,r=%,m=x,p=" + proof + "=",
      "c=biws,r=%,r=%,p=" + proof + "=",
      "c=biws,r=%,,p=" + proof + "=",
      "c=biws,r=%,x,p=" + proof + "=",
      "c=biws,r=%,1=x,p=" + proof + "=",
      "c=eSws,r=%,p=" + proof + "=",
      "c=biws,r=abc,p=" + proof + "=",
      "c=biws,r=%x,p=" + proof + "=",
      "c=biws,r=%,p=" + proof + "=",
      "c=biws,r=%,x=\0,p="s + proof + "=",
      "c=biws,r=%,x=" + std::string(5000, 'x') + ",p=" + proof + "=",
  };
  const auto verifier = crypto::scram_sha256("pencil");
  for (const auto& row : rows) {
    auto server = make_server("SCRAM-SHA-256", "");
    ASSERT_TRUE(std::holds_alternative<FindVerifier>(server->step("n,,n=user,r=abc")));
    const auto challenge = std::get<Challenge>(server->resume(verifier)).bytes;
    auto message = row;
    for (auto at = message.find('%'); at != message.npos; at = message.find('%')) message.replace(at, 1, challenge.substr(2, challenge.find(',') - 2));
    EXPECT_TRUE(std::holds_alternative<Failure>(server->step(message))) << printable(row, 80);
    EXPECT_TRUE(std::holds_alternative<Failure>(server->step(message))) << "again: " << printable(row, 80);
  }
}

TEST(SaslServer, AcceptsExtensionsThatItDoesNotKnow) {
  EXPECT_TRUE(std::holds_alternative<FindVerifier>(make_server("SCRAM-SHA-256", "")->step("n,,n=user,r=abc,x=later")));
  EXPECT_TRUE(std::holds_alternative<Failure>(make_server("SCRAM-SHA-256", "")->step("n,,n=user,r=abc,m=must")));
  EXPECT_TRUE(std::holds_alternative<Failure>(make_server("SCRAM-SHA-256", "")->step("n,,n=user,r=abc,r=abd")));
}

TEST(SaslServer, RefusesABindingToAnotherConnection) {
  auto client = make_client({"SCRAM-SHA-256-PLUS"}, {"user", "pencil", std::string(32, 'a'), ""});
  auto server = make_server("SCRAM-SHA-256-PLUS", std::string(32, 'b'));
  const auto outcome = play(*client, *server, "pencil");
  EXPECT_FALSE(outcome.good);
  EXPECT_EQ(outcome.why, "channel binding does not match");
  for (const auto* flag : {"n,,", "y,,", "p=tls-unique,,"})
    EXPECT_TRUE(std::holds_alternative<Failure>(make_server("SCRAM-SHA-256-PLUS", "x")->step(std::string(flag) + "n=user,r=abc"))) << flag;
  EXPECT_EQ(make_server("SCRAM-SHA-256-PLUS", ""), nullptr);
}

TEST(SaslServer, StaysRefusedWhenStepsComeOutOfOrder) {
  const auto verifier = crypto::scram_sha256("pencil");
  auto scram = make_server("SCRAM-SHA-256", "");
  EXPECT_TRUE(std::holds_alternative<Failure>(scram->resume(verifier)));
  EXPECT_TRUE(std::holds_alternative<Failure>(scram->resume(true)));
  ASSERT_TRUE(std::holds_alternative<FindVerifier>(scram->step("n,,n=user,r=abc")));
  EXPECT_TRUE(std::holds_alternative<Failure>(scram->step("n,,n=user,r=abc")));
  EXPECT_TRUE(std::holds_alternative<Failure>(scram->resume(true)));
  EXPECT_TRUE(std::holds_alternative<Failure>(make_server("PLAIN", "")->resume(verifier)));
}

TEST(SaslServer, RefusesAnExchangeWhosePlusWasTakenOut) {
  auto server = make_server("SCRAM-SHA-256", "exporter bytes");
  EXPECT_TRUE(std::holds_alternative<Failure>(server->step("y,,n=user,r=abc")));
  EXPECT_TRUE(std::holds_alternative<FindVerifier>(make_server("SCRAM-SHA-256", "")->step("y,,n=user,r=abc")));
}

TEST(SaslServer, RefusesAReplayedProof) {
  const auto verifier = crypto::scram_sha256("pencil");
  auto client = make_client({"SCRAM-SHA-256"}, {"user", "pencil", "", ""});
  auto first = make_server("SCRAM-SHA-256", "");
  const auto hello = *client->step(std::nullopt);
  ASSERT_TRUE(std::holds_alternative<FindVerifier>(first->step(hello)));
  const auto proof = *client->step(std::get<Challenge>(first->resume(verifier)).bytes);
  EXPECT_TRUE(std::holds_alternative<Success>(first->step(proof)));
  EXPECT_TRUE(std::holds_alternative<Failure>(first->step(proof))) << "a second time on the same exchange";
  auto second = make_server("SCRAM-SHA-256", "");
  static_cast<void>(second->step(hello));
  static_cast<void>(second->resume(verifier));
  EXPECT_TRUE(std::holds_alternative<Failure>(second->step(proof))) << "on another exchange";
}

TEST(SaslServer, LoginAsksForNameAndPassword) {
  auto server = make_server("LOGIN", "");
  EXPECT_EQ(std::get<Challenge>(server->step(std::nullopt)).bytes, "Username:");
  EXPECT_EQ(std::get<Challenge>(server->step("alice")).bytes, "Password:");
  const auto step = server->step("pencil");
  EXPECT_EQ(std::get<CheckPassword>(step).user, "alice");
  EXPECT_EQ(std::get<CheckPassword>(step).password, "pencil");
}

TEST(Sasl, OffersNothingInClear) {
  EXPECT_TRUE(mechanisms(false, true).empty());
  EXPECT_EQ(mechanisms(true, true).front(), "SCRAM-SHA-256-PLUS");
  EXPECT_EQ(mechanisms(true, false).front(), "SCRAM-SHA-256");
}

}  // namespace
}  // namespace posthorn::sasl
