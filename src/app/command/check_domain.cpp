// posthorn check domain: what a domain publishes about its mail, and what to do better. Each finding is good, bad, or could not be
// checked; with what was found, what it means, and the record to publish.
#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"
#include "app/command/check.h"
#include "app/command/check_desk.h"
#include "base/text.h"
#include "mail/address.h"
#include "trust/dmarc/dmarc.h"
#include "trust/json.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
using namespace trust;

enum class Grade : std::uint8_t { good, bad, could_not_check };
std::string_view name_of(Grade grade) { return grade == Grade::good ? "good" : grade == Grade::bad ? "bad" : "could not check"; }

struct Finding {
  std::string subject;
  Grade grade = Grade::good;
  std::string found, meaning, todo, record;
  json::value detail;
};

const dns::Answer& known(CheckDesk& desk, const std::string& name, dns::Type type) {
  return *desk.until_known([&]() -> std::optional<const dns::Answer*> {
    const auto* answer = desk.answers().find(name, type);
    return answer == nullptr ? std::nullopt : std::optional(answer);
  });
}

std::vector<std::string> texts_beginning(const dns::Answer& answer, std::string_view with) {
  std::vector<std::string> out;
  for (const auto& record : answer.records)
    if (const auto* txt = std::get_if<dns::Txt>(&record); txt != nullptr && equal_icase(std::string_view(txt->text).substr(0, with.size()), with)) out.push_back(txt->text);
  return out;
}

Finding unknown(std::string subject, const dns::Answer& answer) {
  return {std::move(subject), Grade::could_not_check, "the DNS gave no answer" + (answer.why.empty() ? "" : ": " + answer.why), "It may be good or bad: nobody can tell now.", "Try again; if it stays so, look at the domain's name servers", {}, {}};
}

Finding check_mx(CheckDesk& desk, const std::string& domain) {
  const auto& answer = known(desk, domain, dns::Type::mx);
  if (answer.outcome == dns::Outcome::failed) return unknown("MX", answer);
  std::string hosts;
  for (const auto& record : answer.records)
    if (const auto* mx = std::get_if<dns::Mx>(&record)) hosts += (hosts.empty() ? "" : ", ") + (mx->exchange.empty() ? std::string("none (null MX)") : mx->exchange);
  if (!hosts.empty()) return {"MX", Grade::good, hosts, "Mail for the domain goes there.", {}, {}, {}};
  return {"MX", Grade::bad, "no MX record", "Others try the domain's own address, or cannot write to it at all.", "Publish where its mail goes", domain + ". MX 10 mx." + domain + ".", {}};
}

Finding check_spf_tree(CheckDesk& desk, const std::string& domain) {
  const auto tree = desk.until_known([&] { return spf::explain(domain, desk.answers()); });
  const auto& verdict = tree.verdict;
  Finding out{"SPF", Grade::good, {}, {}, {}, {}, to_json(verdict)};
  const auto record = verdict.steps.empty() ? std::string() : verdict.steps.front().record;
  out.found = record.empty() ? verdict.reason : record + "  (" + std::to_string(verdict.lookups) + " of 10 lookups)";
  if (verdict.result == spf::Result::temperror) {
    out.grade = Grade::could_not_check;
    out.meaning = verdict.reason;
    out.todo = "Try again; if it stays so, look at the name servers of what the record includes";
  } else if (verdict.result == spf::Result::none) {
    out.grade = Grade::bad;
    out.meaning = "Nobody can tell which servers may send for the domain.";
    out.todo = "Publish a record that names them";
    out.record = domain + ". TXT \"v=spf1 mx -all\"";
  } else if (verdict.result == spf::Result::permerror) {
    out.grade = Grade::bad;
    out.meaning = verdict.reason + ": receivers ignore the whole record.";
    out.todo = "Correct the record; fewer includes, or the addresses themselves, save lookups";
  } else {
    const auto words = split(record, ' ');
    const bool open = std::ranges::any_of(words, [](std::string_view word) { return word == "+all" || word == "all"; });
    const bool closed = std::ranges::any_of(words, [](std::string_view word) { return word == "-all" || word == "~all" || word.starts_with("redirect="); });
    out.meaning = open ? "Everybody may send for the domain." : closed ? "Only the servers that it names may send for the domain." : "Servers that it does not name are neither allowed nor forbidden.";
    if (open || !closed) {
      out.grade = Grade::bad;
      out.todo = "End the record with -all (or ~all while you look for forgotten servers)";
    }
  }
  return out;
}

Finding check_dmarc_record(CheckDesk& desk, const std::string& domain) {
  const auto found = desk.until_known([&] { return dmarc::discover(domain, desk.answers()); });
  Finding out{"DMARC", Grade::good, {}, {}, {}, {}, {}};
  if (found.trouble == dmarc::Result::temperror) return {"DMARC", Grade::could_not_check, found.why, "It may be good or bad: nobody can tell now.", "Try again later", {}, {}};
  const std::string advice = "_dmarc." + domain + ". TXT \"v=DMARC1; p=none; rua=mailto:postmaster@" + domain + "\"";
  if (!found.found) return {"DMARC", Grade::bad, "no record here or above", "Whoever forges the domain's name is treated as the receiver likes, and you hear nothing of it.", "Begin with reports, then raise the policy", advice, {}};
  const auto& record = found.found->record;
  out.found = printable(record.text, 1000) + "  (at _dmarc." + found.found->domain + ")";
  json::array tags;
  std::string wrong;
  for (const auto& note : dmarc::explain(record)) {
    tags.push_back(json::object{{"tag", note.tag}, {"value", printable(note.value, 500)}, {"meaning", note.meaning}, {"good", note.good}});
    if (!note.good) wrong += (wrong.empty() ? "" : " ") + note.tag + "=" + printable(note.value, 100) + ": " + note.meaning;
  }
  out.detail = std::move(tags);
  const auto policy = record.p.value_or(dmarc::Policy::none);
  if (!record.usable) {
    out.grade = Grade::bad;
    out.meaning = "The record has no policy that can be used: receivers do as if there were none.";
    out.todo = "Give p= one of none, quarantine, reject";
    out.record = advice;
  } else if (policy == dmarc::Policy::none) {
    out.grade = Grade::bad;
    out.meaning = "Forged mail is delivered like any other; you only hear of it.";
    out.todo = "When the reports show that all your own mail passes, publish p=quarantine, then p=reject";
  } else {
    out.meaning = "Mail that cannot prove that it is the domain's is " + std::string(policy == dmarc::Policy::reject ? "refused or put aside" : "put aside") + ".";
  }
  if (!wrong.empty()) {
    out.grade = Grade::bad;
    out.todo = wrong;
  }
  if (record.rua.empty() && out.todo.empty()) out.todo = "Add rua=mailto:ADDRESS to hear of forgeries and of own mail that fails";
  return out;
}

Finding check_selector(CheckDesk& desk, const std::string& domain, const std::string& selector) {
  const auto name = to_lower(selector) + "._domainkey." + domain;
  const auto& answer = known(desk, name, dns::Type::txt);
  if (answer.outcome == dns::Outcome::failed) return unknown("DKIM " + selector, answer);
  const auto records = texts_beginning(answer, "");
  if (records.empty())
    return {"DKIM " + selector, Grade::bad, "no TXT record at " + name, "Mail signed with this selector cannot be verified.", "Publish the record that posthorn dkim list shows", {}, {}};
  const bool revoked = records.front().find("p=;") != std::string::npos || records.front().ends_with("p=");
  if (revoked) return {"DKIM " + selector, Grade::bad, records.front(), "The key is revoked: mail signed with it fails.", "Sign with another key", {}, {}};
  return {"DKIM " + selector, Grade::good, printable(records.front(), 600), "Mail signed with this selector can be verified.", {}, {}, {}};
}

// A record that is good to have and whose absence is no fault of the mail itself.
Finding check_text(CheckDesk& desk, const std::string& subject, const std::string& name, std::string_view begins, const std::string& with, const std::string& without, const std::string& record) {
  const auto& answer = known(desk, name, dns::Type::txt);
  if (answer.outcome == dns::Outcome::failed) return unknown(subject, answer);
  const auto records = texts_beginning(answer, begins);
  if (records.size() == 1) return {subject, Grade::good, printable(records.front(), 600), with, {}, {}, {}};
  if (records.size() > 1) return {subject, Grade::bad, std::to_string(records.size()) + " records at " + name, "Only one may stand there: all are ignored.", "Remove the others", {}, {}};
  return {subject, Grade::bad, "no record at " + name, without, "Publish one", record, {}};
}

}  // namespace

int check_domain(const Common& common, const CheckOptions& options) {
  auto domain = mail::parse_domain(options.domain);
  if (!domain) {
    report(domain.error(), common.format());
    return 2;
  }
  auto opened = CheckDesk::open(options);
  if (!opened) {
    report(opened.error(), common.format());
    return 2;
  }
  auto& desk = **opened;
  std::vector<Finding> findings;
  findings.push_back(check_mx(desk, *domain));
  findings.push_back(check_spf_tree(desk, *domain));
  for (const auto& selector : options.selectors) findings.push_back(check_selector(desk, *domain, selector));
  findings.push_back(check_dmarc_record(desk, *domain));
  findings.push_back(check_text(desk, "MTA-STS", "_mta-sts." + *domain, "v=STSv1", "Senders are told to insist on TLS; the policy file itself was not fetched.",
                                "Senders cannot know that they must insist on TLS.", "_mta-sts." + *domain + ". TXT \"v=STSv1; id=1\""));
  findings.push_back(check_text(desk, "TLS-RPT", "_smtp._tls." + *domain, "v=TLSRPTv1", "Senders report when TLS fails.", "You do not hear of it when TLS to you fails.",
                                "_smtp._tls." + *domain + ". TXT \"v=TLSRPTv1; rua=mailto:postmaster@" + *domain + "\""));
  if (common.json) {
    json::array all;
    for (auto& one : findings)
      all.push_back(json::object{{"subject", one.subject}, {"result", name_of(one.grade)}, {"found", one.found}, {"meaning", one.meaning}, {"todo", one.todo}, {"record", one.record}, {"detail", one.detail}});
    print_json(json::object{{"domain", *domain}, {"findings", std::move(all)}, {"evidence", json::object{{"dns", to_json(desk.answers())}}}});
    return 0;
  }
  for (const auto& one : findings) {
    std::printf("%-10s %s\n           %s\n           %s\n", one.subject.c_str(), std::string(name_of(one.grade)).c_str(), one.found.c_str(), one.meaning.c_str());
    if (!one.todo.empty()) std::printf("           %s\n", one.todo.c_str());
    if (!one.record.empty()) std::printf("             %s\n", one.record.c_str());
  }
  return 0;
}

}  // namespace posthorn::app
