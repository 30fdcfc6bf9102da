// Messages of the tests of judging: plain, signed, sealed.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kit.h"
#include "mail/message.h"
#include "trust/judgement.h"

namespace posthorn::trust {

inline constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

inline const crypto::SigningKey& key() {
  static const auto made = *crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  return made;
}

inline std::string signed_by(const std::string& domain, const std::string& bytes) {
  const auto message = mail::parse(bytes);
  const auto field = dkim::sign(message, key(), {.domain = domain, .selector = "s1", .now = now});
  EXPECT_TRUE(field) << field.error().text();
  return field.value_or("") + bytes;
}

inline const std::string rest = "To: bob@posthorn.test\r\nSubject: x\r\n\r\nbody\r\n";
inline std::string letter(const std::string& from, const std::string& more = "") {
  return "From: " + from + "\r\n" + more + rest;
}

inline std::string sealed(const Dns& dns, const std::string& bytes, const std::string& domain, const std::string& saw) {
  const auto message = mail::parse(bytes);
  Answers answers;
  const auto chain = driven(dns, answers, [&](Answers& a) { return arc::verify(message, a, now); });
  arc::SealOptions options;
  options.domain = domain;
  options.selector = "s1";
  options.authserv_id = "mx." + domain;
  options.now = now;
  options.authentication_results = saw;
  const auto fields = arc::seal(message, chain, key(), options);
  EXPECT_TRUE(fields) << fields.error().text();
  return fields.value_or("") + bytes;
}

}  // namespace posthorn::trust
