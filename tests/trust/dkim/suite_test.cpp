// Mail::DKIM's corpus (/work/shared/suites/dkim/mail-dkim): with the limits of its time the mathematics must agree, as shipped
// what RFC 8301 forbids is permerror.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "kit.h"

namespace posthorn::trust::dkim {
namespace {

const std::filesystem::path folder = suites() / "dkim/mail-dkim";

// "name  text" a line; NXDOMAIN and ~~failures~~ instead of a text.
Dns fake_dns() {
  Dns dns;
  std::istringstream lines(read_file(folder / "FAKE_DNS.dat"));
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    if (line.empty() || line.front() == '#' || space == line.npos) continue;
    const auto name = to_lower(line.substr(0, space));
    auto text = std::string(trim(line.substr(space)));
    if (text == "NXDOMAIN") continue;
    if (text.starts_with("~~"))
      dns.broken.push_back(name);
    else
      dns.texts[name] = {text == "\"\"" ? "" : text};
  }
  return dns;
}

struct Case {
  std::string file, expected;
};
std::vector<Case> cases() {
  std::vector<Case> found;
  std::istringstream lines(read_file(folder / "expected.tsv"));
  for (std::string line; std::getline(lines, line);)
    if (const auto tab = line.find('\t'); tab != line.npos && line.front() != '#')
      found.push_back({line.substr(0, tab), line.substr(tab + 1)});
  return found;
}

// The best of a message's signatures in the words of expected.tsv.
std::string word_for(const std::vector<Signature>& signatures) {
  std::string word = "invalid";
  for (const auto& signature : signatures) {
    if (signature.result == Result::pass) return "pass";
    if (signature.result == Result::fail) word = "fail";
  }
  return word;
}

std::vector<Signature> verdicts(const std::string& file, const Limits& limits) {
  static const Dns dns = fake_dns();
  return verify_all(mail::to_crlf(read_file(folder / file)), dns, at_second(1'600'000'000), limits);
}

// Cases that a newer standard judges otherwise: what they are today, and the section that says so.
struct Overruled {
  std::string expected, section;
};
using Names = std::map<std::string, Overruled>;
const Overruled no_version{"invalid", "RFC 6376 3.5: v= is required"}, other_version{"invalid", "RFC 6376 3.5: v= must be 1"};
const Overruled no_granularity{"pass", "RFC 6376 appendix E: g= of the key is dropped, and 3.6.1 ignores unknown tags"};
const Names by_rfc_6376 = {
    {"bad_ietf01_1.txt", no_version},  {"bad_ietf01_3.txt", no_version},  {"good_ietf01_1.txt", no_version},
    {"mine_ietf01_1.txt", no_version}, {"mine_ietf01_3.txt", no_version}, {"mine_ietf05_1.txt", other_version},
    {"no_body_2.txt", other_version},  {"badkey_9.txt", no_granularity},  {"badkey_13.txt", no_granularity},
};
const Overruled sha1{"invalid", "RFC 8301 3.1: rsa-sha1 must not be used"};
const Names by_rfc_8301 = {
    {"bad_1878954.txt", sha1}, {"badkey_9.txt", sha1},   {"badkey_13.txt", sha1},      {"good_1878523.txt", sha1},
    {"good_qp_1.txt", sha1},   {"good_qp_3.txt", sha1},  {"good_rfc4871_4.txt", sha1}, {"goodkey_2.txt", sha1},
    {"goodkey_4.txt", sha1},   {"multiple_2.txt", sha1},
};

// Each case is as the suite says or as the first of these tables that names it.
void expect_all(const std::vector<Names>& tables, const Limits& limits, const std::string& how) {
  const auto all = cases();
  EXPECT_EQ(all.size(), 29U);
  std::size_t files = 0, as_it_says = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.path().extension() == ".txt" ? 1 : 0;
  EXPECT_EQ(all.size(), files) << "a message without an expectation";
  for (const auto& one : all) {
    const auto signatures = verdicts(one.file, limits);
    ASSERT_FALSE(signatures.empty()) << one.file;
    const Overruled* other = nullptr;
    for (const auto& table : tables)
      if (const auto at = table.find(one.file); at != table.end() && other == nullptr) other = &at->second;
    EXPECT_EQ(word_for(signatures), other ? other->expected : one.expected) << one.file << ": " << signatures[0].reason;
    if (other && one.expected != other->expected)
      std::printf("  %s is %s instead of %s: %s\n", one.file.c_str(), other->expected.c_str(), one.expected.c_str(),
                  other->section.c_str());
    else
      ++as_it_says;
  }
  std::printf("%s: %zu cases, %zu as the suite says, %zu overruled\n", how.c_str(), all.size(), as_it_says,
              all.size() - as_it_says);
}

TEST(MailDkimSuite, AgreesWhereTheOldLimitsAreOff) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  Limits old;
  old.rsa_min = 512;
  old.sha1 = true;
  expect_all({by_rfc_6376}, old, "Mail::DKIM's corpus with SHA-1 and short keys");
}

// Nearly all of it is rsa-sha1: nothing in it proves anything today.
TEST(MailDkimSuite, HoldsNothingThatProvesAnythingToday) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  expect_all({by_rfc_8301, by_rfc_6376}, {}, "Mail::DKIM's corpus as shipped");
  for (const auto& one : cases())
    for (const auto& signature : verdicts(one.file, {}))
      EXPECT_EQ(signature.result, one.file == "badkey2_ed25519.txt" ? Result::fail : Result::permerror) << one.file;
}

}  // namespace
}  // namespace posthorn::trust::dkim
