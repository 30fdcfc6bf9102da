// What only the RocksDB engine does: durability over re-opening, kill -9, torn and damaged logs, failing disks, grouping.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "engine_kit.h"
#include "store/engine/rocks_database.h"

namespace posthorn::store {
namespace {

namespace fs = std::filesystem;
using test::all;
using test::Entries;
using test::put;
using test::transact;
using test::value_of;

constexpr Space rocks_space = Space::email;

std::unique_ptr<Engine> opened(const std::string& folder) {
  auto engine = open_rocks({.folder = folder});
  EXPECT_TRUE(engine) << engine.error().text();
  return engine ? std::move(*engine) : nullptr;
}

// A disk whose log files tell a hook of each append and sync; the hook's answer is the disk's.
class HookedFiles final : public rocksdb::FileSystemWrapper {
 public:
  enum class Step { append, sync };
  using Hook = std::function<rocksdb::IOStatus(Step)>;
  explicit HookedFiles(Hook hook) : FileSystemWrapper(rocksdb::FileSystem::Default()), hook_(std::move(hook)) {}
  const char* Name() const override { return "HookedFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) *file = std::make_unique<Log>(std::move(*file), hook_);
    return status;
  }

 private:
  class Log final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Log(std::unique_ptr<rocksdb::FSWritableFile>&& file, const Hook& hook)
        : FSWritableFileOwnerWrapper(std::move(file)), hook_(hook) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      auto answer = hook_(Step::append);
      return answer.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : answer;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& sum, rocksdb::IODebugContext* debug) override {
      auto answer = hook_(Step::append);
      return answer.ok() ? FSWritableFileOwnerWrapper::Append(data, options, sum, debug) : answer;
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      auto answer = hook_(Step::sync);
      return answer.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : answer;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      auto answer = hook_(Step::sync);
      return answer.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : answer;
    }

   private:
    const Hook& hook_;
  };
  Hook hook_;
};

std::string biggest_log(const std::string& folder) {
  std::string found;
  std::uintmax_t size = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".log" || file.file_size() < size) continue;
    size = file.file_size();
    found = file.path();
  }
  return found;
}

// What was written to a log: the zeros that stand ready behind it do not count. Our records do not end in zeros.
std::uintmax_t log_length(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  return bytes.find_last_not_of('\0') + 1;
}

void overwrite(const std::string& file, std::uintmax_t at, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream << bytes;
  ASSERT_TRUE(stream.good());
}

TEST(RocksEngine, FindsEverythingAfterReopening) {
  const test::Folder folder;
  const std::string body(100'000, 'b');
  for (int round = 0; round < 4; ++round) {
    const auto engine = opened(folder.path());
    ASSERT_TRUE(engine);
    for (int earlier = 0; earlier < round; ++earlier) {
      for (const auto one : test::spaces()) {
        ASSERT_EQ(value_of(*engine->snapshot(), one, std::to_string(earlier)), body + static_cast<char>(one));
      }
    }
    for (const auto one : test::spaces()) ASSERT_TRUE(put(*engine, one, std::to_string(round), body + static_cast<char>(one)));
  }
}

TEST(RocksEngine, FinishesWhatWasBegunWhenDestroyed) {
  const test::Folder folder;
  auto engine = opened(folder.path());
  std::atomic<int> answered = 0;
  for (int i = 0; i < 100; ++i) {
    engine->transact(
        [i](Transaction& tx) -> Status {
          tx.put(rocks_space, std::to_string(i), "1");
          return {};
        },
        [&answered](const Status& status) { answered += status ? 1 : 0; });
  }
  engine.reset();
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(all(*opened(folder.path())->snapshot(), rocks_space).size(), 100u);
}

TEST(RocksEngine, KeepsItsFolderToItsUser) {
  const test::Folder folder;
  const auto path = folder.path() + "/a/b";
  const auto engine = opened(path);
  EXPECT_EQ(fs::status(path).permissions() & fs::perms::all, fs::perms::owner_all);
}

TEST(RocksEngine, SaysThatTheFolderCannotBeMade) {
  const auto engine = open_rocks({.folder = "/proc/nowhere"});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Errc::io);
  EXPECT_NE(engine.error().text().find("/proc/nowhere"), std::string::npos);
}

TEST(RocksEngine, RefusesAFolderOfANewerVersion) {
  const test::Folder folder;
  {
    auto database = RocksDatabase::open({.folder = folder.path()}, rocksdb::Env::Default());
    ASSERT_TRUE(database);
    rocksdb::ColumnFamilyHandle* later = nullptr;
    ASSERT_TRUE((*database)->db().CreateColumnFamily({}, "Z", &later).ok());
    (*database)->db().DestroyColumnFamilyHandle(later);
  }
  const auto engine = open_rocks({.folder = folder.path()});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Errc::unsupported) << engine.error().text();
}

TEST(RocksEngine, ShowsNothingBeforeTheSyncReturned) {
  const test::Folder folder;
  Engine* running = nullptr;
  std::atomic<int> looked = 0;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<HookedFiles>([&](HookedFiles::Step step) {
    if (step == HookedFiles::Step::sync && running != nullptr) {
      EXPECT_EQ(value_of(*running->snapshot(), rocks_space, "k"), "-");
      ++looked;
    }
    return rocksdb::IOStatus::OK();
  }));
  auto engine = open_rocks({.folder = folder.path()}, env.get());
  ASSERT_TRUE(engine) << engine.error().text();
  running = engine->get();
  EXPECT_TRUE(put(**engine, rocks_space, "k", "v"));
  running = nullptr;
  EXPECT_EQ(looked, 1);
  EXPECT_EQ(value_of(*(*engine)->snapshot(), rocks_space, "k"), "v");
}

TEST(RocksEngine, SyncsOnceForAllThatCameDuringASync) {
  const test::Folder folder;
  std::atomic<bool> counting = false;
  std::atomic<int> syncs = 0;
  std::promise<void> begun, go_on;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<HookedFiles>([&](HookedFiles::Step step) {
    if (step == HookedFiles::Step::sync && counting && ++syncs == 1) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return rocksdb::IOStatus::OK();
  }));
  auto engine = open_rocks({.folder = folder.path()}, env.get());
  ASSERT_TRUE(engine) << engine.error().text();
  counting = true;
  std::vector<std::future<Status>> answers;
  for (int i = 0; i < 50; ++i) {
    auto answer = std::make_shared<std::promise<Status>>();
    answers.push_back(answer->get_future());
    (*engine)->transact(
        [i](Transaction& tx) -> Status {
          tx.put(rocks_space, std::to_string(i), "1");
          return {};
        },
        [answer](Status status) { answer->set_value(std::move(status)); });
    if (i == 0) begun.get_future().wait();
  }
  go_on.set_value();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_EQ(syncs, 2);
}

// What makes a sync cheap: the log's bytes go over zeros, so its length is not written each time.
TEST(RocksEngine, WritesSmallCommitsOverZerosAndLeavesNoneBehind) {
  const test::Folder folder;
  std::uintmax_t written = 0;
  std::string log;
  {
    const auto engine = opened(folder.path());
    ASSERT_TRUE(put(*engine, rocks_space, "first", std::string(4000, 'v')));
    log = biggest_log(folder.path());
    const auto size = fs::file_size(log);
    EXPECT_EQ(size % (1u << 20), 0u);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(*engine, rocks_space, std::to_string(i), std::string(4000, 'v')));
    EXPECT_EQ(fs::file_size(log), size);
    ASSERT_TRUE(put(*engine, rocks_space, "large", std::string(1'500'000, 'v')));
    ASSERT_TRUE(put(*engine, rocks_space, "last", std::string(4000, 'v')));
    written = log_length(log);
    EXPECT_LT(written, fs::file_size(log));
  }
  EXPECT_LE(fs::file_size(log), written + 8);  // a record may end in zeros
  const auto engine = opened(folder.path());
  ASSERT_TRUE(engine);
  EXPECT_EQ(all(*engine->snapshot(), rocks_space).size(), 103u);
}

class RocksEngineFailing : public testing::TestWithParam<HookedFiles::Step> {};

TEST_P(RocksEngineFailing, TakesNoWritesWhileTheDiskFailsAndThenGoesOn) {
  const test::Folder folder;
  std::atomic<bool> failing = false;
  {
    const auto env = rocksdb::NewCompositeEnv(std::make_shared<HookedFiles>([&failing](HookedFiles::Step step) {
      return failing && step == GetParam() ? rocksdb::IOStatus::IOError("the disk is on fire") : rocksdb::IOStatus::OK();
    }));
    auto engine = open_rocks({.folder = folder.path()}, env.get());
    ASSERT_TRUE(engine) << engine.error().text();
    ASSERT_TRUE(put(**engine, rocks_space, "before", "1"));
    const auto held = (*engine)->snapshot();
    failing = true;
    for (int i = 0; i < 3; ++i) {
      const auto done = put(**engine, rocks_space, "during", "1");
      if (done) {
        // The log holds it though its sync failed, and opening again wrote it out into files that were synced.
        EXPECT_EQ(GetParam(), HookedFiles::Step::sync);
        EXPECT_EQ(value_of(*(*engine)->snapshot(), rocks_space, "during"), "1");
      } else {
        EXPECT_EQ(done.error().code, Errc::io);
        EXPECT_NE(done.error().text().find("on fire"), std::string::npos);
        EXPECT_NE(done.error().text().find("opened again"), std::string::npos);
      }
      EXPECT_EQ(value_of(*(*engine)->snapshot(), rocks_space, "before"), "1");  // reading goes on
    }
    EXPECT_EQ(held->get(rocks_space, "before").error().code, Errc::unavailable) << "the database under it was closed";
    failing = false;
    Status after = fail(Errc::io, "");
    for (int i = 0; !after && i < 500; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      after = put(**engine, rocks_space, "after", "1");
    }
    EXPECT_TRUE(after);
    EXPECT_EQ(value_of(*(*engine)->snapshot(), rocks_space, "after"), "1");
  }
  const auto engine = opened(folder.path());
  ASSERT_TRUE(engine);
  const auto view = engine->snapshot();
  EXPECT_EQ(value_of(*view, rocks_space, "before"), "1");
  EXPECT_EQ(value_of(*view, rocks_space, "after"), "1");
  EXPECT_TRUE(put(*engine, rocks_space, "again", "1"));
}

TEST_P(RocksEngineFailing, KnowsWhatBecameOfTheGroupThatMetOneFailure) {
  const test::Folder folder;
  std::atomic<bool> failing = false;
  std::vector<EngineNews::Kind> heard;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<HookedFiles>([&failing](HookedFiles::Step step) {
    return step == GetParam() && failing.exchange(false) ? rocksdb::IOStatus::IOError("a hiccup") : rocksdb::IOStatus::OK();
  }));
  auto engine = open_rocks({.folder = folder.path()}, env.get(), {nullptr, [&heard](const EngineNews& news) { heard.push_back(news.kind); }});
  ASSERT_TRUE(engine) << engine.error().text();
  for (int i = 0; i < 20; ++i) {
    failing = i % 2 == 0;
    // Counts: run twice it would show.
    const auto done = transact(**engine, [](Transaction& tx) -> Status {
      TRY_ASSIGN(const auto before, tx.get(rocks_space, "count"));
      tx.put(rocks_space, "count", std::to_string(std::stoi(before.value_or("0")) + 1));
      return {};
    });
    EXPECT_TRUE(done) << i << ": " << done.error().text();
    EXPECT_EQ(value_of(*(*engine)->snapshot(), rocks_space, "count"), std::to_string(i + 1));
  }
  engine->reset();
  EXPECT_EQ(heard.size(), 20u) << "each failure, and that it was mended";
  EXPECT_EQ(value_of(*opened(folder.path())->snapshot(), rocks_space, "count"), "20");
}

INSTANTIATE_TEST_SUITE_P(Steps, RocksEngineFailing, testing::Values(HookedFiles::Step::append, HookedFiles::Step::sync));

// Ten commits of `size` bytes each in the log; returns the log's name. The copy is as the disk would be after a power cut.
std::string ten_commits(const std::string& folder, const std::string& copy, std::size_t size = 300) {
  const auto engine = opened(folder);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(put(*engine, rocks_space, std::to_string(i), std::string(size, 'v')));
  fs::copy(folder, copy);
  return biggest_log(copy);
}

TEST(RocksEngine, DropsATornTailAndNothingElse) {
  const test::Folder folder;
  ten_commits(folder.path(), folder.path() + "/0");
  struct Case {
    const char* what;
    std::size_t kept;
    std::function<void(const std::string&)> damage;
  };
  const auto size = log_length(biggest_log(folder.path() + "/0"));
  const Case cases[] = {
      {"whole", 10, [](const std::string&) {}},
      {"half a record", 9, [size](const std::string& log) { fs::resize_file(log, size - 150); }},
      {"a byte short", 9, [size](const std::string& log) { fs::resize_file(log, size - 1); }},
      {"half a record header", 9, [size](const std::string& log) { fs::resize_file(log, size * 9 / 10 + 3); }},
      {"half a record, then zeros", 9, [size](const std::string& log) { overwrite(log, size - 150, std::string(150, '\0')); }},
      {"zeros in place of a record", 9, [size](const std::string& log) { overwrite(log, size * 9 / 10, std::string(size / 10 + 1, '\0')); }},
      {"no zeros behind it", 10, [size](const std::string& log) { fs::resize_file(log, size); }},
      {"a sector of zeros", 9, [size](const std::string& log) { overwrite(log, size - 200, std::string(100, '\0')); }},
      {"zeros behind it", 10, [size](const std::string& log) { fs::resize_file(log, size + 5000); }},
      {"garbage behind it", 10, [size](const std::string& log) { overwrite(log, size, std::string(5000, '\xa5')); }},
      {"two bytes of garbage behind it", 10, [size](const std::string& log) { overwrite(log, size, "\xa5\xa5"); }},
  };
  for (const auto& [what, kept, damage] : cases) {
    SCOPED_TRACE(what);
    const auto copy = folder.path() + "/" + what;
    fs::copy(folder.path() + "/0", copy);
    damage(biggest_log(copy));
    for (int round = 0; round < 2; ++round) {
      const auto engine = opened(copy);
      ASSERT_TRUE(engine);
      EXPECT_EQ(all(*engine->snapshot(), rocks_space).size(), kept + static_cast<std::size_t>(round));
      EXPECT_TRUE(put(*engine, rocks_space, "and on", "1"));
    }
  }
}

TEST(RocksEngine, RefusesALogThatLostWhatWasAcknowledged) {
  for (const std::size_t bytes : {300u, 100'000u}) {  // records inside a block of the log, and over several blocks
    const test::Folder folder;
    const auto size = log_length(ten_commits(folder.path(), folder.path() + "/0", bytes));
    for (const std::uintmax_t tenth : {0u, 1u, 5u, 8u}) {
      SCOPED_TRACE(std::to_string(bytes) + " " + std::to_string(tenth));
      const auto copy = folder.path() + "/" + std::to_string(tenth + 1);
      fs::copy(folder.path() + "/0", copy);
      overwrite(biggest_log(copy), size * tenth / 10 + 100, "!");
      for (int round = 0; round < 2; ++round) {  // refusing changes nothing: it refuses again
        const auto engine = open_rocks({.folder = copy});
        ASSERT_FALSE(engine);
        EXPECT_EQ(engine.error().code, Errc::corrupt) << engine.error().text();
      }
    }
  }
}

// The pages of the last record, which goes over several blocks, reached the disk in any order or not at all.
TEST(RocksEngine, DropsALastRecordWhosePagesCameOutOfOrder) {
  const test::Folder folder;
  const auto size = log_length(ten_commits(folder.path(), folder.path() + "/0", 100'000));
  std::mt19937_64 random(3);
  for (int round = 1; round <= 12; ++round) {
    SCOPED_TRACE(round);
    const auto copy = folder.path() + "/" + std::to_string(round);
    fs::copy(folder.path() + "/0", copy);
    const auto log = biggest_log(copy);
    constexpr std::uintmax_t page = 4096;
    overwrite(log, size - 50, std::string(10, '\0'));
    for (auto at = (size * 9 / 10 / page + 2) * page; at + page < size; at += page) {
      if (random() % 2 == 0) overwrite(log, at, std::string(page, '\0'));
    }
    const auto engine = opened(copy);
    ASSERT_TRUE(engine);
    EXPECT_EQ(all(*engine->snapshot(), rocks_space).size(), 9u);
  }
}

// -- another process: this test program, run again with one of the tests that only do something in a child.
constexpr const char* child_folder = "POSTHORN_TEST_ENGINE_FOLDER";
constexpr int child_pipe = 3;

class Child {
 public:
  Child(const std::string& test, const std::string& folder) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], child_pipe);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    std::string filter = "--gtest_filter=" + test, also = "--gtest_also_run_disabled_tests", self = "/proc/self/exe";
    std::string variable = std::string(child_folder) + "=" + folder;
    std::array<char*, 4> arguments = {self.data(), filter.data(), also.data(), nullptr};
    std::array<char*, 2> environment = {variable.data(), nullptr};
    const int failed = posix_spawn(&pid_, self.c_str(), &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    read_end_ = ends[0];
    if (failed != 0) throw std::runtime_error("cannot start the child");
  }
  ~Child() {
    kill_and_wait();
    close(read_end_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next number the child reported; nothing at the end.
  std::optional<int> next() const {
    int number = 0;
    return read(read_end_, &number, sizeof number) == sizeof number ? std::optional(number) : std::nullopt;
  }
  void kill_and_wait() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
  int read_end_ = -1;
};

void report(int number) {
  if (write(child_pipe, &number, sizeof number) != sizeof number) _exit(1);
}

// Writes numbered transactions, 16 at a time, from where the last run ended, until it is killed.
TEST(RocksEngineChild, DISABLED_WritesUntilKilled) {
  const char* folder = getenv(child_folder);
  if (folder == nullptr) GTEST_SKIP() << "only for RocksEngine.LosesNothingAcknowledgedWhenKilled";
  const auto engine = opened(folder);
  std::atomic<int> number = 0;
  {
    const auto view = engine->snapshot();
    for (const auto& entry : all(*view, rocks_space)) number = std::max(number.load(), std::stoi(entry.first) + 1);
  }
  std::function<void()> next = [&] {
    const int mine = number++;
    engine->transact(
        [mine](Transaction& tx) -> Status {
          const auto key = std::to_string(mine);
          tx.put(rocks_space, key, key);
          tx.put(Space::chunk, key, std::string(5000, static_cast<char>('a' + mine % 26)));
          tx.put(Space::queue, key, key);
          tx.erase(Space::queue, std::to_string(mine - 1000));
          return {};
        },
        [&next, mine](const Status& status) {
          if (!status) _exit(2);
          report(mine);
          next();
        });
  };
  for (int i = 0; i < 16; ++i) next();
  std::this_thread::sleep_for(std::chrono::seconds(30));
  _exit(3);
}

TEST(RocksEngine, LosesNothingAcknowledgedWhenKilled) {
  const test::Folder folder;
  std::mt19937_64 random(7);
  std::vector<int> acknowledged;
  for (int round = 0; round < 20; ++round) {
    {
      Child child("RocksEngineChild.DISABLED_WritesUntilKilled", folder.path());
      const auto first = child.next();
      ASSERT_TRUE(first);
      acknowledged.push_back(*first);
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 50'000));
      child.kill_and_wait();
      while (const auto number = child.next()) acknowledged.push_back(*number);
    }
    const auto engine = opened(folder.path());
    ASSERT_TRUE(engine);
    const auto view = engine->snapshot();
    for (const int number : acknowledged) ASSERT_EQ(value_of(*view, rocks_space, std::to_string(number)), std::to_string(number));
    int newest = 0;
    const auto entries = all(*view, rocks_space);
    for (const auto& [key, value] : entries) {
      ASSERT_EQ(value_of(*view, Space::chunk, key), std::string(5000, static_cast<char>('a' + std::stoi(key) % 26)));
      newest = std::max(newest, std::stoi(key));
    }
    ASSERT_EQ(all(*view, Space::chunk).size(), entries.size());
    for (int number = std::max(0, newest - 900); number <= newest; ++number) {
      ASSERT_EQ(value_of(*view, Space::queue, std::to_string(number)), value_of(*view, rocks_space, std::to_string(number)));
    }
  }
  EXPECT_GT(acknowledged.size(), 200u);
}

TEST(RocksEngineChild, DISABLED_HoldsTheFolder) {
  const char* folder = getenv(child_folder);
  if (folder == nullptr) GTEST_SKIP() << "only for RocksEngine.SaysThatAnotherProcessHasTheFolder";
  const auto engine = opened(folder);
  report(1);
  std::this_thread::sleep_for(std::chrono::seconds(30));
}

TEST(RocksEngine, SaysThatAnotherProcessHasTheFolder) {
  const test::Folder folder;
  {
    const Child child("RocksEngineChild.DISABLED_HoldsTheFolder", folder.path());
    ASSERT_EQ(child.next(), 1);
    const auto refused = open_rocks({.folder = folder.path()});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable) << refused.error().text();
    EXPECT_NE(refused.error().text().find("another process"), std::string::npos);
  }
  const auto first = opened(folder.path());  // a dead process holds nothing
  ASSERT_TRUE(first);
  const auto second = open_rocks({.folder = folder.path()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable) << second.error().text();
}

}  // namespace
}  // namespace posthorn::store
