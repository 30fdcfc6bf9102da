// Requests of ours to servers that others named (attacks.md F4): where they never go, however it is written, and what comes back from where
// they may.
#include "http/fetch.h"

#include <gtest/gtest.h>

#include "dns/zone.h"
#include "dns/zone_resolver.h"
#include "net/certificates.h"
#include "net/server.h"

namespace posthorn::http {
namespace {

using namespace std::chrono_literals;

TEST(Fetch, takes_only_https_urls_to_the_outside) {
  struct Case {
    const char* url;
    const char* want;  // host:port, or the error
  };
  const Case cases[] = {
      {"https://push.example/abc?d=1", "push.example:443"},
      {"https://PUSH.example:443/abc", "push.example:443"},
      {"https://8.8.8.8/", "8.8.8.8:443"},
      {"https://[2606:4700::1]/", "2606:4700::1:443"},
      {"http://push.example/", "invalid"},
      {"ftp://push.example/", "invalid"},
      {"file:///etc/passwd", "invalid"},
      {"push.example/abc", "invalid"},
      {"https://user@push.example/", "invalid"},
      {"https://user:secret@push.example/", "invalid"},
      {"https://push.example:8443/", "refused"},
      {"https://push.example:22/", "refused"},
      {"https://push.example./", "invalid"},
      {"https://", "invalid"},
      {"", "invalid"},
      {"https://push.example/a b", "invalid"},
      {"https://push.example/a\r\nX: y", "invalid"},
      {"https://p\xc3\xbcsh.example/", "invalid"},
      {"https://127.0.0.1/", "refused"},
      {"https://127.1/", "refused"},
      {"https://0x7f.1/", "refused"},
      {"https://2130706433/", "refused"},
      {"https://017700000001/", "refused"},
      {"https://0/", "refused"},
      {"https://10.0.0.1/", "refused"},
      {"https://100.64.0.1/", "refused"},
      {"https://169.254.169.254/latest/meta-data", "refused"},
      {"https://[::1]/", "refused"},
      {"https://[::]/", "refused"},
      {"https://[::ffff:7f00:1]/", "refused"},
      {"https://[::ffff:127.0.0.1]/", "refused"},
      {"https://[64:ff9b::7f00:1]/", "refused"},
      {"https://[2002:7f00:1::]/", "refused"},
      {"https://[fe80::1%25lo]/", "refused"},
      {"https://[fd00::1]/", "refused"},
      {"https://push..example/", "invalid"},
      {"https://push.example\\@127.0.0.1/", "invalid"},
  };
  for (const auto& one : cases) {
    const auto target = check_url(one.url, {});
    EXPECT_EQ(target ? target->host + ":" + std::to_string(target->port) : std::string(name_of(target.error().code)), one.want) << one.url;
  }
}

class Fetching : public testing::Test {
 protected:
  Fetching() {
    auto zone = dns::parse_zone("$ORIGIN test.\n@ 60 IN SOA a b 1 2 3 4 5\nhere 60 IN A 127.0.0.1\nmixed 60 IN A 8.8.8.8\nmixed 60 IN AAAA ::1\nmeta 60 IN A 169.254.169.254\n"
                                "alias 60 IN CNAME here\nnat 60 IN AAAA 64:ff9b::7f00:1\n");
    if (!zone) throw std::runtime_error(zone.error().text());
    resolver = dns::zone_resolver(std::move(*zone));
    const auto ca = net::test::issue({.common_name = "ca"});
    files = folder.write("ca", ca);
    const auto leaf = folder.write("leaf", net::test::issue({.alternative_names = "DNS:here.test"}, &ca));
    tls = std::move(*net::TlsContext::load({leaf}));
  }
  // A server that answers every request so.
  Endpoint serve(std::string answer) {
    net::ListenOptions options;
    options.at = {"127.0.0.1", 0};
    options.implicit_tls = true;
    auto started = net::listen(running.runtime, *running.clock, running.log, options, tls.get(), [this, answer](std::unique_ptr<Stream> stream) { return session(std::move(stream), answer); });
    if (!started) throw std::runtime_error(started.error().text());
    listeners.push_back(std::move(*started));
    return listeners.back()->at();
  }
  Task<void> session(std::unique_ptr<Stream> stream, std::string answer) {
    ++connections;
    std::string in;
    while (!in.contains("\r\n\r\n") || (in.contains("Content-Length: 5") && !in.contains("hello"))) {
      auto got = co_await stream->read_append(in);
      if (!got || *got == 0) co_return;
    }
    asked = in;
    auto written = co_await stream->write(answer);
    static_cast<void>(written);
  }
  Result<FetchAnswer> get(std::string url, bool allow_private, std::string body = {}) {
    FetchOptions options;
    options.ca_file = files.certificate;
    options.allow_private = allow_private;
    options.timeout = 5s;
    options.most = 1000;
    FetchRequest request;
    request.url = std::move(url);
    request.method = body.empty() ? "GET" : "POST";
    request.fields = {{"TTL", "60"}};
    request.body = std::move(body);
    return running.wait(fetch(*resolver, running.runtime.workers(), options, request));
  }

  net::test::Folder folder;
  net::CertificateFiles files;
  std::unique_ptr<net::TlsContext> tls;
  std::unique_ptr<dns::Resolver> resolver;
  std::atomic<int> connections = 0;
  std::string asked;
  net::test::Running running;
  std::vector<std::unique_ptr<net::Listener>> listeners;
};

TEST_F(Fetching, gets_and_posts_over_tls_to_the_name_of_the_certificate) {
  const auto at = serve("HTTP/1.1 201 Created\r\nContent-Length: 4\r\nRetry-After: 7\r\nConnection: close\r\n\r\ndone");
  const auto url = "https://here.test:" + std::to_string(at.port) + "/push/1";
  auto answer = get(url, true, "hello");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 201u);
  EXPECT_EQ(answer->body, "done");
  EXPECT_EQ(answer->retry_after, 7u);
  EXPECT_TRUE(asked.starts_with("POST /push/1 HTTP/1.1\r\n")) << asked;
  EXPECT_TRUE(asked.contains("TTL: 60\r\n"));
  EXPECT_TRUE(asked.ends_with("\r\n\r\nhello"));
  EXPECT_FALSE(get("https://alias.test:" + std::to_string(at.port) + "/", true)) << "another name than the certificate's";
}

TEST_F(Fetching, never_connects_to_addresses_inside) {
  const auto at = serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (const char* host : {"here.test", "mixed.test", "meta.test", "alias.test", "nat.test", "127.0.0.1", "[::1]", "localhost"}) {
    const auto answer = get("https://" + std::string(host) + "/", false);
    ASSERT_FALSE(answer) << host;
    EXPECT_TRUE(answer.error().code == Errc::refused || answer.error().code == Errc::unavailable) << host << ": " << answer.error().text();
  }
  EXPECT_EQ(get("https://mixed.test/", false).error().code, Errc::refused);
  EXPECT_EQ(get("https://meta.test/", true).error().code, Errc::refused) << "not even in a lab";
  EXPECT_EQ(connections, 0);
}

TEST_F(Fetching, follows_no_redirect) {
  const auto at = serve("HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const auto answer = get("https://here.test:" + std::to_string(at.port) + "/", true);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(connections, 1);
}

TEST_F(Fetching, an_answer_over_the_limit_is_cut_off) {
  const auto at = serve("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(2000, 'x'));
  EXPECT_EQ(get("https://here.test:" + std::to_string(at.port) + "/", true).error().code, Errc::too_big);
}

TEST_F(Fetching, a_header_field_with_a_line_end_is_refused) {
  FetchRequest request{"GET", "https://here.test/", {{"X", "a\r\nY: b"}}, ""};
  EXPECT_EQ(running.wait(fetch(*resolver, running.runtime.workers(), {}, request)).error().code, Errc::invalid);
}

}  // namespace
}  // namespace posthorn::http
