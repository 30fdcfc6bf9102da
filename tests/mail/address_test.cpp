// Addresses: of envelopes, strictly; of header fields, as people write them. With espoofer's cases (attacks.md 2C).
#include "mail/address.h"

#include <gtest/gtest.h>

namespace posthorn::mail {
namespace {

TEST(Address, ReadsOneAddrSpec) {
  struct Case {
    std::string_view text, local, domain, shown;
  };
  const Case cases[] = {
      {"smith@example.com", "smith", "example.com", "smith@example.com"},
      {"Smith@EXAMPLE.com", "Smith", "example.com", "Smith@example.com"},
      {"a.b+c@x.y", "a.b+c", "x.y", "a.b+c@x.y"},
      {"\"john smith\"@example.com", "john smith", "example.com", "\"john smith\"@example.com"},
      {"\"john\"@example.com", "john", "example.com", "john@example.com"},
      {R"("a\"b\\c"@example.com)", R"(a"b\c)", "example.com", R"("a\"b\\c"@example.com)"},
      {"\"u@ext\"@local.test", "u@ext", "local.test", "\"u@ext\"@local.test"},
      {"a@[127.0.0.1]", "a", "[127.0.0.1]", "a@[127.0.0.1]"},
      {"a@[IPv6:FE80::1]", "a", "[IPv6:fe80::1]", "a@[IPv6:fe80::1]"},
      {"postmaster@localhost", "postmaster", "localhost", "postmaster@localhost"},
      {"\u00fcser@b\u00fccher.example", "\u00fcser", "xn--bcher-kva.example", "\u00fcser@xn--bcher-kva.example"},
      {"a@B\u00dcCHER.example", "a", "xn--bcher-kva.example", "a@xn--bcher-kva.example"},
      {"a@xn--BCHER-kva.example", "a", "xn--bcher-kva.example", "a@xn--bcher-kva.example"},
      {"a@fa\u00df.de", "a", "xn--fa-hia.de", "a@xn--fa-hia.de"},  // non-transitional: not fass.de
  };
  for (const auto& c : cases) {
    const auto address = parse_address(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().text();
    EXPECT_EQ(address->local, c.local) << c.text;
    EXPECT_EQ(address->domain, c.domain) << c.text;
    EXPECT_EQ(address->text(), c.shown) << c.text;
    const auto again = parse_address(address->text());
    ASSERT_TRUE(again) << address->text();
    EXPECT_EQ(*again, *address);
  }
}

TEST(Address, RefusesWhatOtherReadersMayTakeForSomethingElse) {
  const std::string refused[] = {"(any@legit",                       // espoofer a2
                                 "any@legit(a.attack.com",           // a5
                                 "any@legit'@any.attack.com",        // a6
                                 "@legit,@any.com:'any@attack.com",  // a7
                                 "",
                                 "a",
                                 "@b",
                                 "a@",
                                 "a@b@c",
                                 "a b@c",
                                 "a@b c",
                                 " a@b",
                                 "a@b ",
                                 "<a@b>",
                                 "a@b.",
                                 "a@.b",
                                 "a@b..c",
                                 ".a@b",
                                 "a.@b",
                                 "a..b@c",
                                 "a@-b.c",
                                 "a@b-.c",
                                 "a@b_c",
                                 "a@[1.2.3]",
                                 "a@[1.2.3.4",
                                 "a@[]",
                                 "a@[IPv6:1.2.3.4]",
                                 "a@[x:1]",
                                 "\"a@b",
                                 "\"a\"b@c",
                                 "\"\"@c",
                                 "\"a\r\nb\"@c",
                                 std::string("a\0b@c", 5),
                                 std::string("a@c\0.d", 6),
                                 "a\xc0\xaf@b",
                                 "a\xc2\x85@b",
                                 "a@\xff",
                                 "a@xn--",
                                 "a@xn--0049",
                                 std::string(65, 'a') + "@b",
                                 "a@" + std::string(64, 'b'),
                                 "a@" + std::string(300, 'b'),
                                 "a\tb@c",
                                 "=?utf-8?B?x?=\r\n@c"};
  for (const auto& text : refused) {
    const auto address = parse_address(text);
    EXPECT_FALSE(address) << text << " read as " << address->text();
    if (!address) {
      EXPECT_FALSE(address.error().what.empty());
    }
  }
}

TEST(Address, InternationalDomainsHideNoOtherCharacters) {
  // The first is what a fuzzer found: libidn2 can be told to drop these characters, and did.
  for (const std::string_view domain :
       {"e@>ip<\u0422> (c", "\u0422 x.test", "\u0422@x.test", "\u0422_x.test", "\u0422\uff20x.test", "\u0422\u2100.test",
        "\u0422..test", "\u0422\u3002\u3002test", "-\u0422.test", "\u202e\u0422.test", "\u0422\x01.test"})
    EXPECT_FALSE(parse_domain(domain)) << domain;
  EXPECT_EQ(parse_domain("\u0422.test").value(), "xn--r1a.test");
}

TEST(Address, AcceptsTheLongestThatRfc5321Allows) {
  const std::string label(63, 'd');
  const auto domain = label + "." + label + "." + label + "." + std::string(61, 'e');
  EXPECT_TRUE(parse_address(std::string(64, 'l') + "@" + domain));
  EXPECT_FALSE(parse_address("l@" + domain + "e"));
}

TEST(Address, ShowsDomainsToPeople) {
  EXPECT_EQ(domain_for_display("xn--bcher-kva.example"), "b\u00fccher.example");
  EXPECT_EQ(domain_for_display("example.com"), "example.com");
  EXPECT_EQ(domain_for_display("xn--\x01"), "xn--\x01");
}

// A list as one readable line: name<local|domain>, "!" before what is not valid, "name:(" and ")" around groups.
std::string shown(std::string_view value, std::size_t limit = 10'000) {
  std::string out;
  for (const auto& a : parse_address_list(value, limit)) {
    if (!out.empty()) out += ' ';
    switch (a.kind) {
      case HeaderAddress::Kind::group_start: out += a.name + ":("; break;
      case HeaderAddress::Kind::group_end: out += ")"; break;
      case HeaderAddress::Kind::mailbox: out += (a.valid ? "" : "!") + a.name + "<" + a.local + "|" + a.domain + ">"; break;
    }
  }
  return out;
}

TEST(AddressList, ReadsAsRfc5322AndPeopleWrite) {
  struct Case {
    std::string_view value, expected;
  };
  const Case cases[] = {
      {"", ""},
      {" , ,", ""},
      {"john@example.com", "<john|example.com>"},
      {"John Doe <jdoe@machine.example>", "John Doe<jdoe|machine.example>"},
      {"\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public<john.q.public|example.com>"},
      {"Joe Q. Public <john.q.public@example.com>", "Joe Q. Public<john.q.public|example.com>"},
      {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
       "<boss|nil.test> Giant; \"Big\" Box<sysservices|example.net>"},
      {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
       "A Group:( Ed Jones<c|a.test> <joe|where.test> John<jdoe|one.test> )"},
      {"Undisclosed recipients:;", "Undisclosed recipients:( )"},
      {"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "Hidden recipients:( )"},
      {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete<pete|silly.test>"},
      {"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n John "
       "<jdoe@one.test> (my dear friend); (the end of the group)",
       "A Group:( Chris Jones<c|public.example> <joe|example.org> John<jdoe|one.test> )"},
      {"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example", "Mary Smith<mary|example.net> <jdoe|test.example>"},
      {"joe@example.com (Joe Public)", "Joe Public<joe|example.com>"},
      {"jdoe@[127.0.0.1]", "<jdoe|[127.0.0.1]>"},
      {"=?utf-8?q?J=C3=B6rg?= <j@x.test>", "=?utf-8?q?J=C3=B6rg?=<j|x.test>"},
      {"=?utf-8?q?Doe,_J?= <j@x.test>", "=?utf-8?q?Doe,_J?=<j|x.test>"},
      {"=?utf-8?q?A?= =?utf-8?q?B?= <j@x.test>", "=?utf-8?q?A?= =?utf-8?q?B?=<j|x.test>"},
      {"me@x.test <me@x.test>", "me@x.test<me|x.test>"},
      {"\"a b\"@x.test", "<a b|x.test>"},
      {"\u00fc\u00df <\u00fc@\u00fc.test>", "\u00fc\u00df<\u00fc|\u00fc.test>"},
      {"a@b, group: c@d", "<a|b> group:( <c|d> )"},
      {"<>", ""},
      // What is no addr-spec is kept and marked.
      {"mailer-daemon", "!<mailer-daemon|>"},
      {"John Doe", "!<John Doe|>"},
      {"foo..bar@docomo.test", "!<foo..bar|docomo.test>"},
      {"Joe joe@x.test", "!<Joe joe|x.test>"},
      {"a@b@c", "!<a@b|c>"},
      {"\"open <a@b>", "!<open <a@b>|>"},
      {"Foo <a@b, c@d", "!Foo<a|b> <c|d>"},
      {"Foo <a b@c>", "!Foo<a b|c>"},
      {"a@", "!<a|>"},
      // espoofer (attacks.md 2C)
      {"<first@attack.com>, <admin@legit.com>", "<first|attack.com> <admin|legit.com>"},      // a14
      {"=?utf-8?B?PGFkbWluQGxlZ2l0Pg==?=", "!<=?utf-8?B?PGFkbWluQGxlZ2l0Pg==?=|>"},           // a15
      {"<@attack.com,@any.com:admin@legit.com>", "<admin|legit.com>"},                        // a16
      {"<admin@legit.com>\\,<second@attack.com>", "!<admin|legit.com> <second|attack.com>"},  // a17
      {"admin@legit.com,<second@attack.com>", "<admin|legit.com> <second|attack.com>"},       // a18
      {"<any@attack.com>admin@legit.com", "!<any|attack.com>"},                               // a19
      {"<a@b.test><c@d.test>", "!<a|b.test>"},
      {"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YA?=@attack.com",
       "<=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3YA?=|attack.com>"},  // never decoded
  };
  for (const auto& c : cases) EXPECT_EQ(shown(c.value), c.expected) << c.value;
}

TEST(AddressList, KeepsToItsLimit) {
  std::string many;
  for (int i = 0; i < 1'000'000; ++i) many += "a@b,";
  EXPECT_EQ(parse_address_list(many, 10'000).size(), 10'000U);
  EXPECT_EQ(parse_address_list("g:" + many, 10).size(), 11U);  // and the end of the group
  EXPECT_EQ(parse_address_list("a@b,c@d", 1).size(), 1U);
}

TEST(AddressList, StaysLinearOnHostileInput) {
  for (const std::string_view unit : {"(", "\"", "<", "@", ":", "=?", "=?a?q?", "a ", "\\", "[", "<@", "a:;", "((\\"}) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    EXPECT_LE(parse_address_list(text).size(), 10'001U);
  }
}

}  // namespace
}  // namespace posthorn::mail
