// Signing: what we sign verifies, in every form, and nothing that was changed does.
#include <gtest/gtest.h>

#include <random>

#include "kit.h"

namespace posthorn::trust::dkim {
namespace {

using crypto::KeyKind;
constexpr WallTime signing_time{std::chrono::seconds(1'700'000'000)};

const std::string plain_letter =
    "From: Ann <ann@example.org>\r\nTo: bob@example.net,\r\n carl@example.net\r\nSubject:  Lunch \t at\r\n\t one  \r\n"
    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain\r\nX-Open: not signed\r\n\r\n"
    "Dear Bob,\r\n\r\n  shall we \t eat?  \r\n\r\nAnn\r\n \r\n\r\n";

SignOptions options(Canonical header = Canonical::relaxed, Canonical body = Canonical::relaxed) {
  return {.domain = "example.org", .selector = "s1", .now = signing_time, .header = header, .body = body};
}
Dns dns_for(const crypto::SigningKey& key) { return {{{"s1._domainkey.example.org", {key_record(key)}}}, {}}; }

std::string signed_with(const std::string& bytes, const crypto::SigningKey& key, const SignOptions& how) {
  const auto message = mail::parse(bytes);
  const auto field = sign(message, key, how);
  EXPECT_TRUE(field) << field.error().text();
  return field.value_or("") + bytes;
}

Signature only(const std::string& bytes, const Dns& dns, WallTime when = signing_time) {
  auto signatures = verify_all(bytes, dns, when);
  EXPECT_EQ(signatures.size(), 1U);
  return signatures.empty() ? Signature{} : signatures[0];
}

std::vector<std::string> letters() {
  const std::string head = plain_letter.substr(0, plain_letter.find("\r\n\r\n") + 2);
  std::vector<std::string> all = {plain_letter, head, head + "\r\n", head + "\r\n\r\n\r\n", head + "\r\nno line end", head + "\r\n \t \r\n"};
  all.push_back(head + "\r\n\r\n\r\nlate\r\n\r\n");
  all.push_back(head + "\r\nbare\rreturn\r\n\rand \r\r\n");
  all.push_back(head + "\r\n" + std::string(100'000, 'x') + "\t\r\n" + std::string(3'000, ' ') + ".\r\n");
  all.push_back("from :ann@example.org\r\nsubject:\r\nSUBJECT: two\r\nSubject:three \r\n\r\n\xff\xfe\r\n");
  all.push_back(mail::to_crlf("From: ann@example.org\nList-Id: <l>\nSubject: list\n\nbody\n"));
  return all;
}

TEST(DkimSign, WhatWeSignVerifiesInEveryForm) {
  for (const auto& key : {test_key(KeyKind::rsa), test_key(KeyKind::ed25519)})
    for (const auto header : {Canonical::simple, Canonical::relaxed})
      for (const auto body : {Canonical::simple, Canonical::relaxed})
        for (const auto& bytes : letters()) {
          const auto whole = signed_with(bytes, key, options(header, body));
          const auto found = only(whole, dns_for(key));
          EXPECT_EQ(found.result, Result::pass) << found.reason << "\n" << whole.substr(0, 2000);
          EXPECT_TRUE(found.unsigned_fields.empty());
          EXPECT_EQ(found.domain, "example.org");
          EXPECT_EQ(found.identity, "@example.org");
          EXPECT_EQ(found.header, header);
          EXPECT_EQ(found.body, body);
          EXPECT_EQ(found.signed_at, signing_time);
          EXPECT_EQ(found.expires, signing_time + std::chrono::hours(24 * 14));
          EXPECT_EQ(found.length, std::nullopt);
        }
}

TEST(DkimSign, LinesAreShortAndEnd) {
  const auto field = *sign(mail::parse(plain_letter), test_key(KeyKind::rsa), options());
  ASSERT_TRUE(field.ends_with("\r\n"));
  const auto lines = split(std::string_view(field).substr(0, field.size() - 2), '\n');
  for (const auto line : lines) EXPECT_LE(line.size(), 78U) << line;
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i].front(), ' ');
  EXPECT_TRUE(field.contains("x=1701209600;"));
  EXPECT_TRUE(field.contains("t=1700000000"));
}

TEST(DkimSign, NothingMayChangeInWhatSimpleSigns) {
  const auto& key = test_key(KeyKind::ed25519);
  const auto how = options(Canonical::simple, Canonical::simple);
  const auto whole = signed_with(plain_letter, key, how);
  const auto open = whole.find("X-Open");
  const auto open_end = whole.find("\r\n\r\n");
  const auto b_at = whole.find("\r\n b="), b_end = whole.find("From: ");
  const auto dns = dns_for(key);
  std::size_t tried = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i >= open && i < open_end + 2) continue;                           // not signed
    if (i > b_at && i < b_end && is_fws(whole[i])) continue;               // white space within b=
    for (const char bits : {1, 32, 4}) {
      auto bad = whole;
      bad[i] = static_cast<char>(bad[i] ^ bits);
      // A body that begins earlier or later, or a signature that is none, are found wrong too.
      const auto signatures = verify_all(bad, dns, signing_time);
      for (const auto& signature : signatures) EXPECT_NE(signature.result, Result::pass) << i << " " << whole.substr(i, 20);
      ++tried;
    }
  }
  EXPECT_GT(tried, 2'000U);
}

struct Change {
  std::string from, to;
  Result result;
  Fault fault;
};

TEST(DkimSign, SaysWhatWasChanged) {
  const std::vector<Change> changes = {
      {"Dear", "Deer", Result::fail, Fault::body_hash},
      {"Ann\r\n \r\n", "Ann\r\n.\r\n", Result::fail, Fault::body_hash},
      {"Lunch", "Munch", Result::fail, Fault::header_hash},
      {"Subject:", "Subject: x\r\nSubject:", Result::fail, Fault::header_hash},
      {"From: Ann", "List-Id: <evil.example>\r\nFrom: Ann", Result::fail, Fault::header_hash},
      {"Cc", "Cc", Result::pass, Fault::none},
      {"X-Open: not", "X-Open: now", Result::pass, Fault::none},
      {"Lunch \t at\r\n\t one", "Lunch at\r\n one", Result::pass, Fault::none},
      {"shall we \t eat?  ", "shall we eat?", Result::pass, Fault::none},
      {"  shall", "shall", Result::fail, Fault::body_hash},
      {"t=1700000000", "t=1700000001", Result::fail, Fault::header_hash},
      {"d=example.org", "d=example.com", Result::permerror, Fault::key},
      {"s=s1", "s=s2", Result::permerror, Fault::key},
      {"v=1", "v=2", Result::permerror, Fault::syntax},
      {"h=from", "h=form", Result::permerror, Fault::syntax},
      {"c=relaxed/relaxed", "c=relaxed/simple", Result::fail, Fault::body_hash},
      {"c=relaxed/relaxed", "c=relaxed/none", Result::permerror, Fault::syntax},
      {"a=rsa-sha256", "a=rsa-sha1", Result::permerror, Fault::weak},
      {"a=rsa-sha256", "a=ed25519-sha256", Result::permerror, Fault::syntax},
      {"a=rsa-sha256", "a=rsa-md5", Result::permerror, Fault::syntax},
  };
  const auto& key = test_key(KeyKind::rsa);
  const auto whole = signed_with(plain_letter, key, options());
  for (const auto& change : changes) {
    auto changed = whole;
    if (const auto at = whole.find("from:from"); change.from == "h=from") changed.replace(whole.find("h=from"), 16, "h=to:to");
    else if (const auto place = whole.find(change.from); place != whole.npos) changed.replace(place, change.from.size(), change.to);
    else ASSERT_EQ(change.from, "Cc") << at;
    // rfc:6376: h= without From is read to its end before anything else is said of it.
    const auto found = only(changed, dns_for(key));
    EXPECT_EQ(found.result, change.result) << change.from << " to " << change.to << ": " << found.reason;
    EXPECT_EQ(found.fault, change.fault) << change.from << " to " << change.to << ": " << found.reason;
  }
}

TEST(DkimSign, EachOctetOfSignatureAndBodyHashCounts) {
  const auto& key = test_key(KeyKind::rsa);
  const auto whole = signed_with(plain_letter, key, options());
  const auto found = only(whole, dns_for(key));
  const auto flip = [&](const std::string& bytes, std::size_t i) {
    auto other = bytes;
    other[i] = static_cast<char>(other[i] ^ 0x10);
    return other;
  };
  const auto b_at = whole.find("\r\n b=") + 5, b_end = whole.find("\r\nFrom: ");
  for (std::size_t i = 0; i < found.signature.size(); i += 5) {
    auto bad = whole;
    bad.replace(b_at, b_end - b_at, base64_encode(flip(found.signature, i)));
    EXPECT_EQ(only(bad, dns_for(key)).fault, Fault::header_hash) << i;
  }
  const auto bh = base64_encode(found.body_hash);
  for (std::size_t i = 0; i < found.body_hash.size(); ++i) {
    auto bad = whole;
    bad.replace(whole.find(bh), bh.size(), base64_encode(flip(found.body_hash, i)));
    EXPECT_EQ(only(bad, dns_for(key)).fault, Fault::body_hash) << i;
  }
}

TEST(DkimSign, RefusesWhatCannotBeSigned) {
  const auto& key = test_key(KeyKind::ed25519);
  EXPECT_EQ(sign(mail::parse("Subject: x\r\n\r\n"), key, options()).error().code, Errc::invalid);
  auto how = options();
  how.domain = "exa mple.org";
  EXPECT_EQ(sign(mail::parse(plain_letter), key, how).error().code, Errc::invalid);
  how.domain = std::string("a.\0b", 4);
  EXPECT_EQ(sign(mail::parse(plain_letter), key, how).error().code, Errc::invalid);
  EXPECT_EQ(sign(mail::parse(plain_letter), test_key(KeyKind::rsa, 768), options()).error().code, Errc::refused);
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "X: y\r\n";
  const auto long_one = many + plain_letter;
  EXPECT_EQ(sign(mail::parse(long_one), key, options()).error().code, Errc::too_big);
  // Its first line would go on in the signature.
  for (const std::string space : {" ", "\t"}) {
    const auto indented = space + "folded\r\n" + plain_letter;
    EXPECT_EQ(sign(mail::parse(indented), key, options()).error().code, Errc::invalid);
  }
}

TEST(DkimSign, ExpiresAndBeginsInTime) {
  const auto& key = test_key(KeyKind::ed25519);
  const auto whole = signed_with(plain_letter, key, options());
  const auto day = std::chrono::hours(24);
  const auto found_at = [&](WallTime when) { return only(whole, dns_for(key), when); };
  EXPECT_EQ(found_at(signing_time - std::chrono::minutes(4)).result, Result::pass);
  EXPECT_EQ(found_at(signing_time - std::chrono::minutes(6)).fault, Fault::expired);
  EXPECT_EQ(found_at(signing_time + 14 * day + std::chrono::minutes(4)).result, Result::pass);
  EXPECT_EQ(found_at(signing_time + 14 * day + std::chrono::minutes(6)).fault, Fault::expired);
}

}  // namespace
}  // namespace posthorn::trust::dkim
