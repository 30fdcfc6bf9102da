// How long the server works for a search of mail by words (RFC 8621 4.4.1): Email/query for the first 50 with the number of all, by the
// index of words, and beside it the same by reading all mail. Letters of about 150 words out of 60,000 in the proportions of language.
// Run as: bench_jmap_search MESSAGES FOLDER [no-scan].
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>

#include "base/run_task.h"
#include "jmap/core/request.h"
#include "net/runtime.h"
#include "store/catalogs.h"
#include "store/logins.h"
#include "store/search/index.h"
#include "store/search/indexer.h"
#include "store/store.h"

namespace {

using namespace posthorn;
using Steady = std::chrono::steady_clock;

double ms(Steady::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double cpu_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; };
  return of(used.ru_utime) + of(used.ru_stime);
}

// Word number n: 0 is the most frequent.
std::string word(std::size_t n) {
  std::string out;
  for (n += 26; n > 0; n /= 26) out += static_cast<char>('a' + n % 26);
  return out;
}

class Writer {
 public:
  std::string letter(std::uint64_t number) {
    std::string text;
    for (std::size_t i = 0, words = 50 + random_() % 200; i < words; ++i) text += any() + (i % 12 == 11 ? "\r\n" : " ");
    const auto person = random_() % 500;
    return fmt::format("From: {0} {1} <{0}.{1}@example.com>\r\nTo: alice@blue.test\r\nSubject: {2} {3} {4}\r\nMessage-ID: <{5}@x>\r\n{6}Date: Tue, 10 Jul 2018 11:00:00 +0000\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\n\r\nHello Alice,\r\n{7}\r\n-- \r\nsent by {0}\r\n",
                       word(1000 + person), word(2000 + person), any(), any(), any(), number, number % 3 == 0 ? "" : fmt::format("References: <{}@x>\r\n", number - number % 3), text);
  }

 private:
  std::string any() { return word(static_cast<std::size_t>(std::exp(std::uniform_real_distribution(0.0, std::log(60'000.0))(random_)))); }
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fmt::print(stderr, "usage: bench_jmap_search MESSAGES FOLDER [no-scan]\n"), 2;
  const auto count = std::strtoull(argv[1], nullptr, 10);
  boost::asio::io_context context{1};
  const auto clock = net::system_clock();
  Workers workers{0};
  auto hub = store::make_hub();
  auto keyring = crypto::memory_keyring();
  auto engine = store::open_rocks({argv[2], 64u << 20});
  if (!engine) return fmt::print(stderr, "{}\n", engine.error().text()), 1;
  store::Store mail(**engine, *keyring, *clock, workers, *hub);
  static_cast<void>(run_task(context, mail.add_domain("blue.test")));
  const auto account = run_task(context, mail.add_account("alice@blue.test", "secret"));
  if (!account) return fmt::print(stderr, "{}\n", account.error().text()), 1;

  Writer writer;
  std::uint64_t bytes = 0;
  const auto filling = Steady::now();
  constexpr std::size_t batch = 200;
  for (std::uint64_t at = 0; at < count; at += batch) {
    std::vector<store::Prepared> some;
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(count, at + batch); ++i) {
      const auto letter = writer.letter(i);
      bytes += letter.size();
      some.push_back(*mail.prepare(letter));
    }
    store::Work work = [&](store::Transaction& tx) -> Status {
      for (const auto& one : some)
        if (auto made = mail.append(tx, *account, store::inbox_id, one, {}, WallTime(std::chrono::seconds(1'600'000'000 + at))); !made) return fail(made.error());
      return {};
    };
    const auto done = run_task(context, mail.transact(std::move(work)));
    if (!done) return fmt::print(stderr, "{}\n", done.error().text()), 1;
  }
  fmt::print("{} messages, {:.0f} MiB, stored in {:.1f} s\n", count, static_cast<double>(bytes) / (1 << 20), ms(Steady::now() - filling) / 1e3);

  auto log = null_log();
  store::search::IndexerOptions options;
  options.pause = {};
  store::search::Indexer indexer(context.get_executor(), mail, *keyring, *log, options);
  const auto before = cpu_ms();
  const auto indexing = Steady::now();
  const auto indexed = run_task(context, indexer.look_at(*account));
  if (!indexed) return fmt::print(stderr, "{}\n", indexed.error().text()), 1;
  const auto made = store::search::index_progress(*mail.snapshot(), *account);
  fmt::print("indexed in {:.1f} s ({:.2f} ms of CPU a message), {} pieces, {:.1f} MiB: {:.0f} octets a message, {:.0f} % of the mail\n", ms(Steady::now() - indexing) / 1e3,
             (cpu_ms() - before) / static_cast<double>(count), made->segments, static_cast<double>(made->bytes) / (1 << 20), static_cast<double>(made->bytes) / static_cast<double>(count),
             100.0 * static_cast<double>(made->bytes) / static_cast<double>(bytes));

  store::Catalogs catalogs(mail);
  const store::search::Index words(*keyring);
  auto accounts = store::make_logins(mail, *keyring);
  jmap::Services services{mail, *accounts, *keyring, *clock, *log, nullptr, {}, "mx", &catalogs};
  static_cast<void>(catalogs.open(*account));
  const auto id = jmap::account_text(*account);
  const auto ask = [&](const std::string& filter) {
    jmap::Call call{services, sasl::Login{*account, "alice@blue.test"}, {}, {}, "127.0.0.1"};
    const auto body = R"({"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[["Email/query",{"accountId":")" + id + R"(","filter":)" + filter +
                      R"(,"sort":[{"property":"receivedAt","isAscending":false}],"limit":50,"calculateTotal":true},"0"]]})";
    const auto start = Steady::now();
    const auto answer = run_task(context, jmap::process(call, body, "s"));
    const auto time = ms(Steady::now() - start);
    const auto response = answer->at("methodResponses").as_array()[0].as_array()[1].as_object();
    const auto* total = response.if_contains("total");
    return std::pair(time, total != nullptr ? std::to_string(total->to_number<std::int64_t>()) : std::string(response.at("type").as_string()));
  };
  const bool scan = argc < 4;
  fmt::print("{:<44} {:>10} {:>12} {:>12} {:>14}\n", "search", "found", "first, ms", "median, ms", scan ? "reading all, ms" : "");
  const auto row = [&](const char* name, const std::string& filter) {
    services.words = &words;
    const auto first = ask(filter);
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) times.push_back(ask(filter).first);
    std::ranges::sort(times);
    std::string other;
    if (scan) {
      services.words = nullptr;
      const auto slow = ask(filter);
      other = slow.second == first.second ? fmt::format("{:.0f}", slow.first) : "over 20,000";
    }
    fmt::print("{:<44} {:>10} {:>12.1f} {:>12.1f} {:>14}\n", name, first.second, first.first, times[4], other);
  };
  row("text: a rare word", R"({"text":")" + word(50'000) + "\"}");
  row("text: a word of one letter in a hundred", R"({"text":")" + word(1'000) + "\"}");
  row("text: the most frequent word", R"({"text":")" + word(0) + "\"}");
  row("text: two words", R"({"text":")" + word(300) + " " + word(400) + "\"}");
  row("text: the beginning of words, two letters", R"({"text":"ab"})");
  row("text: the beginning of words, one letter", R"({"text":"a"})");
  row("body: a word", R"({"body":")" + word(5'000) + "\"}");
  row("subject: a word", R"({"subject":")" + word(100) + "\"}");
  row("from: an address", R"({"from":")" + word(1'100) + "." + word(2'100) + R"(@example.com"})");
  row("a phrase of two rare words", R"({"text":"')" + word(9'000) + " " + word(12'000) + R"('"})");
  row("a phrase of two frequent words", R"({"text":"')" + word(20) + " " + word(30) + R"('"})");
  row("no word of this kind anywhere", R"({"text":"zzzzzz"})");
  row("not a word", R"({"operator":"NOT","conditions":[{"text":")" + word(10) + "\"}]}");
  row("a word, in a mailbox, unread", R"({"inMailbox":"F1","notKeyword":"$seen","text":")" + word(700) + "\"}");
  row("with an attachment", R"({"hasAttachment":true})");
  row("of a list", R"({"header":["List-Id"]})");
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  fmt::print("most memory of the process {} MiB\n", used.ru_maxrss / 1024);
  return 0;
}
