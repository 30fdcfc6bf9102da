// bench/deliveries.cpp - deliveries into mailboxes as the post office commits them, without SMTP, on the real engine and the real disk.
//   deliveries commits FOLDER SECONDS [CALLERS]   commits a second: messages are made ready beforehand, so only the commits are timed
//   deliveries growth FOLDER SMALL LARGE          what a delivery costs in a mailbox of SMALL and of LARGE messages
// Each caller begins its next commit when the last is durable, and is woken as a session is. Prints one line of JSON.
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/run_task.h"
#include "base/workers.h"
#include "crypto/keyring.h"
#include "net/runtime.h"
#include "store/store.h"

using namespace posthorn;

namespace {

using Steady = std::chrono::steady_clock;
using Ready = std::shared_ptr<const store::Prepared>;

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "deliveries: {}\n", why);
  std::exit(1);
}
template <class T>
T need(Result<T> result) {
  if (!result) stop(result.error().text());
  return std::move(*result);
}

// The process's time on a processor, all threads together.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string letter(std::uint64_t number, std::size_t size) {
  std::string out = "From: Sender <sender" + std::to_string(number % 50) + "@sender.test>\r\nTo: user@example.test\r\nSubject: Load " + std::to_string(number) +
                    "\r\nDate: Sun, 29 Nov 2026 12:00:00 +0000\r\nMessage-ID: <" + std::to_string(number) + "@sender.test>\r\n\r\n";
  std::uint64_t random = number * 0x9E3779B97F4A7C15u + 1;
  while (out.size() + 80 < size) {
    for (int i = 0; i < 76; ++i) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      out += random % 6 == 0 ? ' ' : static_cast<char>('a' + random % 26);
    }
    out += "\r\n";
  }
  return out;
}

class Bench {
 public:
  explicit Bench(const std::string& folder) {
    std::filesystem::remove_all(folder);
    engine_ = need(store::open_rocks({.folder = folder}));
    store_ = std::make_unique<store::Store>(*engine_, *keyring_, *clock_, workers_, *hub_);
  }
  store::Store& store() { return *store_; }

  template <class T>
  T run(Task<T> task) {
    return run_task(context_, std::move(task));
  }
  // `total` deliveries by `callers`, over the accounts in turn.
  void deliver(const std::vector<AccountId>& accounts, const std::vector<Ready>& messages, std::size_t callers, Steady::time_point end) {
    next_ = 0;
    for (std::size_t i = 0; i < callers; ++i) boost::asio::co_spawn(context_, caller(accounts, messages, end), boost::asio::detached);
    context_.restart();
    context_.run();
  }
  std::size_t delivered() const { return done_; }

 private:
  Task<void> caller(const std::vector<AccountId>& accounts, const std::vector<Ready>& messages, Steady::time_point end) {
    while (next_ < messages.size() && Steady::now() < end) {
      const auto at = next_++;
      const auto& message = *messages[at];
      const auto account = accounts[at % accounts.size()];
      store::Work work = [this, &message, account](store::Transaction& tx) -> Status {
        auto added = store_->append(tx, account, store::inbox_id, message, {}, clock_->now());
        if (!added) return fail(added.error());
        return {};
      };
      const auto committed = co_await store_->transact(std::move(work));
      if (!committed) stop(committed.error().text());
      ++done_;
    }
  }

  boost::asio::io_context context_;
  Workers workers_{1};
  std::unique_ptr<Clock> clock_ = net::system_clock();
  std::unique_ptr<crypto::Keyring> keyring_ = crypto::memory_keyring();
  std::unique_ptr<store::Hub> hub_ = store::make_hub();
  std::unique_ptr<store::Engine> engine_;
  std::unique_ptr<store::Store> store_;
  std::size_t next_ = 0, done_ = 0;
};

std::vector<AccountId> accounts_of(Bench& bench, int count) {
  std::vector<AccountId> out;
  auto domain = bench.run(bench.store().add_domain("example.test"));
  if (!domain) stop(domain.error().text());
  for (int i = 0; i < count; ++i) out.push_back(need(bench.run(bench.store().add_account("user" + std::to_string(i) + "@example.test", "a password"))));
  return out;
}

std::vector<Ready> ready(Bench& bench, std::uint64_t from, std::size_t count, std::size_t size) {
  std::vector<Ready> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(std::make_shared<store::Prepared>(need(bench.store().prepare(letter(from + i, size)))));
  return out;
}

void commits(const std::string& folder, double seconds, std::size_t callers) {
  Bench bench(folder);
  const auto accounts = accounts_of(bench, 80);
  const auto messages = ready(bench, 0, 40'000, 4096);
  const auto begin = Steady::now();
  const auto used = processor_seconds();
  bench.deliver(accounts, messages, callers, begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds)));
  const double took = std::chrono::duration<double>(Steady::now() - begin).count();
  const auto count = static_cast<double>(bench.delivered());
  fmt::print("{{\"callers\": {}, \"commits_per_s\": {:.1f}, \"cpu_ms\": {:.4f}}}\n", callers, count / took, (processor_seconds() - used) * 1000 / count);
}

// Filling a mailbox a hundred times faster than mail comes leaves the engine work to catch up with: that is not what its size costs.
// It works in several steps with pauses between them, so only a rest of some seconds says that it is done.
void settle() {
  constexpr int enough = 8;
  for (int i = 0, quiet = 0; i < 240 && quiet < enough; ++i) {
    const auto before = processor_seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    quiet = processor_seconds() - before < 0.025 ? quiet + 1 : 0;
  }
}

struct Cost {
  double wall_us, cpu_us;
};

// The least of five rounds: a flush or compaction in one of them is not what the size of the mailbox costs.
Cost cost(Bench& bench, const std::vector<AccountId>& account, std::uint64_t from) {
  Cost least{1e9, 1e9};
  constexpr std::size_t each = 2000;
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto messages = ready(bench, from + round * each, each, 1024);
    const auto begin = Steady::now();
    const auto used = processor_seconds();
    bench.deliver(account, messages, 20, Steady::time_point::max());
    const double count = each;
    least.wall_us = std::min(least.wall_us, std::chrono::duration<double, std::micro>(Steady::now() - begin).count() / count);
    least.cpu_us = std::min(least.cpu_us, (processor_seconds() - used) * 1e6 / count);
  }
  return least;
}

void growth(const std::string& folder, std::size_t small, std::size_t large) {
  Bench bench(folder);
  const auto account = accounts_of(bench, 1);
  const auto grow_to = [&](std::size_t size) {
    constexpr std::size_t batch = 10'000;
    while (bench.delivered() < size) {
      const auto from = bench.delivered();
      bench.deliver(account, ready(bench, from, std::min(batch, size - from), 1024), 500, Steady::time_point::max());
    }
  };
  grow_to(small);
  settle();
  const auto before = cost(bench, account, 10'000'000);
  grow_to(large);
  settle();
  const auto after = cost(bench, account, 20'000'000);
  fmt::print("{{\"small\": {}, \"large\": {}, \"small_us\": {:.1f}, \"large_us\": {:.1f}, \"small_cpu_us\": {:.1f}, \"large_cpu_us\": {:.1f}, \"wall_ratio\": {:.3f}, \"cpu_ratio\": {:.3f}}}\n",
             small, large, before.wall_us, after.wall_us, before.cpu_us, after.cpu_us, after.wall_us / before.wall_us, after.cpu_us / before.cpu_us);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.size() >= 3 && given[0] == "commits") {
    commits(given[1], std::stod(given[2]), given.size() > 3 ? std::stoul(given[3]) : 100);
  } else if (given.size() == 4 && given[0] == "growth") {
    growth(given[1], std::stoul(given[2]), std::stoul(given[3]));
  } else {
    stop("usage: deliveries commits FOLDER SECONDS [CALLERS] | deliveries growth FOLDER SMALL LARGE");
  }
  std::filesystem::remove_all(given[1]);
}
