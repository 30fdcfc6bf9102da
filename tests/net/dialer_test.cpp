// The way out: connecting, TLS as a client, and what is said about the server's certificate.
#include "net/dialer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/text.h"
#include "net/certificates.h"
#include "net/raw_client.h"
#include "net/server.h"

namespace posthorn::net {
namespace {

using namespace std::chrono_literals;

Task<Result<TlsFacts>> handshake(Dialer& dialer, Endpoint to, TlsClientOptions options) {
  auto stream = co_await dialer.connect(to, "", 5s);
  if (!stream) co_return fail(stream.error());
  (*stream)->deadline(5s);
  auto secured = co_await (*stream)->start_tls_client(std::move(options));
  if (!secured) co_return fail(secured.error());
  LineReader reader(**stream);
  auto greeting = co_await reader.line(100);
  if (!greeting) co_return fail(greeting.error());
  co_return *(*stream)->tls();
}

std::string digest_of(const std::string& bytes) {
  unsigned char digest[32];
  EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, EVP_sha256(), nullptr);
  return {digest, digest + 32};
}

std::string key_digest(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  const std::string bytes(der, der + length);
  OPENSSL_free(der);
  return digest_of(bytes);
}

class Dial : public ::testing::Test {
 protected:
  Dial() {
    authority = test::issue({.common_name = "test CA"});
    ca_file = folder.write("ca", authority).certificate;
    leaf = test::issue({.common_name = "leaf", .alternative_names = "DNS:mx.blue.test,IP:127.0.0.1"}, &authority);
    expired = test::issue({.common_name = "expired", .alternative_names = "DNS:old.test", .from_seconds = -99, .to_seconds = -9},
                          &authority);
    tls = std::move(*TlsContext::load({folder.write("leaf", leaf), folder.write("expired", expired)}));
    ListenOptions options;
    options.implicit_tls = true;
    server = test::serve(running, tls.get(), options);
  }
  Result<TlsFacts> dial(TlsClientOptions options) { return running.wait(handshake(*dialer, server.at, std::move(options))); }

  test::Folder folder;
  test::Issued authority, leaf, expired;
  std::string ca_file;
  std::unique_ptr<TlsContext> tls;
  test::Running running;
  std::unique_ptr<Dialer> dialer = tcp_dialer(*running.clock);
  test::Served server;
};

TEST_F(Dial, VerifiesChainAndName) {
  auto facts = dial({.server_name = "mx.blue.test", .require_verified = true, .ca_file = ca_file});
  ASSERT_TRUE(facts) << facts.error().text();
  EXPECT_TRUE(facts->verified);
  EXPECT_FALSE(facts->by_dane);
  EXPECT_EQ(facts->verify_error, "");
  EXPECT_EQ(facts->version, "TLSv1.3");
  EXPECT_EQ(facts->peer_subject, "CN=leaf");
  EXPECT_EQ(facts->peer_fingerprint, fingerprint_of(leaf.certificate.get()));
  EXPECT_EQ(facts->exporter.size(), 32u);
  EXPECT_TRUE(dial({.server_name = "mx.blue.test.", .require_verified = true, .ca_file = ca_file}));
  EXPECT_TRUE(dial({.server_name = "127.0.0.1", .require_verified = true, .ca_file = ca_file}));
}

TEST_F(Dial, KeepsWhyACertificateIsNotGood) {
  const struct {
    TlsClientOptions options;
    const char* why;
  } cases[] = {
      {{.server_name = "mx.other.test", .ca_file = ca_file}, "hostname mismatch"},
      {{.server_name = "127.0.0.2", .ca_file = ca_file}, "IP address mismatch"},
      {{.server_name = "old.test", .ca_file = ca_file}, "certificate has expired"},
      {{.server_name = "mx.blue.test"}, "unable to get local issuer certificate"},
      {{.ca_file = ca_file}, "no name to check was given"},
  };
  for (auto c : cases) {
    auto facts = dial(c.options);
    ASSERT_TRUE(facts) << facts.error().text();
    EXPECT_FALSE(facts->verified);
    // Verification stops at its first error; the last one is reported, so only look for a part of it.
    EXPECT_NE(facts->verify_error, "");
    if (std::string_view(c.why) != "unable to get local issuer certificate") {
      EXPECT_EQ(facts->verify_error, c.why);
    }
    c.options.require_verified = true;
    auto refused = dial(c.options);
    ASSERT_FALSE(refused) << c.why;
    EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().text();
  }
}

TEST_F(Dial, RefusesWhatIsNoHostName) {
  EXPECT_EQ(dial({.server_name = "a b"}).error().code, Errc::invalid);
  EXPECT_EQ(dial({.server_name = "x", .ca_file = "/nonexistent"}).error().code, Errc::invalid);
}

// rfc:7672#3.1.1 usage 3 binds the key, whatever name and CA; rfc:7672#3.1.3 usages 0 and 1 do not count.
TEST_F(Dial, DaneDecidesInsteadOfTheAuthorities) {
  const auto key = key_digest(leaf.certificate.get());
  auto good = dial({.server_name = "any.test", .require_verified = true, .tlsa = {{3, 1, 1, key}}});
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->verified);
  EXPECT_TRUE(good->by_dane);
  auto one_of_two =
      dial({.server_name = "any.test", .require_verified = true, .tlsa = {{3, 1, 1, std::string(32, 'x')}, {3, 1, 1, key}}});
  EXPECT_TRUE(one_of_two);
  auto bad = dial(
      {.server_name = "mx.blue.test", .require_verified = true, .ca_file = ca_file, .tlsa = {{3, 1, 1, std::string(32, 'x')}}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::refused);
  auto unusable = dial({.server_name = "mx.blue.test", .ca_file = ca_file, .tlsa = {{1, 1, 1, key}, {3, 1, 1, "short"}}});
  ASSERT_TRUE(unusable);
  EXPECT_TRUE(unusable->verified);
  EXPECT_FALSE(unusable->by_dane);
}

Task<Status> connect_only(Dialer& dialer, Endpoint to, std::string from, Duration timeout) {
  auto stream = co_await dialer.connect(to, from, timeout);
  if (!stream) co_return fail(stream.error());
  co_return Status{};
}

Task<std::string> local_address(Dialer& dialer, Endpoint to, std::string from) {
  auto stream = co_await dialer.connect(to, from, 5s);
  if (!stream) co_return stream.error().text();
  co_return (*stream)->local().address;
}

TEST_F(Dial, ConnectsFromTheAddressAsked) {
  EXPECT_EQ(running.wait(local_address(*dialer, server.at, "127.0.0.77")), "127.0.0.77");
  EXPECT_EQ(running.wait(connect_only(*dialer, server.at, "::1", 5s)).error().code, Errc::invalid);
}

TEST_F(Dial, TakesMappedAddressesAsIpv4) {
  const Endpoint mapped{"::ffff:127.0.0.1", server.at.port};
  EXPECT_EQ(running.wait(local_address(*dialer, mapped, "127.0.0.78")), "127.0.0.78");
}

TEST_F(Dial, SaysWhyItCannotConnect) {
  EXPECT_EQ(running.wait(connect_only(*dialer, {"127.0.0.1", 1}, "", 5s)).error().code, Errc::io);
  EXPECT_EQ(running.wait(connect_only(*dialer, {"mx.blue.test", 25}, "", 5s)).error().code, Errc::invalid);
}

TEST_F(Dial, GivesUpAfterTheTimeout) {
  // A full backlog: the kernel drops further SYNs, so the connection neither opens nor fails.
  const int deaf = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(deaf, reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  ASSERT_EQ(::listen(deaf, 0), 0);
  socklen_t length = sizeof here;
  ::getsockname(deaf, reinterpret_cast<sockaddr*>(&here), &length);
  const Endpoint at{"127.0.0.1", ntohs(here.sin_port)};
  test::RawClient filler(at);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(running.wait(connect_only(*dialer, at, "", 300ms)).error().code, Errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  ::close(deaf);
}

Task<Status> tls_over_silence(Dialer& dialer, Endpoint to) {
  auto stream = co_await dialer.connect(to, "", 5s);
  if (!stream) co_return fail(stream.error());
  (*stream)->deadline(200ms);
  TlsClientOptions options;
  auto secured = co_await (*stream)->start_tls_client(std::move(options));
  if (secured) co_return Status{};
  // After a failed handshake nothing may go on in clear.
  (*stream)->deadline(1s);
  auto written = co_await (*stream)->write("MAIL FROM:<a@b>\r\n");
  if (written) co_return Status{};
  co_return fail(secured.error());
}

TEST_F(Dial, SilentHandshakeTimesOutAndNothingGoesOnInClear) {
  auto plain = test::serve(running, nullptr);  // says "220 ready" where a TLS record is expected
  EXPECT_EQ(running.wait(tls_over_silence(*dialer, plain.at)).error().code, Errc::io);
}

// faults.md 13
TEST_F(Dial, ListenerPausesWhenDescriptorsAreExhaustedAndRecovers) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "UBSan probes memory through a pipe of its own, which needs the descriptors this test takes away";
#endif
#endif
  auto plain = test::serve(running, nullptr);
  std::vector<int> eaten;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit tight = before;
  tight.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) eaten.push_back(fd);
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(plain.at.port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(waiting, reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
  rusage start{}, end{};
  ::getrusage(RUSAGE_SELF, &start);
  EXPECT_TRUE(test::soon([&] { return running.log.text().contains("net.no_descriptors"); }));
  std::this_thread::sleep_for(500ms);
  ::getrusage(RUSAGE_SELF, &end);
  const auto busy = (end.ru_utime.tv_sec - start.ru_utime.tv_sec) * 1000000 + end.ru_utime.tv_usec - start.ru_utime.tv_usec;
  EXPECT_LT(busy, 250000) << "it must not spin";
  for (const int fd : eaten) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  timeval patience{5, 0};
  ::setsockopt(waiting, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char greeting[16] = "";
  EXPECT_GT(::recv(waiting, greeting, sizeof greeting - 1, 0), 0);
  EXPECT_TRUE(std::string(greeting).starts_with("220"));
  ::close(waiting);
}

}  // namespace
}  // namespace posthorn::net
