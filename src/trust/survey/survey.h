// trust/survey/survey.h - everything a domain publishes about its mail, each record graded good, bad, or "could not check", with what
// was found, what it means and what to do. Pure: asks for DNS answers as the verdicts do. Behind `posthorn check domain`.
// A record that cannot be looked up is never called good (promise 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/answers.h"
#include "trust/dmarc/dmarc.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::survey {

enum class Grade : std::uint8_t { good, bad, could_not_check };
std::string_view name_of(Grade grade);

struct Finding {
  std::string subject = {};               // "MX", "SPF", "DKIM s1", "DMARC", "DANE", ...
  Grade grade = Grade::good;
  std::string found = {}, meaning = {};   // the record; what it does to mail
  std::string todo = {}, record = {};     // what to do better; the line to publish
  std::vector<dmarc::TagNote> tags = {};  // of DMARC
  std::optional<spf::Verdict> spf = {};   // the tree with what each term costs
};

enum class Dnssec : std::uint8_t { validated, not_looked_at };  // whether Security::insecure means anything
struct Options {
  std::vector<std::string> selectors = {};
  Dnssec dnssec = Dnssec::not_looked_at;
};

// Nothing: ask what answers.take_missing() gives and call again.
std::optional<std::vector<Finding>> survey(std::string_view domain, const Options& options, Answers& answers);

}  // namespace posthorn::trust::survey
