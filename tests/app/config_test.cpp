#include "app/config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/config/units.h"

namespace posthorn::app {
namespace {

const std::string least = "[server]\nname = \"mx.blue.test\"\ndata = \"/tmp/x\"\n";

std::string example() {
  std::ifstream in(POSTHORN_SOURCE_DIR "/packaging/posthorn.toml");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Config, ReadsTheCommentedExample) {
  const auto config = parse_config(example(), "posthorn.toml");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->name, "mail.example.org");
  EXPECT_EQ(config->listen.size(), 8u);
  EXPECT_EQ(config->limits.message_size, 50u << 20);
  EXPECT_EQ(config->post.retry_first, std::chrono::minutes(5));
  EXPECT_FALSE(config->post.smarthost) << "the example delivers directly";
}

TEST(Config, ExampleExplainsEveryKeyWithItsDefault) {
  const auto text = example();
  for (const auto& key : known_keys()) {
    const auto name = key.substr(key.find('.') + 1);
    EXPECT_TRUE(text.contains("\n" + name + " = ") || text.contains("\n# " + name + " = ")) << key;
  }
  // What the example says is what holds when nothing is said.
  const auto said = parse_config(text, "example"), unsaid = parse_config(least, "least");
  ASSERT_TRUE(said && unsaid);
  EXPECT_EQ(said->limits.receive_budget, unsaid->limits.receive_budget);
  EXPECT_EQ(said->limits.connections_per_wide_network, unsaid->limits.connections_per_wide_network);
  EXPECT_EQ(said->cache, unsaid->cache);
  EXPECT_EQ(said->post.retry_most, unsaid->post.retry_most);
  EXPECT_EQ(said->post.expire_after, unsaid->post.expire_after);
  EXPECT_EQ(said->post.warn_after, unsaid->post.warn_after);
  EXPECT_EQ(said->post.connections, unsaid->post.connections);
  EXPECT_EQ(said->post.most_concurrency, unsaid->post.most_concurrency);
  EXPECT_EQ(said->post.port, unsaid->post.port);
  EXPECT_EQ(said->dns.trust_anchor, unsaid->dns.trust_anchor);
}

TEST(Config, ErrorsNameLineKeyAndWhatWouldBeRight) {
  struct Row { std::string text; const char* says[3]; };
  const Row rows[] = {
      {least + "colour = 1\n", {":4:", "colour", "threads"}},
      {least + "threads = \"two\"\n", {":4:", "server.threads", "from 0 to 256"}},
      {least + "[limits]\nmessage_size = 50\n", {":5:", "limits.message_size", "50MiB"}},
      {least + "[queue]\nretry_first = \"soon\"\n", {":5:", "queue.retry_first", "5m"}},
      {least + "[qeue]\n", {":4:", "[qeue]", "queue"}},
      {least + "[[listen]]\nservice = \"http\"\naddress = \"::\"\n", {":5:", "listen.service", "imaps"}},
      {least + "[[listen]]\nservice = \"imaps\"\naddress = \"::\"\nport = 993\n", {"imaps", "certificate", "[[tls]]"}},
      {least + "[listen]\nservice = \"imap\"\n", {":4:", "[[listen]]", ""}},
      {"[server]\ndata = \"/x\"\n", {"server.name", "missing", "mail.example.org"}},
      {"[server]\nname = \"a b\"\ndata = \"/x\"\n", {":2:", "server.name", "host name"}},
      {least + "[oidc]\nissuer = \"http://login.test\"\n", {"oidc.issuer", "https", "login.example.org"}},
      {least + "[oidc]\nissuer = \"https://login.test\"\n", {"oidc.client_id", "missing", "provider"}},
      {least + "[oidc]\nissuer = \"https://login.test\"\nclient_id = \"x\"\nscope = \"email\"\n", {"oidc.scope", "openid", "openid email"}},
      {least + "[oidc]\nissuer = \"https://login.test\"\nclient_id = \"x\"\nurl = \"https://mail.test/\"\n", {"oidc.url", "without a path", "mail.example.org"}},
      {least + "[oidc]\nissuer = \"https://login.test\"\nclient_id = \"x\"\ndomains = [\"a b\"]\n", {"oidc.domains", "", ""}},
      {"[server\n", {":1:", "", ""}},
      {least + "[[, and\n[dns]\n", {":4:", "", ""}},
      {least + "\u00e4 = 1\n", {":4:", "beyond ASCII", ""}},
      {least + "n = \"\"\"\nx\"\"\"\n", {":4:", "on one line", ""}},
      {least + "n = x\"\u00e4\"\n", {":4:", "in quotes", ""}},
  };
  for (const auto& row : rows) {
    const auto config = parse_config(row.text, "posthorn.toml");
    ASSERT_FALSE(config) << row.text;
    for (const auto* part : row.says) EXPECT_TRUE(config.error().text().contains(part)) << row.text << "\nsays: " << config.error().text() << "\nwithout: " << part;
  }
}

TEST(Config, KnowsWhereBrowsersComeBackFromTheProvider) {
  const auto of = [](const std::string& more) { return parse_config(least + "[oidc]\nissuer = \"https://login.test/realms/a\"\nclient_id = \"x\"\n" + more, "x")->oidc.provider; };
  EXPECT_EQ(of("").redirect, "https://mx.blue.test/auth/oidc/callback");
  EXPECT_EQ(of("url = \"https://mail.test:8443\"\ndomains = [\"Blue.TEST\"]\n").redirect, "https://mail.test:8443/auth/oidc/callback");
  EXPECT_EQ(of("domains = [\"Blue.TEST\"]\n").domains, std::vector<std::string>{"blue.test"});
  EXPECT_EQ(parse_config(least, "x")->oidc.provider.issuer, "");
}

TEST(Config, ReadsTimesAndSizes) {
  EXPECT_EQ(parse_duration("90s"), std::chrono::seconds(90));
  EXPECT_EQ(parse_duration("5d"), std::chrono::hours(120));
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("1000"), 1000u);
  for (const auto* bad : {"", "5", "m", "-5m", "5 m", "99999999999d"}) EXPECT_FALSE(parse_duration(bad)) << bad;
  for (const auto* bad : {"", "KiB", "5 KiB", "5kb", "99999999999999999999"}) EXPECT_FALSE(parse_size(bad)) << bad;
}

}  // namespace
}  // namespace posthorn::app
