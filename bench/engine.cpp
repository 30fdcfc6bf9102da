// bench/engine.cpp - the RocksDB engine against the disk under it, in the same run and the same folder.
//   1. Durable transactions (10 keys of 40 bytes and one chunk of 4 KiB; three of the keys are counters that are read first)
//      of 1, 20 and 100 callers, each starting its next one when the last is durable, against write + fdatasync of as many
//      bytes to one file. A caller is woken as a session is: the Done posts to an io_context.
//   2. What running a transaction costs before the sync: our Overlay against RocksDB's WriteBatchWithIndex.
// Usage: bench_engine [folder [seconds]]
#include <fcntl.h>
#include <fmt/core.h>
#include <rocksdb/utilities/write_batch_with_index.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/engine/overlay.h"
#include "store/engine/rocks_database.h"

namespace posthorn::store {
namespace {

using Steady = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

double seconds_each = 3;

struct Figures {
  double rate, p50, p99;
};

Figures figures(std::vector<double> latencies, Steady::duration took) {
  std::ranges::sort(latencies);
  const auto at = [&latencies](double part) {
    return latencies.empty() ? 0 : latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  return {static_cast<double>(latencies.size()) / std::chrono::duration<double>(took).count(), at(0.5), at(0.99)};
}

std::string random_bytes(std::size_t size) {
  static std::mt19937_64 random(1);
  std::string bytes(size, ' ');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Figures raw(const std::string& folder, std::size_t size) {
  const auto name = folder + "/raw";
  const int file = open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const auto bytes = random_bytes(size);
  std::vector<double> latencies;
  const auto begin = Steady::now();
  for (auto now = begin; now - begin < std::chrono::duration<double>(seconds_each / 3);) {
    if (write(file, bytes.data(), bytes.size()) < 0 || fdatasync(file) != 0) std::abort();
    const auto then = std::exchange(now, Steady::now());
    latencies.push_back(Microseconds(now - then).count());
  }
  const auto took = Steady::now() - begin;
  close(file);
  std::filesystem::remove(name);
  return figures(std::move(latencies), took);
}

std::string number(std::uint64_t n, std::size_t width) {
  auto text = std::to_string(n);
  return std::string(width - text.size(), '0') + text;
}

// The transaction of a delivered message, more or less. The keys are of 16 bytes, key and value together 40.
Status deliver(Transaction& tx, std::uint64_t account, std::uint64_t n, const std::string& body) {
  const auto who = number(account, 6);
  for (const auto space : {Space::clock, Space::counters, Space::account}) {
    TRY_ASSIGN(const auto now, tx.get(space, who));
    tx.put(space, who, number(std::stoull(now.value_or("0")) + 1, 34));
  }
  const auto key = who + number(n, 10);
  for (const auto space : {Space::membership, Space::email, Space::summary, Space::log, Space::thread, Space::thread_join,
                           Space::blob_reference}) {
    tx.put(space, key, "012345678901234567890123");
  }
  tx.put(Space::chunk, key, body);
  return {};
}

struct Caller {
  std::uint64_t account = 0;
  Steady::time_point begun;
  std::vector<double> latencies;
};

class Load {
 public:
  Load(Engine& engine, boost::asio::io_context& context) : engine_(engine), context_(context), end_(Steady::now() + limit()) {}

  void next(Caller& caller) {
    if (Steady::now() > end_) return;
    caller.begun = Steady::now();
    const auto n = number_++;
    engine_.transact([this, &caller, n](Transaction& tx) { return deliver(tx, caller.account, n, body_); },
                     [this, &caller](const Status& status) {
                       if (!status) std::abort();
                       boost::asio::post(context_, [this, &caller] {
                         caller.latencies.push_back(Microseconds(Steady::now() - caller.begun).count());
                         next(caller);
                       });
                     });
  }

 private:
  static Steady::duration limit() {
    return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds_each));
  }

  Engine& engine_;
  boost::asio::io_context& context_;
  Steady::time_point end_;
  std::string body_ = random_bytes(4096);
  static inline std::atomic<std::uint64_t> number_ = 0;
};

Figures load(Engine& engine, std::size_t count) {
  boost::asio::io_context context;
  auto guard = boost::asio::make_work_guard(context);
  std::vector<Caller> callers(count);
  for (std::size_t i = 0; i < count; ++i) callers[i].account = i;
  const auto begin = Steady::now();
  Load load(engine, context);
  {
    std::jthread session_thread([&context] { context.run(); });
    for (auto& caller : callers) boost::asio::post(context, [&load, &caller] { load.next(caller); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_each));
    // A last transaction stands behind all others: when it is done, they are, and their posts are queued.
    std::promise<void> last;
    engine.transact([](Transaction&) -> Status { return {}; }, [&last](const Status&) { last.set_value(); });
    last.get_future().wait();
    guard.reset();
  }
  const auto took = Steady::now() - begin;
  std::vector<double> latencies;
  for (const auto& caller : callers) latencies.insert(latencies.end(), caller.latencies.begin(), caller.latencies.end());
  return figures(std::move(latencies), took);
}

void durable(const std::string& folder) {
  auto engine = open_rocks({.folder = folder + "/data"});
  if (!engine) {
    fmt::print("{}\n", engine.error().text());
    std::exit(1);
  }
  fmt::print("{:>9} {:>8} {:>9} {:>9} | {:>8} {:>9} {:>9} | {:>6} {:>7} {:>7}\n", "callers", "tx/s", "p50 us", "p99 us", "raw/s",
             "p50 us", "p99 us", "rate x", "p50 x", "p99 x");
  for (const std::size_t callers : {1u, 20u, 100u}) {
    const auto before = raw(folder, 4096 + 10 * 40);
    const auto ours = load(**engine, callers);
    const auto after = raw(folder, 4096 + 10 * 40);
    const Figures disk = {(before.rate + after.rate) / 2, (before.p50 + after.p50) / 2, (before.p99 + after.p99) / 2};
    fmt::print("{:>9} {:>8.0f} {:>9.0f} {:>9.0f} | {:>8.0f} {:>9.0f} {:>9.0f} | {:>6.2f} {:>7.2f} {:>7.2f}\n", callers, ours.rate,
               ours.p50, ours.p99, disk.rate, disk.p50, disk.p99, ours.rate / disk.rate, ours.p50 / disk.p50,
               ours.p99 / disk.p99);
  }
}

// The same Transaction over RocksDB's own index, as far as deliver() needs it: get, put and erase.
class IndexedTransaction final : public Transaction {
 public:
  IndexedTransaction(const RocksDatabase& database, rocksdb::WriteBatchWithIndex& batch) : database_(database), batch_(batch) {}
  Result<std::optional<std::string>> get(Space space, std::string_view key) const override {
    rocksdb::PinnableSlice value;
    const auto status = batch_.GetFromBatchAndDB(&database_.db(), {}, database_.family(space), key, &value);
    if (status.IsNotFound()) return std::nullopt;
    TRY(status_of(status, "reading failed"));
    return value.ToString();
  }
  Status scan(Space, std::string_view, std::string_view,
              const std::function<bool(std::string_view, std::string_view)>&) const override {
    return fail(Errc::unsupported, "not measured");
  }
  Result<std::optional<Entry>> last(Space, std::string_view, std::string_view) const override {
    return fail(Errc::unsupported, "not measured");
  }
  void put(Space space, std::string_view key, std::string_view value) override {
    if (!batch_.Put(database_.family(space), key, value).ok()) std::abort();
  }
  void erase(Space space, std::string_view key) override {
    if (!batch_.Delete(database_.family(space), key).ok()) std::abort();
  }
  void allow_large() override {}

 private:
  const RocksDatabase& database_;
  rocksdb::WriteBatchWithIndex& batch_;
};

void running(const std::string& folder) {
  const auto database = RocksDatabase::open({.folder = folder + "/data"}, rocksdb::Env::Default());
  if (!database) std::exit(1);
  const RocksReader base(**database);
  const auto body = random_bytes(4096);
  constexpr int groups = 300;
  for (const std::uint64_t in_group : {1u, 20u, 100u}) {
    std::size_t bytes = 0;
    const auto begin = Steady::now();
    for (int group = 0; group < groups; ++group) {
      Overlay overlay;
      for (std::uint64_t n = 0; n < in_group; ++n) {
        OverlayTransaction tx(base, overlay);
        if (!tx.run([n, &body](Transaction& t) { return deliver(t, n, n, body); })) std::abort();
      }
      rocksdb::WriteBatch batch;
      for (std::size_t space = 0; space < space_count; ++space) {
        auto* family = (*database)->family(space);
        for (const auto& [key, value] : overlay.cells(space)) batch.Put(family, key, *value).PermitUncheckedError();
      }
      bytes += batch.GetDataSize();
    }
    const auto middle = Steady::now();
    for (int group = 0; group < groups; ++group) {
      rocksdb::WriteBatchWithIndex batch(rocksdb::BytewiseComparator(), 0, true);
      for (std::uint64_t n = 0; n < in_group; ++n) {
        IndexedTransaction tx(**database, batch);
        batch.SetSavePoint();
        if (!deliver(tx, n, n, body)) std::abort();
        batch.PopSavePoint().PermitUncheckedError();
      }
      bytes += batch.GetWriteBatch()->GetDataSize();
    }
    const auto end = Steady::now();
    const auto each = static_cast<double>(groups) * static_cast<double>(in_group);
    fmt::print("{:>9} in a group: overlay {:>6.1f} us, WriteBatchWithIndex {:>6.1f} us a transaction ({} bytes)\n", in_group,
               Microseconds(middle - begin).count() / each, Microseconds(end - middle).count() / each, bytes);
  }
}

}  // namespace
}  // namespace posthorn::store

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : "/tmp/posthorn-bench-engine";
  if (count > 2) posthorn::store::seconds_each = std::stod(arguments[2]);
  std::filesystem::remove_all(folder + "/data");
  std::filesystem::create_directories(folder);
  posthorn::store::durable(folder);
  posthorn::store::running(folder);
  std::filesystem::remove_all(folder + "/data");
}
