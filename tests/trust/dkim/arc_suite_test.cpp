// ValiMail's ARC suite (/work/shared/suites/arc), written for a draft: every case agrees, or is named with what overrules it.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>

#include "kit.h"
#include "trust/arc/read.h"

namespace posthorn::trust::arc {
namespace {

const std::filesystem::path folder = suites() / "arc";
constexpr WallTime now{std::chrono::seconds(1'600'000'000)};

Chain chain_of(std::string_view bytes, const Dns& dns) {
  const auto message = mail::parse(bytes);
  Answers answers;
  auto chain = verify(message, answers, now);
  if (!chain) {
    dns.fill(answers);
    chain = verify(message, answers, now);
  }
  if (!chain) ADD_FAILURE() << "a second round of questions";
  return chain.value_or(Chain{});
}

Dns dns_of(const YAML::Node& records) {
  Dns dns;
  for (const auto& record : records) dns.texts[to_lower(record.first.as<std::string>())] = {record.second.as<std::string>()};
  return dns;
}

// What a newer standard judges otherwise than this suite of a draft, and the section that says so.
struct Overruled {
  std::string expected, section;
};
const std::map<std::string, Overruled> overruled = {
    {"cv_fail_i1_as_cv_fail", {"fail", "RFC 8617 5.2 step 2: the newest seal says fail, so it is fail; the draft gave no result"}},
    {"cv_fail_i2_as2_fail", {"fail", "RFC 8617 5.2 step 2, the same"}},
    {"cv_fail_i2_as1_fail", {"fail", "RFC 8617 5.2 step 3 C: no seal may say fail; the draft gave no result"}},
    {"ams_fields_h_empty", {"fail", "RFC 8617 4.1.2 takes over RFC 6376 3.5 and 5.4: h= must not be empty and must name From"}},
    {"ams_fields_c_na", {"fail", "RFC 8617 4.1.2 takes over RFC 6376 3.5: without c= it is simple/simple; this was signed as relaxed"}},
};

TEST(ArcSuite, Validation) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  std::size_t count = 0, as_it_says = 0;
  for (const auto& scenario : YAML::LoadAllFromFile(folder / "arc-draft-validation-tests.yml")) {
    const auto dns = dns_of(scenario["txt-records"]);
    for (const auto& test : scenario["tests"]) {
      const auto name = test.first.as<std::string>();
      const auto bytes = mail::to_crlf(test.second["message"].as<std::string>());
      const auto chain = chain_of(bytes, dns);
      const auto expected = to_lower(test.second["cv"].as<std::string>());
      ++count;
      if (const auto other = overruled.find(name); other != overruled.end()) {
        EXPECT_NE(expected, other->second.expected) << name << " is not overruled";
        EXPECT_EQ(name_of(chain.result), other->second.expected) << name << ": " << chain.reason;
        std::printf("  %s is %s instead of \"%s\": %s\n", name.c_str(), other->second.expected.c_str(), expected.c_str(), other->second.section.c_str());
        continue;
      }
      EXPECT_EQ(name_of(chain.result), expected) << name << ": " << chain.reason;
      ++as_it_says;
    }
  }
  EXPECT_EQ(count, 175U);
  EXPECT_EQ(count - as_it_says, overruled.size());
  std::printf("ARC validation: %zu cases, %zu as the suite says, %zu overruled\n", count, as_it_says, count - as_it_says);
}

// The value of a tag in the field of that name; for the results: the whole value.
std::string tag_of(const mail::Message& message, std::string_view field, std::string_view tag) {
  const auto* found = mail::find(message.root().fields, field);
  if (!found) return "no field";
  const auto list = dkim::parse_tag_list(found->value);
  const auto* value = list ? list->find(tag) : nullptr;
  return value ? dkim::without_fws(value->value) : "no tag";
}

std::string expected_tag(const std::string& list, std::string_view tag) {
  const auto parsed = dkim::parse_tag_list(list);
  const auto* value = parsed ? parsed->find(tag) : nullptr;
  return value ? dkim::without_fws(value->value) : "no tag";
}

// White space of every kind as one space.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : trim(text))
    if (!dkim::is_fws(c)) out += c;
    else if (!out.ends_with(' ')) out += ' ';
  return out;
}

// The values of the Authentication-Results that carry our name, one after the other.
std::string merged_results(const mail::Message& message, const std::string& authserv_id) {
  std::string merged;
  for (const auto& field : message.root().fields) {
    const auto value = mail::unfolded(field.value);
    if (!equal_icase(field.name, "Authentication-Results") || !value.starts_with(authserv_id + ";")) continue;
    merged += (merged.empty() ? "" : "; ") + std::string(trim(std::string_view(value).substr(authserv_id.size() + 1)));
  }
  return merged;
}

TEST(ArcSuite, SealingGivesTheVerySignatures) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  std::size_t count = 0;
  for (const auto& scenario : YAML::LoadAllFromFile(folder / "arc-draft-sign-tests.yml")) {
    const auto key = crypto::SigningKey::from_pem(scenario["privatekey"].as<std::string>());
    ASSERT_TRUE(key) << key.error().text();
    const auto dns = dns_of(scenario["txt-records"]);
    for (const auto& test : scenario["tests"]) {
      const auto name = test.first.as<std::string>();
      const auto& one = test.second;
      const auto bytes = mail::to_crlf(one["message"].as<std::string>());
      const auto message = mail::parse(bytes);
      const auto chain = chain_of(bytes, dns);
      SealOptions options{.domain = scenario["domain"].as<std::string>(), .selector = scenario["sel"].as<std::string>(),
                          .authserv_id = one["srv-id"].as<std::string>(), .now = at_second(one["t"].as<std::uint64_t>()),
                          .authentication_results = {}};
      options.folding = dkim::Folding::between_tags;
      options.authentication_results = merged_results(message, options.authserv_id);
      const auto names = one["sig-headers"].as<std::string>();
      for (const auto field : split(names, ':')) options.signed_fields.emplace_back(field);
      const auto sealed = seal(message, chain, *key, options);
      ++count;
      const auto as = one["AS"].as<std::string>(), ams = one["AMS"].as<std::string>();
      if (as.empty()) {
        ASSERT_FALSE(sealed) << name;
        EXPECT_EQ(sealed.error().code, Errc::refused) << name;
        continue;
      }
      ASSERT_TRUE(sealed) << name << ": " << sealed.error().text();
      const auto whole = *sealed + bytes;
      const auto result = mail::parse(whole);
      for (const auto tag : {"a", "bh", "c", "d", "h", "i", "s", "t", "b"})
        EXPECT_EQ(tag_of(result, "ARC-Message-Signature", tag), expected_tag(ams, tag)) << name << " " << tag;
      for (const auto tag : {"a", "cv", "d", "i", "s", "t", "b"})
        EXPECT_EQ(tag_of(result, "ARC-Seal", tag), expected_tag(as, tag)) << name << " " << tag << " " << chain.reason;
      const auto* results = mail::find(result.root().fields, "ARC-Authentication-Results");
      ASSERT_TRUE(results);
      EXPECT_EQ(squeezed(results->value), squeezed(one["AAR"].as<std::string>())) << name;
    }
  }
  EXPECT_EQ(count, 17U);
  std::printf("ARC sealing: %zu cases, all as the suite says\n", count);
}

}  // namespace
}  // namespace posthorn::trust::arc
