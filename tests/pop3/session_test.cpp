// What conversation files cannot say: real passwords and SCRAM, a slow reader, large maildrops, faults, another session's changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/text.h"
#include "base/virtual_clock.h"
#include "net/pipe_stream.h"
#include "pop3/world.h"
#include "sasl/client.h"
#include "store/logins.h"

namespace posthorn::pop3 {
namespace {

Task<void> take_once(std::shared_ptr<Stream> stream, std::shared_ptr<std::string> to, std::shared_ptr<bool> done) {
  static_cast<void>(co_await stream->read_append(*to));
  *done = true;
}
Task<void> put(std::shared_ptr<Stream> stream, std::string bytes) { static_cast<void>(co_await stream->write(bytes)); }
Task<void> secure(std::shared_ptr<Stream> stream) {
  TlsClientOptions options;
  static_cast<void>(co_await stream->start_tls_client(std::move(options)));
}
Task<void> fill(World& world, bool& filled) {
  const auto status = co_await world.fill();
  filled = status.has_value();
}
Task<void> append(World& world, std::string message) {
  auto prepared = world.store.prepare(message);
  auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
  std::vector<std::string> flags;
  static_cast<void>(co_await world.store.append(world.accounts.alice, store::inbox_id, std::move(shared), std::move(flags), world.store.clock().now()));
}
Task<void> expunge(World& world, std::vector<Uid> uids) {
  static_cast<void>(co_await world.store.expunge(world.accounts.alice, store::inbox_id, std::move(uids), store::Store::Expunge::all));
}

class Pop3Session : public testing::Test {
 protected:
  Pop3Session() {
    bool filled = false;
    boost::asio::co_spawn(context, fill(world, filled), boost::asio::detached);
    clock.settle();
    EXPECT_TRUE(filled);
  }
  ~Pop3Session() override {
    for (const auto& client : clients) client->close();
    clock.settle();
  }

  std::shared_ptr<Stream> connect(sasl::Accounts& accounts, net::PipeOptions options = {}) {
    auto [client, server] = net::make_pipe(context.get_executor(), clock, options);
    std::shared_ptr<Stream> ours(std::move(client));
    boost::asio::co_spawn(context, serve(std::move(server), world.options, world.store, accounts, clock, *world.log, world.stopping), boost::asio::detached);
    clock.settle();
    clients.push_back(ours);
    return ours;
  }
  // Sends, and takes what comes until nothing does.
  std::string talk(const std::shared_ptr<Stream>& stream, std::string bytes) {
    boost::asio::co_spawn(context, put(stream, std::move(bytes)), boost::asio::detached);
    clock.settle();
    std::string all;
    for (std::string part = "-"; stream->readable() && !part.empty(); all += part) part = take(stream);
    return all;
  }
  std::string take(const std::shared_ptr<Stream>& stream) {
    auto said = std::make_shared<std::string>();
    auto done = std::make_shared<bool>(false);
    boost::asio::co_spawn(context, take_once(stream, said, done), boost::asio::detached);
    clock.settle();
    EXPECT_TRUE(*done);
    return *said;
  }
  std::shared_ptr<Stream> logged_in(net::PipeOptions options = {}) {
    world.options.insecure_login = true;
    auto client = connect(world.accounts, options);
    EXPECT_TRUE(talk(client, "USER alice@blue.test\r\nPASS se cret\r\n").contains("+OK welcome"));
    return client;
  }
  template <class T>
  void run(T task) {
    boost::asio::co_spawn(context, std::move(task), boost::asio::detached);
    clock.settle();
  }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  World world{clock};
  std::vector<std::shared_ptr<Stream>> clients;
};

TEST_F(Pop3Session, LogsInByScramAndItsChannelBinding) {
  const auto real = store::make_logins(world.store, *world.keyring);
  for (const bool right : {true, false}) {
    auto client = connect(*real);
    talk(client, "STLS\r\n");
    run(secure(client));
    ASSERT_TRUE(client->tls());
    auto sasl = sasl::make_client({"SCRAM-SHA-256-PLUS"}, {"alice@blue.test", right ? "se cret" : "secret", client->tls()->exporter, ""});
    ASSERT_TRUE(sasl);
    auto said = talk(client, "AUTH SCRAM-SHA-256-PLUS " + base64_encode(*sasl->step(std::nullopt)) + "\r\n");
    ASSERT_TRUE(said.starts_with("+ ")) << said;
    const auto first = base64_decode(trim(std::string_view(said).substr(2)));
    ASSERT_TRUE(first);
    said = talk(client, base64_encode(*sasl->step(*first)) + "\r\n");
    if (!right) {
      EXPECT_EQ(said, "-ERR [AUTH] wrong user or password\r\n");
      continue;
    }
    ASSERT_TRUE(said.starts_with("+ ")) << said;
    const auto proof = base64_decode(trim(std::string_view(said).substr(2)));
    ASSERT_TRUE(proof);
    EXPECT_EQ(sasl->step(*proof), "");
    EXPECT_TRUE(talk(client, "\r\n").starts_with("+OK welcome"));
  }
}

TEST_F(Pop3Session, LogsInByTheAccountsOwnPassword) {
  const auto real = store::make_logins(world.store, *world.keyring);
  world.options.insecure_login = true;
  auto client = connect(*real);
  EXPECT_TRUE(talk(client, "USER alice@blue.test\r\nPASS secret\r\n").ends_with("-ERR [AUTH] wrong user or password\r\n"));
  EXPECT_TRUE(talk(client, "USER alice@blue.test\r\nPASS se cret\r\n").contains("+OK welcome, 3 messages"));
}

// attacks.md E6
TEST_F(Pop3Session, KeepsAtMostOnePieceForAReaderThatDoesNotRead) {
  std::string body;
  for (int i = 0; i < 40'000; ++i) body += ".line " + std::to_string(i) + " of a letter that is not small\r\n";
  run(append(world, "Subject: large\r\n\r\n" + body));
  net::PipeOptions options;
  options.window = 1;
  auto client = logged_in(options);
  run(put(client, "RETR 4\r\n"));
  std::string all;
  std::size_t most = 0;
  while (!all.ends_with("\r\n.\r\n")) {
    ASSERT_TRUE(client->readable()) << all.size();
    const auto part = take(client);
    most = std::max(most, part.size());
    all += part;
  }
  std::string stuffed = body;
  for (auto at = stuffed.find("\r\n."); at != stuffed.npos; at = stuffed.find("\r\n.", at + 4)) stuffed.insert(at + 2, ".");
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), "." + stuffed + ".\r\n");
  EXPECT_LE(most, 262'144u + 4);
  EXPECT_GT(all.size(), 4u * 262'144u);
}

TEST_F(Pop3Session, LetsGoOfAReaderThatTakesNothingForFiveMinutes) {
  run(append(world, "Subject: large\r\n\r\n" + std::string(1'000'000, 'x')));
  net::PipeOptions options;
  options.window = 1;
  auto client = logged_in(options);
  run(put(client, "RETR 4\r\n"));
  clock.advance(std::chrono::minutes(5));
  std::string all;
  while (client->readable()) {
    const auto part = take(client);
    if (part.empty()) break;
    all += part;
  }
  EXPECT_LT(all.size(), 600'000u);
  EXPECT_FALSE(all.ends_with(".\r\n"));
}

// Why there is no lock: pop3/login.cpp.
TEST_F(Pop3Session, KeepsItsNumbersWhileOthersChangeTheMailbox) {
  auto client = logged_in();
  run(append(world, "Subject: late\r\n\r\n"));
  run(expunge(world, {Uid{1}}));
  EXPECT_EQ(talk(client, "STAT\r\n"), "+OK 3 146\r\n");
  EXPECT_EQ(talk(client, "RETR 1\r\n"), "-ERR [SYS/TEMP] the message was removed meanwhile\r\n");
  EXPECT_TRUE(talk(client, "TOP 2 0\r\n").contains("Subject: two"));
  EXPECT_TRUE(talk(client, "DELE 1\r\nDELE 2\r\nQUIT\r\n").ends_with("+OK goodbye\r\n"));
  EXPECT_EQ(world.left(), 2u);  // the third, and the one that came late
}

TEST_F(Pop3Session, TwoSessionsDeleteTheSameMessageInPeace) {
  auto first = logged_in(), second = logged_in();
  EXPECT_TRUE(talk(first, "DELE 1\r\nQUIT\r\n").ends_with("+OK goodbye\r\n"));
  EXPECT_TRUE(talk(second, "DELE 1\r\nDELE 3\r\nQUIT\r\n").ends_with("+OK goodbye\r\n"));
  EXPECT_EQ(world.left(), 1u);
}

TEST_F(Pop3Session, DeletesInOneCommit) {
  auto client = logged_in();
  const auto before = world.engine->syncs();
  talk(client, "DELE 1\r\nDELE 2\r\nDELE 3\r\n");
  EXPECT_EQ(world.engine->syncs(), before);
  talk(client, "QUIT\r\n");
  EXPECT_EQ(world.engine->syncs(), before + 1);
  EXPECT_EQ(world.left(), 0u);
}

TEST_F(Pop3Session, ListsALargeMaildropInPieces) {
  for (int i = 0; i < 400; ++i) run(append(world, "Subject: " + std::to_string(i) + "\r\n\r\n"));
  auto client = logged_in();
  const auto said = talk(client, "UIDL\r\n");
  EXPECT_EQ(std::ranges::count(said, '\n'), 405);
  EXPECT_TRUE(said.ends_with(".00000193\r\n.\r\n")) << said.substr(said.size() - 40);
}

TEST_F(Pop3Session, GivesNoMoreTimeToLogInAfterStls) {
  auto client = connect(world.accounts);
  clock.advance(std::chrono::seconds(55));
  EXPECT_TRUE(talk(client, "STLS\r\n").ends_with("+OK begin TLS\r\n"));
  EXPECT_TRUE(talk(client, "CAPA\r\n").ends_with(".\r\n"));
  clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(talk(client, "CAPA\r\n"), "");
}

TEST_F(Pop3Session, SaysSoWhenTheDiskFailsAtQuit) {
  store::Fault& fault = world.fault;
  auto client = logged_in();
  ASSERT_TRUE(fault.at(0));
  EXPECT_EQ(talk(client, "DELE 1\r\nQUIT\r\n"), "+OK marked, gone at QUIT\r\n-ERR [SYS/TEMP] some deleted messages were not removed\r\n");
  EXPECT_EQ(world.left(), 3u);
}

}  // namespace
}  // namespace posthorn::pop3
