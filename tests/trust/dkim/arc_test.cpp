// ARC beyond the public suite: hops in a row, what a list changes, broken chains, limits, failing DNS.
#include <gtest/gtest.h>

#include "kit.h"

namespace posthorn::trust::arc {
namespace {

using crypto::KeyKind;
constexpr WallTime sealing_time{std::chrono::seconds(1'700'000'000)};
const std::string letter = "From: ann@example.org\r\nSubject: Lunch\r\nDKIM-Signature: v=1\r\n\r\nDear Bob\r\n";

const crypto::SigningKey& key() { return test_key(KeyKind::ed25519); }
Dns dns_of_hops() {
  Dns dns;
  for (const auto name : {"one", "two", "three"}) dns.texts["arc._domainkey." + std::string(name) + ".example"] = {dkim::key_record(key())};
  return dns;
}

std::optional<Chain> chain_of(const std::string& bytes, const Dns& dns = dns_of_hops(), WallTime when = sealing_time) {
  const auto message = mail::parse(bytes);
  Answers answers;
  if (auto chain = verify(message, answers, when)) return chain;
  dns.fill(answers);
  return verify(message, answers, when);
}

std::string sealed_by(const std::string& hop, const std::string& bytes, const Dns& dns = dns_of_hops()) {
  const auto chain = chain_of(bytes, dns);
  const auto fields = seal(mail::parse(bytes), *chain, key(),
                           {.domain = hop + ".example", .selector = "arc", .authserv_id = "mx." + hop + ".example", .now = sealing_time,
                            .authentication_results = "arc=" + std::string(name_of(chain->result)) + "; dkim=pass header.d=example.org"});
  EXPECT_TRUE(fields) << fields.error().text();
  return fields.value_or("") + bytes;
}

TEST(Arc, ThreeHopsMakeAChain) {
  const auto bytes = sealed_by("three", sealed_by("two", sealed_by("one", letter)));
  const auto chain = chain_of(bytes);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->result, Result::pass) << chain->reason;
  EXPECT_EQ(chain->oldest_pass, 0U);
  ASSERT_EQ(chain->sets.size(), 3U);
  EXPECT_EQ(chain->sets[0].instance, 1U);
  EXPECT_EQ(chain->sets[0].cv, "none");
  EXPECT_EQ(chain->sets[1].sealer, "two.example");
  EXPECT_EQ(chain->sets[1].selector, "arc");
  EXPECT_EQ(chain->sets[1].cv, "pass");
  EXPECT_EQ(chain->sets[2].authentication_results, "mx.three.example; arc=pass; dkim=pass header.d=example.org");
  for (const auto& set : chain->sets) EXPECT_EQ(set.message_signature.result, dkim::Result::pass);
  for (const auto& field : mail::parse(bytes).root().fields) {
    for (const auto line : split(field.whole, '\n')) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Arc, SealsOfBothKindsOfKeysVerify) {
  const auto& rsa = test_key(KeyKind::rsa);
  Dns dns;
  dns.texts["arc._domainkey.one.example"] = {dkim::key_record(rsa)};
  const auto fields = seal(mail::parse(letter), Chain{}, rsa,
                           {.domain = "one.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time, .authentication_results = ""});
  ASSERT_TRUE(fields);
  EXPECT_TRUE(fields->contains("ARC-Authentication-Results: i=1; mx; none\r\n"));
  EXPECT_EQ(chain_of(*fields + letter, dns)->result, Result::pass);
}

// A list at the second hop changed the body: only signatures from there on hold, and the chain still does.
TEST(Arc, OldestPassTellsWhoChangedTheMessage) {
  auto changed = sealed_by("one", letter);
  changed += "-- \r\nfooter of the list\r\n";
  const auto fields = seal(mail::parse(changed), *chain_of(sealed_by("one", letter)), key(),
                           {.domain = "two.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time, .authentication_results = "arc=pass"});
  ASSERT_TRUE(fields);
  const auto chain = chain_of(sealed_by("three", *fields + changed));
  EXPECT_EQ(chain->result, Result::pass) << chain->reason;
  EXPECT_EQ(chain->oldest_pass, 2U);
  EXPECT_EQ(chain->sets[0].message_signature.fault, dkim::Fault::body_hash);
  EXPECT_EQ(chain->sets[1].message_signature.result, dkim::Result::pass);
}

TEST(Arc, AnyChangeOfWhatIsSealedBreaksTheChain) {
  const auto bytes = sealed_by("two", sealed_by("one", letter));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"dkim=pass", "dkim=fail"}, {"mx.one", "mx.oni"}, {"cv=pass", "cv=none"}, {"cv=none", "cv=pass"}, {"cv=pass", "cv=fail"},
           {"Dear", "Deer"}, {"Lunch", "Lynch"}, {"i=1;", "i=3;"}, {"i=1;", "i=0;"}, {"i=2;", "i=51;"}, {"d=one.example", "d=two.example; h=x"}}) {
    auto bad = bytes;
    const auto at = bad.rfind(from);
    ASSERT_NE(at, bad.npos) << from;
    bad.replace(at, from.size(), to);
    const auto chain = chain_of(bad);
    ASSERT_TRUE(chain) << from;
    EXPECT_EQ(chain->result, Result::fail) << from << " to " << to;
    EXPECT_FALSE(chain->reason.empty());
  }
}

TEST(Arc, EachOctetOfTheSetsCounts) {
  const auto bytes = sealed_by("two", sealed_by("one", letter));
  const auto end = bytes.find("From: ");
  std::size_t passed = 0;
  for (std::size_t i = 0; i < end; ++i) {
    auto bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto chain = chain_of(bad);
    ASSERT_TRUE(chain);
    // Relaxed canonicalisation forgives nothing but a tab for a fold's space, which this does not make.
    passed += chain->result == Result::pass ? 1 : 0;
  }
  EXPECT_EQ(passed, 0U);
}

TEST(Arc, BrokenChainIsSealedAsFailedOnceAndNoMore) {
  auto bytes = sealed_by("one", letter);
  bytes.replace(bytes.find("Dear"), 4, "Deer");
  const auto sealed = sealed_by("two", bytes);
  auto chain = chain_of(sealed);
  EXPECT_EQ(chain->result, Result::fail);
  ASSERT_EQ(chain->sets.size(), 2U);
  EXPECT_EQ(chain->sets[1].cv, "fail");
  const auto again = seal(mail::parse(sealed), *chain, key(), {.domain = "three.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time,
                                                              .authentication_results = ""});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::refused);
}

TEST(Arc, WhatCannotBeLookedUpFails) {
  const auto bytes = sealed_by("one", letter);
  Dns dns;
  EXPECT_EQ(chain_of(bytes, dns)->result, Result::fail);
  dns = dns_of_hops();
  dns.broken = {"arc._domainkey.one.example"};
  EXPECT_EQ(chain_of(bytes, dns)->result, Result::fail);
}

TEST(Arc, AsksForAllKeysAtOnceAndForNoneOfAMalformedChain) {
  const auto bytes = sealed_by("two", sealed_by("one", letter));
  Answers answers;
  EXPECT_FALSE(verify(mail::parse(bytes), answers, sealing_time));
  EXPECT_EQ(answers.take_missing().size(), 2U);
  const auto malformed = "ARC-Seal: i=3\r\n" + bytes;
  EXPECT_EQ(verify(mail::parse(malformed), answers, sealing_time)->result, Result::fail);
  EXPECT_TRUE(answers.take_missing().empty());
}

TEST(Arc, FiftySetsAreTheMost) {
  std::string bytes = letter;
  for (int i = 0; i < 50; ++i) bytes = sealed_by(i % 2 ? "one" : "two", bytes);
  auto chain = chain_of(bytes);
  EXPECT_EQ(chain->result, Result::pass) << chain->reason;
  EXPECT_EQ(chain->sets.size(), 50U);
  const auto more = seal(mail::parse(bytes), *chain, key(),
                         {.domain = "one.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time, .authentication_results = ""});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::refused);
  const auto over = "ARC-Seal: i=51; a=rsa-sha256\r\n" + bytes;
  EXPECT_EQ(chain_of(over)->result, Result::fail);
}

TEST(Arc, RefusesFieldsThatMayNotBeSigned) {
  for (const auto& names : std::vector<std::vector<std::string>>{{"subject"}, {"from", "ARC-Seal"}, {"from", "Authentication-Results"}}) {
    const auto fields = seal(mail::parse(letter), Chain{}, key(),
                             {.domain = "one.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time, .authentication_results = "",
                              .signed_fields = names});
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().code, Errc::invalid);
  }
  const auto injected = seal(mail::parse(letter), Chain{}, key(),
                             {.domain = "one.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time,
                              .authentication_results = "dkim=pass\r\nBcc: eve"});
  EXPECT_FALSE(injected);
}

// Its first line would go on in the field in front of it. Found by fuzz/trust_arc.cpp.
TEST(Arc, RefusesMessagesThatTakeNoFieldInFront) {
  for (const std::string space : {" ", "\t"}) {
    const auto bytes = space + "MIME-Version: 1.0\r\n" + letter;
    const auto fields = seal(mail::parse(bytes), Chain{}, key(), {.domain = "one.example", .selector = "arc", .authserv_id = "mx", .now = sealing_time, .authentication_results = ""});
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().code, Errc::invalid);
  }
}

TEST(Arc, NoSetsAreNoChain) {
  const auto chain = chain_of(letter);
  EXPECT_EQ(chain->result, Result::none);
  EXPECT_TRUE(chain->sets.empty());
}

}  // namespace
}  // namespace posthorn::trust::arc
