// A whole IMAP session that is logged in and has a mailbox selected, over a store in memory: it says the same however the bytes
// are cut, ends by itself, and leaves a store that is whole.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/virtual_clock.h"
#include "imap/server.h"
#include "net/pipe_stream.h"
#include "store/engine/memory_engine.h"

namespace {

using namespace posthorn;

struct Anybody final : sasl::Accounts {
  Task<Result<sasl::Login>> check_password(std::string user, std::string, std::string, std::string) override {
    sasl::Login login{AccountId{1}, user};
    co_return login;
  }
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string, std::string, std::string) override {
    co_return fail(Errc::unavailable, "none");
  }
  Task<Result<sasl::Login>> finish_scram(std::string, std::optional<crypto::ScramKeys>, std::string, std::string) override { co_return fail(Errc::refused, "no"); }
};

constexpr std::string_view message =
    "From: bob@green.test\r\nTo: alice@blue.test\r\nSubject: Hello\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    "--x\r\n\r\nA text.\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";

constexpr AccountId alice{1};

Task<void> fill(store::Store& store) {
  auto domain = co_await store.add_domain("blue.test");
  auto account = co_await store.add_account("alice@blue.test", "secret");
  if (!domain || !account || *account != alice) std::abort();
  for (int i = 0; i < 3; ++i) {
    auto prepared = store.prepare(message);
    auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
    std::vector<std::string> flags;
    if (i == 1) flags.emplace_back("\\Seen");
    const auto received = WallTime();
    auto done = co_await store.append(alice, store::inbox_id, std::move(shared), std::move(flags), received);
    if (!done) std::abort();
  }
}

struct House {
  House(crypto::Keyring& keys, std::unique_ptr<store::MemoryEngine> given) : engine(std::move(given)), store(*engine, keys, clock, workers, *hub) {}
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
};

struct Base {
  std::unique_ptr<crypto::Keyring> keys = crypto::memory_keyring();
  std::unique_ptr<store::MemoryEngine> engine;
  Base() {
    House house(*keys, store::memory_engine({}));
    boost::asio::co_spawn(house.context, fill(house.store), boost::asio::detached);
    house.clock.settle();
    engine = house.engine->crash(0);
  }
};

Task<void> collect(std::shared_ptr<Stream> stream, std::shared_ptr<std::string> said) {
  while (true) {
    auto count = co_await stream->read_append(*said);
    if (!count || *count == 0) break;
  }
}

Task<void> send(std::shared_ptr<Stream> stream, std::string bytes) { co_await stream->write(bytes); }

std::string said_of(const Base& base, const std::string& bytes, std::size_t chunk) {
  House house(*base.keys, base.engine->crash(0));
  imap::ServerOptions options;
  options.host_name = "h";
  options.insecure_login = true;
  options.append_limit = 10'000;
  Anybody accounts;
  const auto log = null_log();
  const std::atomic<bool> stopping = false;
  net::PipeOptions pipe;
  pipe.chunk = chunk;
  auto said = std::make_shared<std::string>();
  {
    auto [client_end, server_end] = net::make_pipe(house.context.get_executor(), house.clock, pipe);
    std::shared_ptr<Stream> client = std::move(client_end);
    boost::asio::co_spawn(house.context, imap::serve(std::move(server_end), options, house.store, accounts, house.clock, *log, stopping),
                          boost::asio::detached);
    boost::asio::co_spawn(house.context, collect(client, said), boost::asio::detached);
    boost::asio::co_spawn(house.context, send(client, bytes), boost::asio::detached);
    house.clock.settle();
    house.clock.advance(std::chrono::hours(1));
    client->close();
    house.clock.settle();
  }
  const auto problems = house.store.verify();
  if (!problems || !problems->empty()) std::abort();
  return *said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Base base;
  if (size > 4'000) return 0;
  const std::string bytes = "a LOGIN alice secret\r\nb SELECT INBOX\r\n" + std::string(data, data + size);
  const auto whole = said_of(base, bytes, 0);
  if (said_of(base, bytes, 1) != whole || said_of(base, bytes, 7) != whole) std::abort();
  return 0;
}
