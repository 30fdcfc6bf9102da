// libunbound against a real authoritative server (Knot) on loopback. Nothing leaves the machine: every resolver here forwards
// all questions to an address on 127.0.0.0/8.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dns/records.h"
#include "dns/unbound_resolver.h"
#include "net/server.h"

namespace posthorn::dns {
namespace {

using namespace std::chrono_literals;

// A UDP socket that nobody reads, or, closed, a port on which nobody listens.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.53", &here.sin_addr);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&here), sizeof here);
    socklen_t length = sizeof here;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &length);
    port_ = ntohs(here.sin_port);
  }
  ~SilentServer() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  std::string at() const { return "127.0.0.53@" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char chunk[512];
  while (const auto count = std::fread(chunk, 1, sizeof chunk, pipe)) text.append(chunk, count);
  ::pclose(pipe);
  return text;
}

class Knot : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!std::filesystem::exists("/usr/sbin/knotd")) return;
    std::filesystem::create_directories("/tmp/net");
    std::string pattern = "/tmp/net/knot-XXXXXX";
    folder = mkdtemp(pattern.data());
    SilentServer free_port;
    at = free_port.at();
    free_port.close();
    write("knot.conf",
          "server:\n  rundir: " + folder + "\n  listen: " + at +
              "\n  user: " + (::getuid() == 0 ? std::string("root:root") : "") + "\ndatabase:\n  storage: " + folder +
              "\nlog:\n  - target: stderr\n    any: error\n"
              "policy:\n  - id: sign\n    algorithm: ecdsap256sha256\n    nsec3: on\n"
              "template:\n  - id: default\n    storage: " +
              folder +
              "\n"
              "zone:\n  - domain: secure.test\n    file: secure.zone\n    dnssec-signing: on\n    dnssec-policy: sign\n"
              "    zonefile-sync: -1\n    journal-content: all\n    zonefile-load: difference-no-serial\n"
              "  - domain: plain.test\n    file: plain.zone\n");
    const std::string common = "$TTL 300\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.53\n";
    write("secure.zone", "$ORIGIN secure.test.\n" + common +
                             "@ MX 10 mx\n@ MX 20 mx2\nmx A 192.0.2.25\nmx2 AAAA 2001:db8::25\n"
                             "_25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
                             "www CNAME mx\nnomail MX 0 .\nlong TXT \"" +
                             std::string(255, 'a') + "\" \"" + std::string(255, 'b') + "\"\n");
    write("plain.zone", "$ORIGIN plain.test.\n" + common +
                            "@ MX 10 mx\nmx A 192.0.2.26\n@ TXT \"v=spf1 \" \"-all\"\nout CNAME mx.secure.test.\n");
    pid = ::fork();
    if (pid == 0) {
      ::execl("/usr/sbin/knotd", "knotd", "-c", (folder + "/knot.conf").c_str(), nullptr);
      _exit(127);
    }
    const auto colon = at.find('@');
    const auto ask = "kdig +short +timeout=1 +retry=0 @" + at.substr(0, colon) + " -p " + at.substr(colon + 1);
    ready = net::test::soon([&] {
      return output_of(ask + " +dnssec MX secure.test 2>&1").contains("mx2") &&
             output_of(ask + " DNSKEY secure.test 2>&1").contains("257 3 13") &&
             output_of(ask + " plain.test SOA 2>&1").contains("ns.plain.test");
    });
    const auto ds = output_of("/usr/sbin/keymgr -c " + folder + "/knot.conf secure.test ds 2>/dev/null");
    write("anchor", ds);
    // The same with another digest: no key fits.
    std::istringstream words(ds);
    std::string name, type, tag, algorithm, digest_type;
    words >> name >> type >> tag >> algorithm >> digest_type;
    write("wrong-anchor", "secure.test. DS " + tag + " " + algorithm + " 2 " + std::string(64, '0') + "\n");
  }
  static void TearDownTestSuite() {
    if (pid > 0) {
      ::kill(pid, SIGTERM);
      ::waitpid(pid, nullptr, 0);
    }
    std::filesystem::remove_all(folder);
  }
  void SetUp() override {
    if (pid <= 0) GTEST_SKIP() << "knotd is not installed (apt-get install knot knot-dnsutils)";
    ASSERT_TRUE(ready) << "knotd does not answer on " << at;
  }

  static void write(const std::string& name, const std::string& text) { std::ofstream(folder + "/" + name) << text; }

  static UnboundOptions options(const std::string& anchor) {
    UnboundOptions made;
    made.forwarders = {at};
    made.trust_anchor_file = folder + "/" + anchor;
    made.test_domain = true;
    made.ask_localhost = true;
    made.cache_bytes = 1 << 20;
    return made;
  }
  void use(UnboundOptions given) {
    auto made = unbound_resolver(running.runtime.context(0).get_executor(), *running.clock, std::move(given));
    ASSERT_TRUE(made) << made.error().text();
    resolver = std::move(*made);
  }
  Answer ask(const std::string& name, Type type) { return running.wait(resolver->resolve(name, type)); }

  // The resolver goes on the thread of its context, as its header asks.
  void TearDown() override {
    if (!resolver) return;
    std::promise<void> gone;
    boost::asio::post(running.runtime.context(0), [&] {
      resolver.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }

  static inline std::string folder, at;
  static inline pid_t pid = -1;
  static inline bool ready = false;
  std::unique_ptr<Resolver> resolver;
  net::test::Running running;
};

TEST_F(Knot, SignedZoneIsSecure) {
  use(options("anchor"));
  auto mx = ask("secure.test", Type::mx);
  ASSERT_EQ(mx.outcome, Outcome::found) << mx.why;
  std::sort(mx.records.begin(), mx.records.end(), [](const Record& a, const Record& b) { return test::show(a) < test::show(b); });
  EXPECT_EQ(test::show(mx), "found secure|MX 10 mx.secure.test|MX 20 mx2.secure.test");
  EXPECT_EQ(mx.canonical_name, "secure.test");
  EXPECT_GT(mx.ttl, 0u);
  EXPECT_LE(mx.ttl, 300u);
  EXPECT_EQ(test::show(ask("mx.secure.test", Type::a)), "found secure|A 192.0.2.25");
  EXPECT_EQ(test::show(ask("MX2.Secure.Test", Type::aaaa)), "found secure|AAAA 2001:db8::25");
  EXPECT_EQ(test::show(ask("_25._tcp.mx.secure.test", Type::tlsa)),
            "found secure|TLSA 311 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
  EXPECT_EQ(test::show(ask("long.secure.test", Type::txt)), "found secure|TXT " + std::string(255, 'a') + std::string(255, 'b'));
  EXPECT_EQ(test::show(ask("nomail.secure.test", Type::mx)), "found secure|MX 0 ");
}

TEST_F(Knot, AbsenceIsProvenAndTwoKindsAreKeptApart) {
  use(options("anchor"));
  EXPECT_EQ(test::show(ask("absent.secure.test", Type::mx)), "no_such_name secure");
  EXPECT_EQ(test::show(ask("mx.secure.test", Type::txt)), "no_data secure");
  EXPECT_EQ(test::show(ask("_25._tcp.mx2.secure.test", Type::tlsa)), "no_such_name secure");
}

TEST_F(Knot, AliasesGiveTheCanonicalName) {
  use(options("anchor"));
  const auto answer = ask("www.secure.test", Type::a);
  EXPECT_EQ(test::show(answer), "found secure|A 192.0.2.25");
  EXPECT_EQ(answer.canonical_name, "mx.secure.test");
  EXPECT_EQ(test::show(ask("out.plain.test", Type::a)), "found insecure|A 192.0.2.25");
}

TEST_F(Knot, UnsignedZoneIsInsecure) {
  use(options("anchor"));
  EXPECT_EQ(test::show(ask("plain.test", Type::mx)), "found insecure|MX 10 mx.plain.test");
  EXPECT_EQ(test::show(ask("plain.test", Type::txt)), "found insecure|TXT v=spf1 -all");
  EXPECT_EQ(test::show(ask("absent.plain.test", Type::a)), "no_such_name insecure");
}

TEST_F(Knot, WrongAnchorIsBogusAndAFailure) {
  use(options("wrong-anchor"));
  const auto answer = ask("secure.test", Type::mx);
  EXPECT_EQ(test::show(answer), "failed bogus");
  EXPECT_NE(answer.why, "");
  EXPECT_EQ(test::show(ask("absent.secure.test", Type::mx)), "failed bogus");
}

TEST_F(Knot, RefusedQuestionIsAFailureNotAnAbsence) {
  use(options("anchor"));
  const auto answer = ask("elsewhere.test", Type::mx);  // Knot has no such zone: REFUSED
  EXPECT_EQ(test::show(answer), "failed insecure");
  EXPECT_NE(answer.why, "");
}

TEST_F(Knot, InvalidNamesAreNotAsked) {
  use(options("anchor"));
  EXPECT_EQ(test::show(ask("se\\032cure.test", Type::mx)), "no_such_name insecure");
  EXPECT_EQ(test::show(ask("secure..test", Type::mx)), "no_such_name insecure");
}

// SPF's macros make names of a sender's local-part (RFC 7208 7): they reach the DNS as they are.
TEST_F(Knot, NamesWithOtherPrintableCharactersAreAsked) {
  use(options("anchor"));
  EXPECT_EQ(test::show(ask("al ice+tag=\"x\".secure.test", Type::a)), "no_such_name secure");
}

TEST_F(Knot, ManyQuestionsAtOnceFromAnotherThread) {
  use(options("anchor"));
  std::atomic<int> right{0}, ended{0};
  for (int i = 0; i < 500; ++i) {
    const auto name = i % 2 == 0 ? "absent" + std::to_string(i) + ".secure.test" : "mx.secure.test";
    boost::asio::co_spawn(running.runtime.context(1), resolver->resolve(name, Type::a),
                          [&, i](std::exception_ptr, const Answer& answer) {
                            const auto want = i % 2 == 0 ? Outcome::no_such_name : Outcome::found;
                            if (answer.outcome == want && answer.security == Security::secure) ++right;
                            ++ended;
                          });
  }
  EXPECT_TRUE(net::test::soon([&] { return ended == 500; }));
  EXPECT_EQ(right, 500);
}

TEST_F(Knot, ClosedPortIsAFailure) {
  SilentServer server;
  server.close();
  auto given = options("anchor");
  given.forwarders = {server.at()};
  given.timeout = 5s;
  use(given);
  const auto answer = ask("secure.test", Type::mx);
  EXPECT_EQ(test::show(answer), "failed insecure");
  EXPECT_NE(answer.why, "");
}

TEST_F(Knot, SilenceIsAFailureAfterTheTimeout) {
  SilentServer server;
  auto given = options("anchor");
  given.forwarders = {server.at()};
  given.timeout = 300ms;
  use(given);
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = ask("plain.test", Type::mx);
  EXPECT_EQ(test::show(answer), "failed insecure");
  EXPECT_NE(answer.why.find("no answer"), std::string::npos) << answer.why;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST_F(Knot, StoppingAnswersThoseWhoWait) {
  SilentServer server;
  auto given = options("anchor");
  given.forwarders = {server.at()};
  use(given);
  auto promise = std::make_shared<std::promise<Answer>>();
  boost::asio::co_spawn(running.runtime.context(1), resolver->resolve("plain.test", Type::mx),
                        [promise](std::exception_ptr, const Answer& answer) { promise->set_value(answer); });
  std::this_thread::sleep_for(200ms);
  TearDown();
  EXPECT_NE(promise->get_future().get().why.find("stopping"), std::string::npos);
}

TEST(UnboundConfig, RefusesWhatWouldBecomeAnotherLine) {
  UnboundOptions good;
  good.forwarders = {"127.0.0.1@5353", "2001:db8::1", "192.0.2.1"};
  auto text = unbound_config(good);
  ASSERT_TRUE(text) << text.error().text();
  EXPECT_NE(text->find("forward-addr: 127.0.0.1@5353\n  forward-addr: 2001:db8::1\n  forward-addr: 192.0.2.1\n"),
            std::string::npos);
  EXPECT_EQ(text->find("nodefault"), std::string::npos);
  for (const char* bad : {"dns.test", "127.0.0.1@0", "127.0.0.1@65536", "127.0.0.1@53x", "127.0.0.1@53\nserver:", "127.0.0.1\n",
                          "", "127.0.0.1@"}) {
    good.forwarders = {bad};
    EXPECT_FALSE(unbound_config(good)) << bad;
  }
  good.forwarders = {};
  good.trust_anchor_file = "/etc/\"\ninclude: x";
  EXPECT_FALSE(unbound_config(good));
}

TEST(UnboundConfig, MissingAnchorIsNamedAtOnce) {
  net::test::Running running;
  UnboundOptions given;
  given.forwarders = {"127.0.0.1@1"};
  given.trust_anchor_file = "/nonexistent/root.key";
  auto made = unbound_resolver(running.runtime.context(0).get_executor(), *running.clock, given);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::not_found);
}

}  // namespace
}  // namespace posthorn::dns
