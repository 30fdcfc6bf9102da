// What TLS another server must have: DANE (RFC 7672) and MTA-STS (RFC 8461); attacks.md B3, C18, F4.
#include "post/security/tls_policy.h"

#include "post/security/sts_fetch.h"
#include "post/world.h"

namespace posthorn::post {
namespace {

using smtp::TlsNeed;

dns::Answer tlsa(std::vector<dns::Tlsa> records, dns::Security security = dns::Security::secure) {
  dns::Answer answer;
  answer.outcome = records.empty() ? dns::Outcome::no_data : dns::Outcome::found;
  answer.security = security;
  for (auto& one : records) answer.records.emplace_back(std::move(one));
  return answer;
}

TEST(Dane, AnswersOfDnsBecomeAPolicy) {
  const Hop hop{"mx.green.test", {"8.8.8.1", 25}, true, "mx.green.test"};
  const std::string sha256(32, 'a'), sha512(64, 'a');
  dns::Answer failed, bogus = tlsa({{3, 1, 1, sha256}}, dns::Security::bogus), no_name = tlsa({});
  failed.why = "SERVFAIL";
  no_name.outcome = dns::Outcome::no_such_name;
  enum class Want : std::uint8_t { nothing, verified, encrypted, refused };
  const struct { const char* name; dns::Answer answer; Want want; } cases[] = {
      {"3 1 1", tlsa({{3, 1, 1, sha256}}), Want::verified},
      {"3 0 2", tlsa({{3, 0, 2, sha512}}), Want::verified},
      {"2 0 1", tlsa({{2, 0, 1, sha256}}), Want::verified},
      {"3 1 0", tlsa({{3, 1, 0, "der"}}), Want::verified},
      {"one of two is usable", tlsa({{1, 1, 1, sha256}, {3, 1, 1, sha256}}), Want::verified},
      {"usages 0 and 1 are not", tlsa({{0, 1, 1, sha256}, {1, 1, 1, sha256}}), Want::encrypted},
      {"unknown selector", tlsa({{3, 2, 1, sha256}}), Want::encrypted},
      {"unknown matching", tlsa({{3, 1, 3, sha256}}), Want::encrypted},
      {"digest of another length", tlsa({{3, 1, 1, "short"}, {3, 1, 2, sha256}, {3, 1, 0, ""}}), Want::encrypted},
      {"unsigned", tlsa({{3, 1, 1, sha256}}, dns::Security::insecure), Want::nothing},
      {"none", tlsa({}), Want::nothing},
      {"no such name", no_name, Want::nothing},
      {"bogus", bogus, Want::refused},
      {"failed", failed, Want::refused},
  };
  for (const auto& c : cases) {
    const auto policy = choose_dane(c.answer, "mx.green.test", "green.test", hop);
    ASSERT_EQ(policy.has_value(), c.want != Want::nothing) << c.name;
    if (!policy) continue;
    EXPECT_EQ(!policy->refused.empty(), c.want == Want::refused) << c.name;
    if (c.want == Want::refused) continue;
    EXPECT_EQ(policy->need, c.want == Want::verified ? TlsNeed::verified : TlsNeed::required) << c.name;
    EXPECT_EQ(policy->tlsa.empty(), c.want == Want::encrypted) << c.name;
  }
}

TEST(Dane, IsAskedForOnlyWhereDnssecProvesTheWay) {
  boost::asio::io_context context{1};
  auto zone = dns::parse_zone("$TTL 60\n_25._tcp.mx.green.test. TLSA 3 1 1 " + std::string(64, 'a') + "\n_25._tcp.alias.test. TLSA 3 1 1 " + std::string(64, 'b') + "\n");
  ASSERT_TRUE(zone) << zone.error().text();
  dns::ZoneOptions options;
  options.secure = {"test"};
  const auto resolver = dns::zone_resolver(std::move(*zone), options);
  Options post;
  const auto ask = [&](Hop hop, std::optional<StsPolicy> sts = std::nullopt) {
    TlsPolicy got;
    boost::asio::co_spawn(context, find_tls_policy(*resolver, post, sts, "green.test", std::move(hop)), [&](const std::exception_ptr&, TlsPolicy policy) { got = std::move(policy); });
    context.restart();
    context.run();
    return got;
  };
  const Endpoint to{"8.8.8.1", 25};
  EXPECT_EQ(ask({"mx.green.test", to, true, "mx.green.test"}).because, "DANE");
  EXPECT_EQ(ask({"mx.green.test", to, false, "mx.green.test"}).need, TlsNeed::opportunistic);
  EXPECT_EQ(ask({"alias.test", to, true, "mx.green.test"}).server_name, "mx.green.test") << "the name after CNAMEs first";
  EXPECT_EQ(ask({"alias.test", to, true, "elsewhere.test"}).server_name, "alias.test");
  const StsPolicy sts{StsMode::enforce, {"other.test"}, std::chrono::seconds(60)};
  EXPECT_EQ(ask({"mx.green.test", to, true, "mx.green.test"}, sts).because, "DANE") << "rfc:8461#2 DANE wins";
  EXPECT_NE(ask({"mx.green.test", to, false, "mx.green.test"}, sts).refused, "");
  post.dane = false;
  EXPECT_EQ(ask({"mx.green.test", to, true, "mx.green.test"}).because, "");
}

TEST(MtaSts, TheRecordThatAnnouncesAPolicy) {
  const struct { std::vector<std::string> texts; const char* id; } cases[] = {
      {{"v=STSv1; id=20160831085700Z;"}, "20160831085700Z"}, {{"v=STSv1;id=1"}, "1"}, {{"something", "v=STSv1; id=a; x=y"}, "a"}, {{}, nullptr},
      {{"v=STSv1; id=1", "v=STSv1; id=2"}, nullptr}, {{"v=STSv1"}, nullptr}, {{"v=STSv1; id="}, nullptr}, {{"v=STSv1; id=a-b"}, nullptr},
      {{"v=STSv1; id=" + std::string(33, '1')}, nullptr}, {{"id=1; v=STSv1;"}, nullptr}, {{"V=STSv1; id=1"}, nullptr}};
  for (const auto& c : cases) {
    const auto id = sts_id(c.texts);
    ASSERT_EQ(id.has_value(), c.id != nullptr) << (c.texts.empty() ? "" : c.texts[0]);
    if (id) {
      EXPECT_EQ(*id, c.id);
    }
  }
}

TEST(MtaSts, PoliciesAreReadAsWritten) {
  const std::string good = "version: STSv1\r\nmode: enforce\r\nmx: MX.green.test\r\nmx: *.green.test\r\nmax_age: 604800\r\n";
  const auto policy = parse_sts_policy(good);
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_EQ(*policy, (StsPolicy{StsMode::enforce, {"mx.green.test", "*.green.test"}, std::chrono::seconds(604'800)}));
  EXPECT_TRUE(parse_sts_policy("version: STSv1\nmode: none\nmax_age: 0\n")) << "bare LF is allowed, and none needs no mx";
  EXPECT_EQ(parse_sts_policy("version: STSv1\nmode: testing\nmode: enforce\nmx: a.test\nmax_age: 5\nmax_age: 9\nnew: field\n")->mode, StsMode::testing) << "the first counts";
  const char* bad[] = {"", "mode: none\nversion: STSv1\nmax_age: 1\n", "version: STSv2\nmode: none\nmax_age: 1\n", "version: STSv1\nmode: none\n", "version: STSv1\nmax_age: 1\n",
                       "version: STSv1\nmode: enforce\nmax_age: 1\n", "version: STSv1\nmode: enforc\nmx: a.test\nmax_age: 1\n", "version: STSv1\nmode: none\nmax_age: 31557601\n",
                       "version: STSv1\nmode: none\nmax_age: -1\n", "version: STSv1\nmode: none\nmax_age: 1x\n", "version: STSv1\nmode: enforce\nmx: a b.test\nmax_age: 1\n",
                       "version: STSv1\nmode: enforce\nmx: *.*.test\nmax_age: 1\n", "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1\n", "<html>"};
  for (const auto* text : bad) EXPECT_FALSE(parse_sts_policy(text)) << text;
  std::string many = "version: STSv1\nmode: enforce\nmax_age: 1\n";
  for (int i = 0; i < 1001; ++i) many += "mx: a.test\n";
  EXPECT_FALSE(parse_sts_policy(many));
}

// rfc:8461#4.1
TEST(MtaSts, AWildcardStandsForOneLabel) {
  const StsPolicy policy{StsMode::enforce, {"mx.green.test", "*.wild.test"}, std::chrono::seconds(1)};
  for (const auto* host : {"mx.green.test", "MX.Green.Test", "mx.green.test.", "a.wild.test"}) EXPECT_TRUE(sts_names(policy, host)) << host;
  for (const auto* host : {"green.test", "a.mx.green.test", "wild.test", ".wild.test", "a.b.wild.test", "mx.green.test.evil.test", ""}) EXPECT_FALSE(sts_names(policy, host)) << host;
}

// attacks.md F4: a policy host's addresses are looked at before anything is connected to.
TEST(MtaSts, F4_no_policy_is_fetched_from_an_address_that_is_not_on_the_internet) {
  const char* addresses[] = {"A 127.0.0.1", "A 169.254.169.254", "A 10.0.0.1", "A 100.64.0.1", "A 0.0.0.0", "AAAA ::1", "AAAA ::ffff:7f00:1", "AAAA fe80::1", "AAAA fd00::1", "AAAA 64:ff9b::7f00:1",
                             "AAAA 2002:7f00:1::"};
  for (const auto* address : addresses) {
    boost::asio::io_context context{1};
    VirtualClock clock(context);
    FakeDialer dialer(context, clock);
    auto zone = dns::parse_zone("$TTL 60\nmta-sts.green.test. IN " + std::string(address) + "\n");
    ASSERT_TRUE(zone) << address;
    const auto resolver = dns::zone_resolver(std::move(*zone));
    Options options;
    std::optional<Result<StsPolicy>> got;
    boost::asio::co_spawn(context, fetch_sts_policy(*resolver, dialer, options, "green.test"), [&](const std::exception_ptr&, Result<StsPolicy> policy) { got = std::move(policy); });
    context.run();
    ASSERT_TRUE(got && !*got) << address;
    EXPECT_EQ(dialer.tries, 0u) << address;
  }
}

}  // namespace
}  // namespace posthorn::post
