#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "dns/records.h"
#include "dns/zone_resolver.h"
#include "net/talk.h"

namespace posthorn::dns {
namespace {

constexpr std::string_view blue = R"zone(
$ORIGIN blue.test.
$TTL 1h
@        IN SOA  ns hostmaster (
                 2026010101 ; serial
                 3600 600
                 86400 300 )
         IN NS   ns
         MX   10 mx
      60 IN MX   20 mx2.green.test.   ; another operator
         TXT  "v=spf1 mx " "-all"
ns       A    192.0.2.53
mx    5m A    192.0.2.25
      5m AAAA 2001:0DB8:0::25
_25._tcp.mx IN 300 TLSA 3 1 1 ( 0123456789abcdef0123456789abcdef
                                0123456789ABCDEF0123456789abcdef )
www      CNAME web
web      CNAME mx
out      CNAME elsewhere.test.
loop     CNAME loop
nomail   MX   0 .
quoted   TXT  "semi;colon \"quoted\" back\\slash \065" un\;quoted
srv      TYPE65280 \# 4 0A000001
_sip._udp SRV 1 2 3 mx
*.wild   A    192.0.2.99
deep.wild MX  5 mx
$ORIGIN 2.0.192.in-addr.arpa.
25       PTR  mx.blue.test.
)zone";

TEST(Zone, AnswersAsItsServerWould) {
  const auto zone = parse_zone(blue);
  ASSERT_TRUE(zone) << zone.error().text();
  const struct {
    const char* name;
    Type type;
    const char* want;
    std::uint32_t ttl;
    const char* canonical;
  } cases[] = {
      {"blue.test", Type::mx, "found insecure|MX 10 mx.blue.test|MX 20 mx2.green.test", 60, "blue.test"},
      {"BLUE.Test", Type::txt, "found insecure|TXT v=spf1 mx -all", 3600, "blue.test"},
      {"blue.test", Type::ns, "found insecure|NAME ns.blue.test", 3600, "blue.test"},
      {"blue.test", Type::a, "no_data insecure", 300, "blue.test"},
      {"mx.blue.test", Type::a, "found insecure|A 192.0.2.25", 300, "mx.blue.test"},
      {"mx.blue.test", Type::aaaa, "found insecure|AAAA 2001:db8::25", 300, "mx.blue.test"},
      {"_25._tcp.mx.blue.test", Type::tlsa,
       "found insecure|TLSA 311 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 300, "_25._tcp.mx.blue.test"},
      {"_tcp.mx.blue.test", Type::a, "no_data insecure", 300, "_tcp.mx.blue.test"},  // rfc:8020
      {"www.blue.test", Type::a, "found insecure|A 192.0.2.25", 300, "mx.blue.test"},
      {"www.blue.test", Type::cname, "found insecure|NAME web.blue.test", 3600, "www.blue.test"},
      {"www.blue.test", Type::mx, "no_data insecure", 300, "mx.blue.test"},
      {"out.blue.test", Type::a, "no_such_name insecure", 300, "elsewhere.test"},
      {"loop.blue.test", Type::a, "failed insecure", 0, "loop.blue.test"},
      {"nomail.blue.test", Type::mx, "found insecure|MX 0 ", 3600, "nomail.blue.test"},
      {"quoted.blue.test", Type::txt, "found insecure|TXT semi;colon \"quoted\" back\\slash Aun;quoted", 3600,
       "quoted.blue.test"},
      {"srv.blue.test", Type::a, "no_data insecure", 300, "srv.blue.test"},
      {"_sip._udp.blue.test", Type::a, "no_data insecure", 300, "_sip._udp.blue.test"},
      {"any.wild.blue.test", Type::a, "found insecure|A 192.0.2.99", 3600, "any.wild.blue.test"},
      {"a.b.wild.blue.test", Type::a, "found insecure|A 192.0.2.99", 3600, "a.b.wild.blue.test"},
      {"deep.wild.blue.test", Type::a, "no_data insecure", 300, "deep.wild.blue.test"},
      {"x.deep.wild.blue.test", Type::a, "no_such_name insecure", 300, "x.deep.wild.blue.test"},
      {"absent.blue.test", Type::a, "no_such_name insecure", 300, "absent.blue.test"},
      {"25.2.0.192.in-addr.arpa", Type::ptr, "found insecure|NAME mx.blue.test", 3600, "25.2.0.192.in-addr.arpa"},
  };
  for (const auto& c : cases) {
    const auto answer = zone->answer(c.name, c.type);
    EXPECT_EQ(test::show(answer), c.want) << c.name;
    EXPECT_EQ(answer.ttl, c.ttl) << c.name;
    EXPECT_EQ(answer.canonical_name, c.canonical) << c.name;
  }
}

TEST(Zone, FollowsEightAliasesAndNoMore) {
  std::string text = "$ORIGIN t.\n";
  for (int i = 0; i < 9; ++i) text += "c" + std::to_string(i) + " CNAME c" + std::to_string(i + 1) + "\n";
  text += "c9 A 192.0.2.1\n";
  const auto zone = parse_zone(text);
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->answer("c1.t", Type::a).outcome, Outcome::found);
  EXPECT_EQ(zone->answer("c0.t", Type::a).outcome, Outcome::failed);
  EXPECT_NE(zone->answer("c0.t", Type::a).why, "");
}

TEST(Zone, SaysTheLineOfAMistake) {
  const struct {
    std::string text;
    const char* want;
  } cases[] = {
      {"\n\nfoo A 192.0.2.1\n", "line 3: \"foo\" is relative"},
      {"$ORIGIN t.\nfoo A 192.0.2\n", "line 2: \"192.0.2\" is no address"},
      {"$ORIGIN t.\nfoo B 192.0.2.1\n", "line 2: \"B\" is no type"},
      {"$ORIGIN t.\nfoo A (\n192.0.2.1\n", "a parenthesis is not closed"},
      {"$ORIGIN t.\nfoo A 192.0.2.1 )\n", "line 2: parentheses"},
      {"$ORIGIN t.\nfoo TXT \"open\n", "line 2: a quote is not closed"},
      {"$ORIGIN t.\nfoo TXT (\n a\n " + std::string(256, 'x') + " )\n", "line 4: one string of TXT"},
      {"$ORIGIN t.\nfoo MX mx\n", "line 2: the record needs 2 values"},
      {"$ORIGIN t.\nfoo MX 65536 mx\n", "line 2: \"65536\" is no number"},
      {"$ORIGIN t.\nfoo MX 10 m(x\n)", "line 2: the record needs 2 values"},
      {"$ORIGIN t.\nfoo TLSA 3 1 1 xyz\n", "hexadecimal"},
      {"$ORIGIN t.\nfoo\n", "line 2: the record has no type"},
      {"$ORIGIN t.\nfoo 3600 IN\n", "line 2: the record has no type"},
      {"$ORIGIN t.\n A 192.0.2.1\n", "line 2: the first record has no name"},
      {"$INCLUDE /etc/passwd\n", "line 1: \"$INCLUDE\" is not supported"},
      {"$TTL soon\n", "line 1: \"soon\" is no TTL"},
      {"$ORIGIN t.\na\\.b A 192.0.2.1\n", "line 2: \"a.b.t\" is no name"},
      {"$ORIGIN t.\nfoo TXT a\\999\n", "line 2: a backslash with digits"},
      {"$ORIGIN t.\nfoo CNAME bar\nfoo A 192.0.2.1\n", "line 3: foo.t has a CNAME and other data"},
      {"$ORIGIN t.\nfoo A 192.0.2.1\nfoo CNAME bar\n", "line 3: foo.t has a CNAME and other data"},
      {"@ A 192.0.2.1\n", "line 1: @ stands before"},
      {std::string("$ORIGIN t.\nfoo A 192.0.2.1") + '\0' + "\n", "is no address"},
      {"a TXT " + std::string(3000, 'x'), "is relative"},
  };
  for (const auto& c : cases) {
    const auto zone = parse_zone(c.text);
    ASSERT_FALSE(zone) << c.text;
    EXPECT_NE(zone.error().what.find(c.want), std::string::npos) << zone.error().what << " instead of " << c.want;
  }
}

TEST(Zone, ReadsWindowsLineEndsAndNoFinalOne) {
  const auto zone = parse_zone("$ORIGIN t.\r\n\r\nfoo A 192.0.2.1\r\n ; comment\r\n\tMX 10 foo");
  ASSERT_TRUE(zone) << zone.error().text();
  EXPECT_EQ(test::show(zone->answer("foo.t", Type::mx)), "found insecure|MX 10 foo.t");
}

TEST(Zone, IsBounded) {
  EXPECT_EQ(parse_zone(std::string(100, '\n'), {.file = 99}).error().code, Errc::too_big);
  std::string text = "$ORIGIN t.\na TXT";
  for (int i = 0; i < 2000; ++i) text += " x";
  EXPECT_NE(parse_zone(text).error().what.find("too many words"), std::string::npos);
}

TEST(ZoneResolver, KeepsSecurityAndFailuresApart) {
  boost::asio::io_context context;
  VirtualClock clock(context);
  const auto resolver =
      zone_resolver(*parse_zone(blue), {.secure = {"blue.test"}, .failing = {"ns.blue.test"}, .bogus = {"web.blue.test"}});
  const struct {
    const char* name;
    Type type;
    const char* want;
  } cases[] = {
      {"blue.test", Type::mx, "found secure|MX 10 mx.blue.test|MX 20 mx2.green.test"},
      {"Absent.Blue.Test", Type::mx, "no_such_name secure"},
      {"out.blue.test", Type::a, "no_such_name insecure"},  // leads out of the signed tree
      {"25.2.0.192.in-addr.arpa", Type::ptr, "found insecure|NAME mx.blue.test"},
      {"notblue.test", Type::a, "no_such_name insecure"},
      {"ns.blue.test", Type::a, "failed insecure"},
      {"web.blue.test", Type::a, "failed bogus"},
      {"a b", Type::a, "no_such_name insecure"},
  };
  for (const auto& c : cases) {
    auto answer = net::test::start(context.get_executor(), resolver->resolve(c.name, c.type));
    clock.settle();
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(test::show(**answer), c.want) << c.name;
    EXPECT_EQ((*answer)->outcome == Outcome::failed, (*answer)->why != "" && (*answer)->why != "not a DNS name");
  }
}

}  // namespace
}  // namespace posthorn::dns
