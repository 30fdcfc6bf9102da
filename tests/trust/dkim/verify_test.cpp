// Verifying: RFC 8463's example, the limits of attacks.md C3 to C7, keys of every kind, and what is never asked.
#include <gtest/gtest.h>

#include "kit.h"

namespace posthorn::trust::dkim {
namespace {

using crypto::KeyKind;
constexpr WallTime now{std::chrono::seconds(1'700'000'000)};
const std::string letter = "From: ann@example.org\r\nSubject: Lunch\r\n\r\nDear Bob\r\n";
const std::string base = "v=1; a=ed25519-sha256; d=example.org; s=s1; h=from:subject; bh=@;";

const crypto::SigningKey& key() { return test_key(KeyKind::ed25519); }
Dns dns_with(const std::string& record) { return {{{"s1._domainkey.example.org", {record}}}, {}}; }
Dns good_dns() { return dns_with(key_record(key())); }

Signature first(const std::string& bytes, const Dns& dns, const Limits& limits = {}) {
  const auto signatures = verify_all(bytes, dns, now, limits);
  EXPECT_FALSE(signatures.empty());
  return signatures.empty() ? Signature{} : signatures[0];
}

// rfc:8463#A
TEST(DkimVerify, TakesTheExampleOfRfc8463) {
  const std::string example = mail::to_crlf(R"(DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
)");
  Dns dns;
  dns.texts["brisbane._domainkey.football.example.com"] = {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="};
  dns.texts["test._domainkey.football.example.com"] = {
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/"
      "byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"};
  const auto signatures = verify_all(example, dns, now);
  ASSERT_EQ(signatures.size(), 2U);
  EXPECT_EQ(signatures[0].result, Result::pass) << signatures[0].reason;
  EXPECT_EQ(signatures[0].key_bits, 256U);
  EXPECT_EQ(signatures[1].result, Result::pass) << signatures[1].reason;
  EXPECT_EQ(signatures[1].key_bits, 1024U);
  EXPECT_EQ(signatures[1].unsigned_fields, std::vector<std::string>());
}

struct KeyCase {
  std::string record;
  Result result;
  Fault fault;
};

TEST(DkimVerify, KeepsToWhatTheKeyRecordSays) {
  const std::string p = "p=" + base64_encode(key().public_bytes());
  const std::string rsa = "p=" + base64_encode(test_key(KeyKind::rsa).public_bytes());
  const std::vector<KeyCase> cases = {
      {"v=DKIM1; k=ed25519; " + p, Result::pass, Fault::none},
      {"k=ed25519;" + p + ";", Result::pass, Fault::none},
      {" v = DKIM1 ; k = ED25519 ; n=a note; h=sha1 : sha256 ; s=web:email; t=y:s; x=unknown; " + p, Result::pass, Fault::none},
      {"k=ed25519; p=" + base64_encode(key().public_bytes()).substr(0, 43), Result::pass, Fault::none},
      {"k=ed25519; v=DKIM1; " + p, Result::permerror, Fault::key},
      {"v=DKIM2; k=ed25519; " + p, Result::permerror, Fault::key},
      {"v=dkim1; k=ed25519; " + p, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; p=", Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519", Result::permerror, Fault::key},
      {"v=DKIM1; k=dsa; " + p, Result::permerror, Fault::key},
      {"v=DKIM1; " + rsa, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; " + rsa, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; h=sha1; " + p, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; s=web; " + p, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; s=*; " + p, Result::pass, Fault::none},
      {"v=DKIM1; k=ed25519; " + p + p, Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; p=!!!!", Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; k=rsa; " + p, Result::permerror, Fault::key},
      {"v=DKIM1; ; k=ed25519; " + p, Result::permerror, Fault::key},
      {"v=spf1 -all", Result::permerror, Fault::key},
      {"", Result::permerror, Fault::key},
      {"v=DKIM1; k=ed25519; n=" + std::string(8'192, 'n') + "; " + p, Result::permerror, Fault::key},
  };
  const auto bytes = crafted(letter, base, key()) + letter;
  for (const auto& one : cases) {
    const auto found = first(bytes, dns_with(one.record));
    EXPECT_EQ(found.result, one.result) << one.record << ": " << found.reason;
    EXPECT_EQ(found.fault, one.fault) << one.record << ": " << found.reason;
    EXPECT_EQ(found.reason.empty(), one.result == Result::pass);
  }
}

TEST(DkimVerify, ShowsTestingKeys) {
  const auto bytes = crafted(letter, base, key()) + letter;
  EXPECT_TRUE(first(bytes, dns_with(key_record(key()) + "; t=s:y")).testing);
  EXPECT_FALSE(first(bytes, good_dns()).testing);
}

TEST(DkimVerify, TakesTheFirstGoodKeyOfSeveral) {
  const auto bytes = crafted(letter, base, key()) + letter;
  Dns dns;
  auto& records = dns.texts["s1._domainkey.example.org"];
  records = {"v=spf1 -all", key_record(test_key(KeyKind::rsa)), key_record(key())};
  EXPECT_EQ(first(bytes, dns).result, Result::pass);
  records = {"v=DKIM1; p=", "v=spf1 -all"};
  EXPECT_EQ(first(bytes, dns).fault, Fault::key);
}

TEST(DkimVerify, WhatCouldNotBeLookedUpIsTemporary) {
  Dns dns = good_dns();
  dns.broken.push_back("s1._domainkey.example.org");
  const auto found = first(crafted(letter, base, key()) + letter, dns);
  EXPECT_EQ(found.result, Result::temperror);
  EXPECT_EQ(found.fault, Fault::dns);
}

// A record whose modulus has so many bits; to make a real key of 8,192 takes too long.
std::string rsa_record_of(unsigned bits) {
  const auto element = [](char tag, const std::string& content) {
    std::string out{tag, '\x82', static_cast<char>(content.size() >> 8U), static_cast<char>(content.size() & 0xffU)};
    if (content.size() < 128) out = {tag, static_cast<char>(content.size())};
    else if (content.size() < 256) out = {tag, '\x81', static_cast<char>(content.size())};
    return out + content;
  };
  std::string modulus((bits + 7) / 8, '\x55');
  modulus[0] = static_cast<char>(1U << ((bits - 1) % 8));
  if (bits % 8 == 0) modulus.insert(0, 1, '\0');
  return "v=DKIM1; p=" + base64_encode(element(0x30, element(2, modulus) + element(2, "\x01\x01")));
}

// rfc:8301#3.2, attacks.md C6. What the key proves does not matter, so any RSA signature will do.
TEST(DkimVerify, WeakAndHugeKeysProveNothing) {
  const auto bytes = crafted(letter, "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=@;", test_key(KeyKind::rsa)) + letter;
  for (const unsigned bits : {512U, 768U, 1023U, 4104U, 8192U}) {
    const auto found = first(bytes, dns_with(rsa_record_of(bits)));
    EXPECT_EQ(found.result, Result::permerror) << bits;
    EXPECT_EQ(found.fault, Fault::weak) << bits << ": " << found.reason;
    EXPECT_EQ(found.key_bits, bits);
  }
  EXPECT_EQ(first(bytes, dns_with(key_record(test_key(KeyKind::rsa, 1024)))).fault, Fault::header_hash);
  EXPECT_EQ(first(bytes, dns_with(key_record(test_key(KeyKind::rsa)))).result, Result::pass);
}

struct FieldCase {
  std::string tags;
  Result result;
  Fault fault;
};

TEST(DkimVerify, ReadsItsFieldStrictly) {
  const std::string a = "v=1; a=ed25519-sha256; ", names = "d=example.org; s=s1; ", rest = "h=from:subject; bh=@;";
  const std::vector<FieldCase> cases = {
      {base, Result::pass, Fault::none},
      {" v=1;a=ed25519-sha256;d=EXAMPLE.org;s=S1;h=FROM:Subject::x;bh=@;q=http:dns/txt;zz=unknown;", Result::pass, Fault::none},
      {a + names + rest + " i=ann=40mail@a.b.example.org;", Result::pass, Fault::none},
      {a + names + rest + " i=@example.com;", Result::permerror, Fault::syntax},
      {a + names + rest + " i=@badexample.org;", Result::permerror, Fault::syntax},
      {a + names + rest + " i=ann;", Result::permerror, Fault::syntax},
      {a + names + rest + " i=a=4@example.org;", Result::permerror, Fault::syntax},
      {a + names + rest + " q=http;", Result::permerror, Fault::syntax},
      {a + names + rest + " t=1700000400;", Result::permerror, Fault::expired},
      {a + names + rest + " t=1700000200; x=1700000201;", Result::pass, Fault::none},
      {a + names + rest + " t=1699990000; x=1699990000;", Result::permerror, Fault::syntax},
      {a + names + rest + " x=1600000000;", Result::permerror, Fault::expired},
      {a + names + rest + " x=99999999999999999999999999;", Result::pass, Fault::none},
      {a + names + rest + " t=-1;", Result::permerror, Fault::syntax},
      {a + names + rest + " t=;", Result::permerror, Fault::syntax},
      {a + names + rest + " l=10;", Result::pass, Fault::none},
      {a + names + rest + " l=9;", Result::permerror, Fault::body_length},
      {a + names + rest + " l=0;", Result::permerror, Fault::body_length},
      {a + names + rest + " l=11;", Result::permerror, Fault::body_length},
      {a + names + rest + " l=184467440737095516160;", Result::permerror, Fault::body_length},
      {a + names + rest + " l=x;", Result::permerror, Fault::syntax},
      {a + names + "h=subject; bh=@;", Result::permerror, Fault::syntax},
      {a + names + "h=; bh=@;", Result::permerror, Fault::syntax},
      {a + names + "bh=@;", Result::permerror, Fault::syntax},
      {a + names + "h=from; bh=QQ==;", Result::permerror, Fault::syntax},
      {a + names + "h=from; bh=;", Result::permerror, Fault::syntax},
      {a + names + "h=from;", Result::permerror, Fault::syntax},
      {a + "s=s1; " + rest, Result::permerror, Fault::syntax},
      {a + "d=example.org; " + rest, Result::permerror, Fault::syntax},
      {names + "a=ed25519-sha256; " + rest, Result::permerror, Fault::syntax},
      {"v=1; " + names + rest, Result::permerror, Fault::syntax},
      {"v=1; a=rsa-sha1; " + names + "h=from; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=;", Result::permerror, Fault::weak},
      {a + names + rest + " v=1;", Result::permerror, Fault::syntax},
      {a + names + rest + ";", Result::permerror, Fault::syntax},
      {a + names + rest + " 1x=2;", Result::permerror, Fault::syntax},
      {a + names + rest + " word;", Result::permerror, Fault::syntax},
      {a + names + rest + " z=\x01;", Result::permerror, Fault::syntax},
      {a + names + rest + " z=\xc3\xa4;", Result::pass, Fault::none},
      {a + names + rest + " z=\xc3;", Result::permerror, Fault::syntax},
      {a + names + rest + " c=Relaxed;", Result::permerror, Fault::syntax},
  };
  for (const auto& one : cases) {
    const auto found = first(crafted(letter, one.tags, key()) + letter, good_dns());
    EXPECT_EQ(found.result, one.result) << one.tags << ": " << found.reason;
    EXPECT_EQ(found.fault, one.fault) << one.tags << ": " << found.reason;
  }
}

TEST(DkimVerify, KeyForTheDomainAloneRefusesIdentitiesBelow) {
  const auto bytes = crafted(letter, base + " i=@sub.example.org;", key()) + letter;
  EXPECT_EQ(first(bytes, good_dns()).result, Result::pass);
  EXPECT_EQ(first(bytes, dns_with(key_record(key()) + "; t=s")).fault, Fault::key);
}

// rfc:8616#5
TEST(DkimVerify, TakesULabels) {
  const std::string tags = "v=1; a=ed25519-sha256; d=b\xc3\xbc" "cher.example; s=s1; h=from; bh=@; i=@mail.b\xc3\xbc" "cher.example;";
  Dns dns;
  dns.texts["s1._domainkey.xn--bcher-kva.example"] = {key_record(key())};
  const auto found = first(crafted(letter, tags, key()) + letter, dns);
  EXPECT_EQ(found.result, Result::pass) << found.reason;
  EXPECT_EQ(found.domain, "xn--bcher-kva.example");
}

// attacks.md 2C a3 and a4
TEST(DkimVerify, AsksNothingForNamesThatAreNone) {
  using namespace std::string_literals;
  for (const auto& names : {"d=legit.example; s=selector._domainkey.attack.com.\0.any;"s, "d=legit'a.attack.com; s=s1;"s, "d=a..b; s=s1;"s,
                            "d=.example; s=s1;"s, "d=example.org.; s=s1;"s, "d=example.org; s=a b;"s, "d=example.org; s=*;"s,
                            "d="s + std::string(64, 'a') + ".example; s=s1;", "d=example.org; s="s + std::string(63, 's') + "." +
                            std::string(63, 's') + "." + std::string(63, 's') + "." + std::string(40, 's') + ";"}) {
    const auto bytes = crafted(letter, "v=1; a=ed25519-sha256; " + names + " h=from; bh=@;", key()) + letter;
    const auto message = mail::parse(bytes);
    Answers answers;
    const auto signatures = verify(message, answers, now);
    ASSERT_TRUE(signatures) << names;
    ASSERT_EQ(signatures->size(), 1U);
    EXPECT_EQ(signatures->front().fault, Fault::syntax) << names;
    EXPECT_TRUE(answers.take_missing().empty()) << names;
  }
}

// attacks.md C4
TEST(DkimVerify, ShowsFieldsThatAreNotSigned) {
  const std::string open = "From: ann@example.org\r\nSubject: Lunch\r\nContent-Type: text/plain\r\nTo: bob@example.net\r\n\r\nDear Bob\r\n";
  auto found = first(crafted(open, base, key()) + open, good_dns());
  EXPECT_EQ(found.result, Result::pass);
  EXPECT_EQ(found.unsigned_fields, (std::vector<std::string>{"to", "content-type"}));
  const auto twice = "Subject: You won\r\n" + crafted(open, base, key()) + open;
  found = first(twice, good_dns());
  EXPECT_EQ(found.result, Result::pass);
  EXPECT_EQ(found.unsigned_fields, (std::vector<std::string>{"to", "subject", "content-type"}));
  const auto over = crafted(open, "v=1; a=ed25519-sha256; d=example.org; s=s1; h=from:from:subject:subject; bh=@;", key());
  EXPECT_EQ(first("Subject: You won\r\n" + over + open, good_dns()).fault, Fault::header_hash);
}

// attacks.md C7
TEST(DkimVerify, VerifiesFiveOfAThousandSignaturesTheAuthorsFirst) {
  std::string bytes;
  for (int i = 0; i < 990; ++i)
    bytes += "DKIM-Signature: v=1; a=ed25519-sha256; d=evil" + std::to_string(i) + ".example; s=s1; h=from; bh=" +
             base64_encode(std::string(32, 'x')) + "; b=" + base64_encode(std::string(64, 'x')) + "\r\n";
  bytes += crafted(letter, base, key()) + letter;
  const auto message = mail::parse(bytes);
  Answers answers;
  EXPECT_FALSE(verify(message, answers, now));
  EXPECT_EQ(answers.take_missing().size(), 5U);
  const auto signatures = verify_all(bytes, good_dns(), now);
  ASSERT_EQ(signatures.size(), 991U);
  EXPECT_EQ(signatures.back().result, Result::pass);
  EXPECT_EQ(signatures.back().field, 990U);
  for (std::size_t i = 0; i < 990; ++i) EXPECT_EQ(signatures[i].fault, i < 4 ? Fault::key : Fault::too_many) << i;
}

TEST(DkimVerify, SaysNothingAboutHeadersItCannotReadWhole) {
  std::string bytes = crafted(letter, base, key());
  for (int i = 0; i < 1'000; ++i) bytes += "X-More: x\r\n";
  bytes += letter;
  const auto found = first(bytes, good_dns());
  EXPECT_EQ(found.result, Result::permerror);
  EXPECT_EQ(found.fault, Fault::too_many);
}

TEST(DkimVerify, BadLengthsAreFoundBeforeTheyAreCompared) {
  const std::string head = "DKIM-Signature: v=1; a=ed25519-sha256; d=example.org; s=s1; h=from; ";
  const std::string hash = base64_encode(std::string(32, 'h'));
  for (const std::size_t size : {1U, 31U, 33U, 64U})
    EXPECT_EQ(first(head + "bh=" + base64_encode(std::string(size, 'h')) + "; b=" + base64_encode(std::string(64, 'b')) + "\r\n" + letter,
                    good_dns()).fault, Fault::syntax) << size;
  for (const std::size_t size : {1U, 63U, 65U, 256U})
    EXPECT_EQ(first(head + "bh=" + hash + "; b=" + base64_encode(std::string(size, 'b')) + "\r\n" + letter, good_dns()).fault, Fault::syntax)
        << size;
}

TEST(DkimVerify, OtherSignaturesMayBeSigned) {
  const auto inner = crafted(letter, base, key()) + letter;
  const auto both = crafted(inner, "v=1; a=ed25519-sha256; d=example.org; s=s1; h=from:dkim-signature; bh=@;", key()) + inner;
  const auto signatures = verify_all(both, good_dns(), now);
  ASSERT_EQ(signatures.size(), 2U);
  EXPECT_EQ(signatures[0].result, Result::pass);
  EXPECT_EQ(signatures[1].result, Result::pass);
}

TEST(DkimVerify, LineEndsOfFilesAreTakenAsCrlf) {
  auto bytes = crafted(letter, base, key()) + letter;
  std::erase(bytes, '\r');
  EXPECT_EQ(first(bytes, good_dns()).result, Result::pass);
}

TEST(DkimVerify, NoSignatureIsNoResult) {
  EXPECT_TRUE(verify_all(letter, {}, now).empty());
  EXPECT_TRUE(verify_all("", {}, now).empty());
}

}  // namespace
}  // namespace posthorn::trust::dkim
