#include "trust/survey/survey.h"

#include "base/text.h"
#include "trust/survey/parts.h"

namespace posthorn::trust::survey {

std::string_view name_of(Grade grade) {
  switch (grade) {
    case Grade::good: return "good";
    case Grade::bad: return "bad";
    case Grade::could_not_check: return "could not check";
  }
  return "could not check";
}

Finding unknown(std::string subject, const dns::Answer& answer) {
  Finding out;
  out.subject = std::move(subject);
  out.grade = Grade::could_not_check;
  out.found = "the DNS gave no answer" + (answer.why.empty() ? "" : ": " + answer.why);
  out.meaning = "It may be good or bad: nobody can tell now.";
  out.todo = "Try again; if it stays so, look at the domain's name servers";
  return out;
}

std::vector<std::string> texts_beginning(const dns::Answer& answer, std::string_view with) {
  std::vector<std::string> out;
  for (const auto& record : answer.records)
    if (const auto* txt = std::get_if<dns::Txt>(&record); txt != nullptr && equal_icase(std::string_view(txt->text).substr(0, with.size()), with)) out.push_back(txt->text);
  return out;
}

std::optional<std::vector<Finding>> survey(std::string_view name, const Options& options, Answers& answers) {
  const std::string domain(name);
  std::vector<std::optional<Finding>> all;
  all.push_back(check_mx(domain, answers));
  all.push_back(check_spf(domain, answers));
  for (const auto& selector : options.selectors) all.push_back(check_selector(domain, selector, answers));
  all.push_back(check_dmarc(domain, answers));
  all.push_back(check_mta_sts(domain, answers));
  all.push_back(check_tls_rpt(domain, answers));
  all.push_back(check_dane(domain, options.dnssec, answers));
  all.push_back(check_bimi(domain, answers));
  std::vector<Finding> out;
  for (auto& one : all) {
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace posthorn::trust::survey
