// tests/post/world.h - two mail servers, blue and green, in one process and in virtual time: memory stores, real SMTP sessions over
// pipes, a zone for DNS, and doors that a test can break: a host may be down or be a fake, DNS may fail, the disk may lose power.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/virtual_clock.h"
#include "dns/zone_resolver.h"
#include "net/dialer.h"
#include "net/line_reader.h"
#include "net/pipe_stream.h"
#include "post/office.h"
#include "store/engine/memory_engine.h"
#include "store/logins.h"

namespace posthorn::post {

class MemoryLog final : public Log {
 public:
  void write(Level, std::string_view event, std::initializer_list<Field> fields) override {
    std::string line(event);
    for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + value;
    lines.push_back(line);
  }
  std::size_t count(std::string_view part) const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [part](const std::string& l) { return l.find(part) != l.npos; }));
  }
  std::vector<std::string> lines;
};

// What a fake host answers to a line (to "." for the end of the text, to "" for the connection). Words before the answer:
// "CLOSE" instead of it: the connection ends. "HANG": never answers. "SLOW ": after 200 s. "HALF ": then stops sending.
// "TLS ": then goes to TLS.
using Fake = std::function<std::string(const std::string& line)>;

// The streams of fakes that still play, so that the end of the world ends them, too.
using Playing = std::set<Stream*>;

inline Task<void> play_fake(std::unique_ptr<Stream> stream, Fake fake, Clock& clock, std::shared_ptr<std::size_t> open, std::shared_ptr<Playing> playing) {
  playing->insert(stream.get());
  net::LineReader reader(*stream);
  std::string line;
  bool text = false;
  for (;;) {
    std::string answer = text ? std::string() : fake(line);
    if (text && line == ".") {
      text = false;
      answer = fake(".");
    }
    if (answer == "CLOSE") break;
    bool hangs = answer == "HANG";
    while (hangs) {
      auto heard = co_await reader.line(100'000);
      hangs = heard.has_value();
    }
    if (answer == "HANG") break;
    const auto word = [&answer](std::string_view w) {
      const bool there = answer.starts_with(w);
      if (there) answer.erase(0, w.size());
      return there;
    };
    if (word("SLOW ")) co_await sleep(clock, std::chrono::seconds(200));
    const bool half = word("HALF "), tls = word("TLS ");
    if (!answer.empty()) {
      answer += "\r\n";
      auto written = co_await stream->write(answer);
      if (!written) break;
    }
    if (half) net::finish_writing(*stream);
    if (tls) {
      auto secured = co_await stream->start_tls_server();
      if (!secured) break;
    }
    if (answer.starts_with("354")) text = true;
    if (answer.starts_with("221")) break;
    auto next = co_await reader.line(100'000);
    if (!next) break;
    line = *next;
  }
  stream->close();
  playing->erase(stream.get());
  --*open;
}

// A server that takes everything, but for the lines that `bad` answers (nothing: as usual).
inline Fake mostly_good(std::function<std::optional<std::string>(const std::string&)> bad) {
  return [bad = std::move(bad)](const std::string& line) -> std::string {
    if (auto answer = bad(line)) return *answer;
    if (line.empty()) return "220 fake ESMTP";
    if (line.starts_with("DATA")) return "354 go on";
    if (line.starts_with("QUIT")) return "221 bye";
    return "250 fine";
  };
}

// Connections by address: to a server or a fake; without an entry they are refused.
class FakeDialer final : public net::Dialer {
 public:
  FakeDialer(boost::asio::io_context& context, Clock& clock) : context_(context), clock_(clock) {}
  Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, std::string, Duration) override {
    const auto host = hosts.find(to.address);
    ++tries;
    if (host == hosts.end()) co_return fail(Errc::io, "connection refused");
    ++connections;
    most_open = std::max(most_open, ++*open);
    net::PipeOptions options;
    options.server = to;
    options.client = {"198.51.100.1", 50000};
    auto [client, server] = net::make_pipe(context_.get_executor(), clock_, options);
    host->second(std::move(server));
    co_return std::move(client);
  }
  void fake(const std::string& address, Fake what) {
    hosts[address] = [this, what](std::unique_ptr<Stream> s) { boost::asio::co_spawn(context_, play_fake(std::move(s), what, clock_, open, playing), boost::asio::detached); };
  }

  std::map<std::string, std::function<void(std::unique_ptr<Stream>)>> hosts;
  std::size_t tries = 0, connections = 0, most_open = 0;
  std::shared_ptr<std::size_t> open = std::make_shared<std::size_t>(0);
  std::shared_ptr<Playing> playing = std::make_shared<Playing>();

 private:
  boost::asio::io_context& context_;
  Clock& clock_;
};

// The zone, or what is wrong with DNS now.
class FakeDns final : public dns::Resolver {
 public:
  enum class Mood : std::uint8_t { good, servfail, slow_servfail };
  FakeDns(std::unique_ptr<dns::Resolver> zone, Clock& clock) : zone_(std::move(zone)), clock_(clock) {}
  Task<dns::Answer> resolve(std::string name, dns::Type type) override {
    if (mood == Mood::slow_servfail) co_await sleep(clock_, std::chrono::seconds(10));
    if (mood != Mood::good) {
      dns::Answer bad;
      bad.why = "SERVFAIL";
      co_return bad;
    }
    co_return co_await zone_->resolve(std::move(name), type);
  }
  Mood mood = Mood::good;

 private:
  std::unique_ptr<dns::Resolver> zone_;
  Clock& clock_;
};

inline std::unique_ptr<dns::Resolver> world_zone() {
  auto zone = dns::parse_zone(R"($TTL 60
green.test. IN MX 10 mx.green.test.
mx.green.test. IN A 8.8.8.1
red.test. IN MX 10 mx.red.test.
red.test. IN MX 20 mx2.red.test.
mx.red.test. IN A 8.8.8.3
mx2.red.test. IN A 8.8.8.4
null.test. IN MX 0 .
*.many.test. IN MX 10 mx.green.test.
)");
  if (!zone) ADD_FAILURE() << zone.error().text();
  return dns::zone_resolver(std::move(*zone));
}

// Server, store, post office of one domain.
class Node {
 public:
  Node(boost::asio::io_context& context, VirtualClock& clock, Workers& workers, net::Dialer& dialer, dns::Resolver& resolver, const std::string& color,
       std::unique_ptr<store::MemoryEngine> given, std::shared_ptr<crypto::Keyring> keys, const Options& base)
      : keyring(std::move(keys)), engine(std::move(given)), store(*engine, *keyring, clock, workers, *hub),
        options(base), sender(context.get_executor(), store, *keyring, resolver, dialer, clock, log, options), office(store, *keyring, sender, options, log),
        context_(context), clock_(clock) {
    options.host_name = "mx." + color + ".test";
    server_options.host_name = options.host_name;
  }
  void serve(std::unique_ptr<Stream> stream) {
    if (!accounts) accounts = store::make_logins(store, *keyring);  // hashes a password: slow
    boost::asio::co_spawn(context_, smtp::serve(std::move(stream), server_options, office, *accounts, clock_, log, stopping), boost::asio::detached);
  }

  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::shared_ptr<crypto::Keyring> keyring;
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
  std::unique_ptr<sasl::Accounts> accounts;
  Options options;
  MemoryLog log;
  Sender sender;
  Office office;
  smtp::ServerOptions server_options;
  std::atomic<bool> stopping = false;

 private:
  boost::asio::io_context& context_;
  VirtualClock& clock_;
};

class World {
 public:
  explicit World(Options base = {}, store::MemoryOptions disk = {})
      : World(std::move(base), store::memory_engine(disk), store::memory_engine({}), crypto::memory_keyring(), crypto::memory_keyring()) {
    static_cast<void>(run(blue.store.add_domain("blue.test")));
    static_cast<void>(run(green.store.add_domain("green.test")));
    alice = account(blue, "alice@blue.test");
    bob = account(green, "bob@green.test");
  }
  // What both find when the power comes back.
  World(Options base, const World& before, std::uint64_t seed, store::MemoryOptions disk = {})
      : World(std::move(base), before.blue.engine->crash(seed, disk), before.green.engine->crash(seed), before.blue.keyring, before.green.keyring) {
    alice = before.alice;
    bob = before.bob;
  }
  ~World() {
    const auto last = *dialer.playing;
    for (auto* stream : last) stream->close();
    context.restart();
    context.poll();
    workers.stop();
    if (!check) return;
    for (auto* node : {&blue, &green}) {
      auto problems = node->store.verify();
      if (!problems) ADD_FAILURE() << problems.error().text();
      else for (const auto& one : *problems) ADD_FAILURE() << "verify: " << one;
    }
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr bug;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, T got) {
      bug = thrown;
      value = std::move(got);
    });
    context.restart();
    while (!value) context.run_one();
    if (bug) std::rethrow_exception(bug);
    return std::move(*value);
  }
  AccountId account(Node& node, const std::string& address, std::uint64_t quota = 0) {
    auto made = run(node.store.add_account(address, "secret", "", quota));
    if (!made) ADD_FAILURE() << made.error().text();
    return made ? *made : AccountId{};
  }

  void start() { EXPECT_TRUE(blue.sender.start() && green.sender.start()); }
  void green_up() { dialer.hosts["8.8.8.1"] = [this](std::unique_ptr<Stream> s) { green.serve(std::move(s)); }; }
  void green_down() { dialer.hosts.erase("8.8.8.1"); }
  // Time goes on until `done` or for `limit`; whether it was done.
  bool wait(const std::function<bool()>& done, Duration limit = std::chrono::hours(24)) {
    const auto until = clock.steady() + limit;
    clock.settle();
    while (!done() && clock.steady() < until)
      if (!clock.advance_to_next(until - clock.steady())) clock.advance(until - clock.steady());
    return done();
  }
  void pass(Duration time) {
    wait([] { return false; }, time);
  }
  bool wait_for_mail(Node& node, AccountId who, std::size_t count, Duration limit = std::chrono::hours(24)) {
    return wait([&] { return inbox(node, who).size() >= count; }, limit);
  }

  // alice submits; the reply to her text or the first that refuses.
  smtp::Peer submitter(const std::string& login = "alice@blue.test") {
    smtp::Peer peer;
    peer.client = {"192.0.2.1", 1};
    peer.helo = "laptop";
    peer.esmtp = peer.submission = true;
    peer.login = login;
    const auto found = blue.store.account(login);
    peer.account = (*found)->id;
    return peer;
  }
  static smtp::Peer stranger() {
    smtp::Peer peer;
    peer.client = {"192.0.2.9", 1};
    peer.helo = "mx.elsewhere.test";
    peer.esmtp = true;
    return peer;
  }
  smtp::Reply hand_in(Node& node, const smtp::Peer& peer, smtp::MailFrom from, std::vector<smtp::RcptTo> to, const std::string& text) {
    auto reply = run(node.office.mail(peer, from));
    smtp::Transaction transaction;
    for (const auto& one : to) {
      if (!reply.positive()) return reply;
      reply = run(node.office.rcpt(peer, from, one));
      transaction.recipients.push_back(one);
    }
    if (!reply.positive()) return reply;
    transaction.from = std::move(from);
    transaction.message = text;
    return run(node.office.message(peer, std::move(transaction)));
  }
  static smtp::RcptTo to(const std::string& address) {
    smtp::RcptTo out;
    out.recipient = *mail::parse_address(address);
    return out;
  }
  static smtp::MailFrom from(const std::string& address) {
    smtp::MailFrom out;
    if (!address.empty()) out.reverse_path = *mail::parse_address(address);
    return out;
  }
  static std::string letter(const std::string& subject = "Hello") {
    return "From: alice@blue.test\r\nTo: bob@green.test\r\nSubject: " + subject + "\r\n\r\nHi\r\n";
  }
  smtp::Reply send(const std::vector<std::string>& addresses, const std::string& text = letter()) {
    std::vector<smtp::RcptTo> all;
    for (const auto& a : addresses) all.push_back(to(a));
    return hand_in(blue, submitter(), from("alice@blue.test"), std::move(all), text);
  }

  static std::vector<std::string> inbox(const Node& node, AccountId who) {
    std::vector<std::string> out;
    const auto view = node.store.view(who);
    const auto members = view.members(store::inbox_id);
    for (const auto& m : *members) out.push_back(view.message(m.email).value_or("unreadable"));
    return out;
  }
  // Reports in alice's INBOX with that action.
  std::size_t reports(const std::string& action) const {
    std::size_t count = 0;
    for (const auto& m : inbox(blue, alice)) count += m.contains("\r\nAction: " + action + "\r\n") ? 1 : 0;
    return count;
  }
  static std::vector<Entry> queue(Node& node) { return *node.sender.queue().list(); }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{1};
  FakeDialer dialer{context, clock};
  FakeDns resolver{world_zone(), clock};
  Node blue, green;
  AccountId alice{}, bob{};
  bool check = true;

 private:
  World(Options base, std::unique_ptr<store::MemoryEngine> blue_disk, std::unique_ptr<store::MemoryEngine> green_disk, std::shared_ptr<crypto::Keyring> blue_keys,
        std::shared_ptr<crypto::Keyring> green_keys)
      : blue(context, clock, workers, dialer, resolver, "blue", std::move(blue_disk), std::move(blue_keys), base),
        green(context, clock, workers, dialer, resolver, "green", std::move(green_disk), std::move(green_keys), base) {}
};

}  // namespace posthorn::post
