// Authentication-Results: written so that nothing can break out, read in any legal form, removed where they are forged.
#include "trust/authentication_results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/text.h"
#include "mail/message.h"

namespace posthorn::trust {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

// The value of the one field that wire() made.
std::string value_of(const std::string& field) {
  const auto bytes = field + "\r\n";
  const auto message = mail::parse(bytes);
  EXPECT_EQ(message.root().fields.size(), 1U) << field;
  EXPECT_EQ(message.ambiguities, 0U);
  return message.root().fields.empty() ? "" : std::string(message.root().fields[0].value);
}

TEST(AuthenticationResultsField, IsWrittenFoldedAndQuoted) {
  const AuthenticationResults none{"mx.posthorn.test", {}};
  EXPECT_EQ(wire(none), "Authentication-Results: mx.posthorn.test; none\r\n");
  const AuthenticationResults some{
      "mx.posthorn.test",
      {{"spf", "pass", "", {{"smtp.mailfrom", "bob+x@example.org"}}, ""},
       {"dkim",
        "permerror",
        "bad \"d=\"",
        {{"header.d", "legit'a.attack.test"}, {"header.b", "ab/c+d=="}, {"header.i", "@example.org"}},
        "a (b) \\"},
       {"bad method", "pass", "", {}, ""},
       {"dmarc", "fail", "", {{"no dot", "x"}, {"header.from", ""}}, ""}}};
  EXPECT_EQ(wire(some),
            "Authentication-Results: "
            "mx.posthorn.test;\r\n\tspf=pass\r\n\tsmtp.mailfrom=bob+x@example.org;\r\n\tdkim=permerror\r\n\t(a \\(b\\) \\\\)\r\n"
            "\treason=\"bad "
            "\\\"d=\\\"\"\r\n\theader.d=\"legit'a.attack.test\"\r\n\theader.b=\"ab/c+d==\"\r\n\theader.i=@example.org;\r\n"
            "\tdmarc=fail\r\n\theader.from=\"\"\r\n");
}

TEST(AuthenticationResultsField, IsReadInEveryForm) {
  struct Row {
    std::string value, id, methods;  // "spf=pass{smtp.mailfrom=x}"
  };
  const Row rows[] = {
      {" example.org 1; none", "example.org", ""},
      {"example.org;none", "example.org", ""},
      {"example.org", "example.org", ""},
      {"(c) example.org (d) 1 (e);\r\n none (f)", "example.org", ""},
      {"\"example.org\"; spf=pass smtp.mailfrom=example.net", "example.org", "spf=pass{smtp.mailfrom=example.net}"},
      {"example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net",
       "example.com", "auth=pass{smtp.auth=sender@example.net}spf=pass{smtp.mailfrom=example.net}"},
      {"example.com; DKIM=Pass reason=\"good signature\" Header.I=@mail-router.example.net; dkim=fail reason=\"bad\" "
       "header.i=\"a b\"@x.test",
       "example.com", "dkim=pass{header.i=@mail-router.example.net}dkim=fail{header.i=a b@x.test}"},
      {"foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can "
       "go here) . (like that) "
       "expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
       "foo.example.net", "dkim=fail{policy.expired=1362471462}"},
      {"mx; dmarc=fail action=quarantine header.from=x.test; compauth=none reason=405;", "mx",
       "dmarc=fail{action=quarantine}{header.from=x.test}compauth=none"},
      {"mx; iprev=pass policy.iprev=2001:db8::1; arc=none", "mx", "iprev=pass{policy.iprev=2001:db8::1}arc=none"},
      {"mx; dkim=pass header.b=abc/+=; spf=none smtp.mailfrom=<>", "mx", "dkim=pass{header.b=abc/+=}spf=none{smtp.mailfrom=<>}"},
      {"mx; none=pass", "mx", "none=pass"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_authentication_results(row.value);
    ASSERT_TRUE(parsed) << row.value << ": " << parsed.error().text();
    EXPECT_EQ(parsed->authserv_id, row.id);
    std::string methods;
    for (const auto& result : parsed->results) {
      methods += result.method + "=" + result.result;
      for (const auto& [name, value] : result.properties) methods += "{" + name + "=" + value + "}";
    }
    EXPECT_EQ(methods, row.methods) << row.value;
  }
  const auto reason = parse_authentication_results("mx; dkim=fail (a (b) \\) c) reason=\"x \\\"y\\\"\" (d)");
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->results[0].reason, "x \"y\"");
  EXPECT_EQ(reason->results[0].comment, "a (b) ) c d");
}

TEST(AuthenticationResultsField, RefusesWhatIsNone) {
  for (const auto* value :
       {"", ";", "; dmarc=pass", "(example.org); dmarc=pass", "example.org 2; dmarc=pass", "example.org 1x; dmarc=pass",
        "example.org other; dmarc=pass", "example.org; dmarc", "example.org; =pass",
        "example.org; dmarc=", "example.org; none; x", "example.org; dmarc=pass header.from",
        "example.org; dmarc=pass header.from=", "example.org; dmarc=pass =x", "\"example.org; dmarc=pass",
        "example.org; dmarc=pass reason=\"x", "\"\"; none", "example.org; dmarc=pa@ss"})
    EXPECT_FALSE(parse_authentication_results(value)) << value;
  std::string flood = "mx";
  for (int i = 0; i < 5000; ++i) flood += ";a=b";
  EXPECT_FALSE(parse_authentication_results(flood));
  EXPECT_FALSE(parse_authentication_results("mx; a=b " + std::string(70'000, 'x')));
}

TEST(AuthenticationResultsField, HostileValuesComeBackAndNeverEndALine) {
  std::mt19937 random(8601);
  const std::string nasty = "a;=\"\\()<>@,: \t'.-/[]?=%xyz09+_{}|~";
  const auto text = [&](const std::string& from, std::size_t most) {
    std::string out;
    for (auto n = random() % most; n > 0; --n) out += from[random() % from.size()];
    return out;
  };
  const auto without_tabs = [](std::string value) {
    std::ranges::replace(value, '\t', ' ');
    return value;
  };
  for (int i = 0; i < 20'000; ++i) {
    AuthenticationResults results{"a" + text(nasty, 20), {}};
    for (auto n = random() % 3; n > 0; --n)
      results.results.push_back(
          {"dkim", "fail", text(nasty, 40), {{"header.d", text(nasty, 60)}, {"smtp.mailfrom", text(nasty, 60)}}, ""});
    const auto back = parse_authentication_results(value_of(wire(results)));
    ASSERT_TRUE(back) << wire(results);
    EXPECT_EQ(back->authserv_id, without_tabs(results.authserv_id));
    ASSERT_EQ(back->results.size(), results.results.size());
    for (std::size_t r = 0; r < results.results.size(); ++r) {
      EXPECT_EQ(back->results[r].reason, without_tabs(results.results[r].reason));
      for (std::size_t p = 0; p < 2; ++p)
        EXPECT_EQ(back->results[r].properties[p].second, without_tabs(results.results[r].properties[p].second)) << wire(results);
    }
  }
  // Bytes that end lines, or are no text, become "?"; comments keep their brackets.
  const std::string bytes("a\r\nX: y\0\x7f\n\n(\xff\xc2\x85\xe2\x80\xa8)", 19);
  const AuthenticationResults evil{
      "mx\r\nX: y", {{"dkim", "fail", bytes, {{"header.d", bytes + std::string(5000, '"')}}, bytes + std::string(5000, '(')}}};
  const auto field = wire(evil);
  for (const auto line : split(field, '\n')) EXPECT_LT(line.size(), 998U);
  const auto back = parse_authentication_results(value_of(field));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->authserv_id, "mx??X: y");
  EXPECT_TRUE(back->results[0].reason.starts_with("a??X: y"));
  const AuthenticationResults unicode{
      "mx", {{"spf", "pass", "", {{"smtp.mailfrom", "m\xc3\xbc@x\xe2\x80\xa8\xc2\x85y.test"}}, "(\xc3\xbc)"}}};
  const auto read = parse_authentication_results(value_of(wire(unicode)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->results[0].properties[0].second, "m\xc3\xbc@x??y.test");
  EXPECT_EQ(read->results[0].comment, "(\xc3\xbc)");
}

// attacks.md C2: whatever form our name has in a field that came in.
TEST(ForgedResults, InOurNameAreRemoved) {
  const std::string fields[] = {
      "Authentication-Results: mx.posthorn.test; dmarc=pass\r\n",
      "authentication-RESULTS: MX.Posthorn.TEST; dmarc=pass\r\n",
      "Authentication-Results:mx.posthorn.test;dmarc=pass\r\n",
      "Authentication-Results: (x) mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: (x (y) z)\r\n (w) mx.posthorn.test (v) 1; dmarc=pass\r\n",
      "Authentication-Results:\r\n\tmx.posthorn.test\r\n\t; dmarc=pass\r\n",
      "Authentication-Results: \"mx.posthorn.test\"; dmarc=pass\r\n",
      "Authentication-Results: \"mx.post\\horn.test\"; dmarc=pass\r\n",
      "Authentication-Results: mx.\"posthorn\".test; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test 1; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test 2; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test/1; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test.; dmarc=pass\r\n",
      "Authentication-Results: .mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: (mx.posthorn.test) other.test; dmarc=pass\r\n",
      "Authentication-Results: (mx.posthorn.test; dmarc=pass) other.test; spf=none\r\n",
      "Authentication-Results: other.test (mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: (x; mx.posthorn.test; dmarc=pass) other.test; spf=none\r\n",
      "Authentication-Results: mx.post(x)horn.test; dmarc=pass\r\n",
      "Authentication-Results: mx.post(x)horn.test 1; dmarc=pass\r\n",
      "Authentication-Results: mx.post\r\n horn.test 1; dmarc=pass\r\n",
      "Authentication-Results: other.test mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: ; mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: =?utf-8?q?mx.posthorn.test?=; dmarc=pass\r\n",
      "Authentication-Results: dmarc=pass mx.posthorn.test\r\n",
      "Authentication-Results: <mx.posthorn.test>; dmarc=pass\r\n",
      "Authentication-Results: i=1; mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test\r\n",
      "Authentication-Results: mx.posthorn.test; junk junk junk\r\n",
      "Authentication-Results: mx.posthorn.test; dmarc=pass reason=\"unclosed\r\n",
      "Authentication-Results : mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results\r\n : mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results\r\n mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test; dmarc=pass\n",
      "Authentication-Results: mx.post" + std::string(1, '\0') + "horn.test; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test\v; dmarc=pass\r\n",
      "Received-SPF: pass (x) client-ip=192.0.2.1;\r\n",
      "received-spf : pass\r\n",
  };
  for (const auto& field : fields) {
    const std::string before = "X-First: 1\r\n", after = "Received: from a by b\r\nFrom: a@x.test\r\n\r\n" + field + "\r\n";
    EXPECT_EQ(without_forged_results(before + field + after, "mx.posthorn.test"), before + after) << field;
    EXPECT_EQ(without_forged_results(before + field + field + after, "mx.posthorn.test"), before + after) << field;
  }
  const std::string first = " Authentication-Results: mx.posthorn.test; dmarc=pass\r\n", rest = "From: a@x.test\r\n\r\n";
  EXPECT_EQ(without_forged_results(first + rest, "mx.posthorn.test"), rest);
  EXPECT_EQ(without_forged_results("Authentication-Results: m\xc3\xbcller.test; spf=pass\r\n" + rest, "xn--mller-kva.test"),
            rest);
  EXPECT_EQ(without_forged_results("Authentication-Results: mx.posthorn.test; spf=pass", "mx.posthorn.test"), "");
  EXPECT_EQ(without_forged_results("Authentication-Results: mx.posthorn.test; spf=pass", "MX.Posthorn.Test"), "");
}

TEST(ForgedResults, OfOthersAndTheBodyStay) {
  const std::string kept[] = {
      "Authentication-Results: other.test; dmarc=pass\r\n",
      "Authentication-Results: in.mx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: mx.posthorn.test.evil.test; dmarc=pass\r\n",
      "Authentication-Results: notmx.posthorn.test; dmarc=pass\r\n",
      "Authentication-Results: other.test; spf=pass smtp.mailfrom=mx.posthorn.test\r\n",
      "Authentication-Results: other.test; spf=pass (mx.posthorn.test saw it) smtp.mailfrom=\"mx.posthorn.test\"\r\n",
      "Authentication-Results: junk junk\r\n",
      "ARC-Authentication-Results: i=1; mx.posthorn.test; dmarc=pass\r\n",
      "X-Authentication-Results: mx.posthorn.test; dmarc=pass\r\n",
      "Subject: Authentication-Results: mx.posthorn.test; dmarc=pass\r\n",
      "Subject: x\r\n Authentication-Results: mx.posthorn.test; dmarc=pass\r\n",
  };
  for (const auto& field : kept) {
    const auto bytes = field + "From: a@x.test\r\n\r\nAuthentication-Results: mx.posthorn.test; dmarc=pass\r\n";
    EXPECT_EQ(without_forged_results(bytes, "mx.posthorn.test"), bytes) << field;
  }
  // Below the trace of the hop before, a Received-SPF is that hop's own, unless it names us.
  const std::string received = "Received: from a by b\r\n", spf = "Received-SPF: pass receiver=other.test;\r\n";
  EXPECT_EQ(without_forged_results(received + spf + "\r\n", "mx.posthorn.test"), received + spf + "\r\n");
  EXPECT_EQ(without_forged_results(received + "Received-SPF: pass receiver=mx.posthorn.test;\r\n\r\n", "mx.posthorn.test"),
            received + "\r\n");
  EXPECT_EQ(without_forged_results("", "mx.posthorn.test"), "");
  EXPECT_EQ(without_forged_results("\r\nAuthentication-Results: mx.posthorn.test; x=y\r\n", "mx.posthorn.test"),
            "\r\nAuthentication-Results: mx.posthorn.test; x=y\r\n");
}

TEST(ForgedResults, HostileUnicodeCostsNothing) {
  std::string names;
  for (int i = 0; i < 100'000; ++i) names += "\xc3\xbc ";
  const std::string rest = "From: a@x.test\r\n\r\n";
  EXPECT_EQ(without_forged_results("Authentication-Results: " + names + "\r\n" + rest, "mx.posthorn.test"), rest);
}

TEST(ForgedResults, BehindAThousandFieldsAreRemovedToo) {
  std::string fields;
  for (int i = 0; i < 3000; ++i) fields += "X: y\r\n";
  const std::string forged = "Authentication-Results: mx.posthorn.test; dmarc=pass\r\n";
  EXPECT_EQ(without_forged_results(fields + forged + "\r\nbody", "mx.posthorn.test"), fields + "\r\nbody");
}

}  // namespace
}  // namespace posthorn::trust
