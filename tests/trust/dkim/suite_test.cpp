// Mail::DKIM's corpus (/work/shared/suites/dkim/mail-dkim): with the limits of its time the mathematics must agree, as shipped
// what RFC 8301 forbids is permerror.
#include <gtest/gtest.h>

#include <set>

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
    if (text.starts_with("~~")) dns.broken.push_back(name);
    else dns.texts[name] = {text == "\"\"" ? "" : text};
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
    if (const auto tab = line.find('\t'); tab != line.npos && line.front() != '#') found.push_back({line.substr(0, tab), line.substr(tab + 1)});
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

// Older than the standard: RFC 6376 3.5 wants v=1 (these have none or 0.5), and some have q=dns.
const std::set<std::string> drafts = {"bad_ietf01_1.txt",  "bad_ietf01_3.txt",  "good_ietf01_1.txt", "mine_ietf01_1.txt",
                                      "mine_ietf01_3.txt", "mine_ietf05_1.txt", "no_body_2.txt"};
// The key's g= limits the local part; RFC 6376 has no g= any more (its appendix E), so an unknown tag is ignored (3.6.1).
const std::map<std::string, std::string> overruled = {{"badkey_9.txt", "pass"}, {"badkey_13.txt", "pass"}};

TEST(MailDkimSuite, AgreesWhereTheOldLimitsAreOff) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  Limits old;
  old.rsa_min = 512;
  old.sha1 = true;
  const auto all = cases();
  ASSERT_GE(all.size(), 28U);
  for (const auto& one : all) {
    const auto signatures = verdicts(one.file, old);
    ASSERT_FALSE(signatures.empty()) << one.file;
    std::string expected = drafts.contains(one.file) ? "invalid" : one.expected;
    if (const auto other = overruled.find(one.file); other != overruled.end()) expected = other->second;
    EXPECT_EQ(word_for(signatures), expected) << one.file << ": " << signatures[0].reason;
  }
}

TEST(MailDkimSuite, HoldsNothingThatProvesAnythingToday) {
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no suites";
  for (const auto& one : cases()) {
    const auto signatures = verdicts(one.file, {});
    ASSERT_FALSE(signatures.empty()) << one.file;
    for (const auto& signature : signatures) {
      if (one.file == "badkey2_ed25519.txt") {
        EXPECT_EQ(signature.result, Result::fail) << one.file;
        continue;
      }
      EXPECT_EQ(signature.result, Result::permerror) << one.file << ": " << signature.reason;
      if (one.expected == "pass" && !drafts.contains(one.file)) {
        EXPECT_TRUE(signature.fault == Fault::weak || signature.fault == Fault::syntax) << one.file << ": " << signature.reason;
      }
    }
  }
}

}  // namespace
}  // namespace posthorn::trust::dkim
