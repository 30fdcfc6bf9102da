// How long the server works for a screen of mail: Email/query of the inbox and Email/get of 50 rows, with everything that is not the
// network. One account in RocksDB; run as: bench_jmap_mail MESSAGES FOLDER. Prints the catalog's first build apart, and beside the
// whole the time of the reads that cannot be avoided: 50 rows of three kinds from the store.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>

#include "base/run_task.h"
#include "base/virtual_clock.h"
#include "jmap/core/request.h"
#include "store/catalog.h"
#include "store/catalogs.h"
#include "store/logins.h"
#include "store/object_id.h"
#include "store/store.h"

namespace {

using namespace posthorn;
using Steady = std::chrono::steady_clock;

double ms(Steady::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fmt::print(stderr, "usage: bench_jmap_mail MESSAGES FOLDER\n"), 2;
  const auto count = std::strtoull(argv[1], nullptr, 10);
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{0};
  auto hub = store::make_hub();
  auto keyring = crypto::memory_keyring();
  auto engine = store::open_rocks({argv[2], 256u << 20});
  if (!engine) return fmt::print(stderr, "{}\n", engine.error().text()), 1;
  store::Store mail(**engine, *keyring, clock, workers, *hub);
  static_cast<void>(run_task(context, mail.add_domain("blue.test")));
  const auto account = run_task(context, mail.add_account("alice@blue.test", "secret"));
  if (!account) return fmt::print(stderr, "{}\n", account.error().text()), 1;

  const auto filling = Steady::now();
  // Many in one commit: what is measured is reading.
  constexpr std::size_t batch = 200;
  for (std::uint64_t at = 0; at < count; at += batch) {
    std::vector<store::Prepared> some;
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(count, at + batch); ++i)
      some.push_back(*mail.prepare(fmt::format("From: Person {0} <p{0}@example.com>\r\nTo: alice@blue.test\r\nSubject: Letter {1} about the matter\r\nMessage-ID: <{2}@x>\r\n{3}Date: Tue, 10 Jul 2018 11:00:00 +0000\r\n\r\nHello Alice, this is letter {2}.\r\n",
                                                i % 500, i / 3, i, i % 3 == 0 ? "" : fmt::format("References: <{}@x>\r\n", i - i % 3))));
    clock.advance(std::chrono::seconds(1));
    store::Work work = [&](store::Transaction& tx) -> Status {
      const std::vector<std::string> flags = at / batch % 4 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"\\Seen"};
      for (const auto& one : some)
        if (auto made = mail.append(tx, *account, store::inbox_id, one, flags, clock.now()); !made) return fail(made.error());
      return {};
    };
    const auto done = run_task(context, mail.transact(std::move(work)));
    if (!done) return fmt::print(stderr, "{}\n", done.error().text()), 1;
  }
  fmt::print("{} messages stored in {:.0f} ms\n", count, ms(Steady::now() - filling));

  store::Catalogs catalogs(mail);
  auto log = null_log();
  auto accounts = store::make_logins(mail, *keyring);
  const jmap::Services services{mail, *accounts, *keyring, clock, *log, nullptr, {}, "mx", &catalogs};
  const auto building = Steady::now();
  static_cast<void>(catalogs.open(*account));
  fmt::print("catalog built in {:.0f} ms, {:.0f} MiB\n", ms(Steady::now() - building), static_cast<double>(catalogs.open(*account)->catalog->bytes()) / (1 << 20));

  const auto id = jmap::account_text(*account);
  const auto request = [&](const std::string& more) {
    return R"({"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[["Email/query",{"accountId":")" + id + R"(","filter":{"inMailbox":"F1"},"sort":[{"property":"receivedAt","isAscending":false}],"limit":50,"calculateTotal":true)" + more +
           R"(},"0"],["Email/get",{"accountId":")" + id + R"(","#ids":{"resultOf":"0","name":"Email/query","path":"/ids"},"properties":["threadId","mailboxIds","keywords","hasAttachment","from","subject","receivedAt","size","preview"]},"1"]]})";
  };
  const auto measure = [&](const char* name, const std::string& more, const std::function<void()>& ahead = {}, int repeats = 200) {
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i) {
      jmap::Call call{services, sasl::Login{*account, "alice@blue.test"}, {}, {}, "127.0.0.1"};
      const auto body = request(more);
      if (ahead) ahead();
      const auto start = Steady::now();
      const auto answer = run_task(context, jmap::process(call, body, "s"));
      const auto text = boost::json::serialize(*answer);
      times.push_back(ms(Steady::now() - start));
      if (!text.contains("\"list\":[{")) return fmt::print(stderr, "{}\n", text.substr(0, 500)), std::exit(1);
    }
    std::ranges::sort(times);
    fmt::print("{:<44} median {:.2f} ms, worst of {} {:.2f} ms\n", name, times[times.size() / 2], repeats, times.back());
  };
  measure("query + get of 50, newest first", "");
  measure("the same, threads collapsed", R"(,"collapseThreads":true)");
  measure("the same, in the middle", R"(,"position":)" + std::to_string(count / 2));
  measure("the same, collapsed, in the middle", R"(,"collapseThreads":true,"position":)" + std::to_string(count / 6));
  measure("the same, at the end", R"(,"position":-50)");
  measure("the same, collapsed, at the end", R"(,"collapseThreads":true,"position":-50)");
  measure("the same, collapsed, from an anchor", R"(,"collapseThreads":true,"anchor":")" + store::object_id(EmailId{count / 2 / 3 * 3 + 3}) + "\"");
  // Each request finds the account changed.
  const auto fresh = mail.prepare("From: p0@example.com\r\nSubject: Letter 1 about the matter\r\nReferences: <3@x>\r\n\r\nx\r\n");
  const auto deliver = [&] {
    store::Work work = [&](store::Transaction& tx) -> Status {
      TRY(mail.append(tx, *account, store::inbox_id, *fresh, {}, clock.now()));
      return {};
    };
    if (const auto done = run_task(context, mail.transact(std::move(work))); !done) fmt::print(stderr, "{}\n", done.error().text()), std::exit(1);
  };
  measure("the same, collapsed, a delivery before each", R"(,"collapseThreads":true,"position":)" + std::to_string(count / 6), deliver);
  // Searches hold the catalog that they began with: who asks after a delivery makes a copy of it.
  std::optional<store::Catalogs::Lease> held;
  measure("the same, while a search holds the older one", R"(,"collapseThreads":true,"position":)" + std::to_string(count / 6),
          [&] {
            auto lease = catalogs.open(*account);
            held.emplace(std::move(*lease));
            deliver();
          },
          20);
  held.reset();

  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const auto start = Steady::now();
    const auto view = mail.view(*account);
    for (std::uint64_t k = count - 50; k < count; ++k) {
      static_cast<void>(view.email(EmailId{k + 1}));
      static_cast<void>(view.member(store::inbox_id, Uid{static_cast<std::uint32_t>(k + 1)}));
      static_cast<void>(view.summary(EmailId{k + 1}));
    }
    times.push_back(ms(Steady::now() - start));
  }
  std::ranges::sort(times);
  fmt::print("{:<44} median {:.2f} ms\n", "only the 150 rows that this needs", times[100]);
  return 0;
}
