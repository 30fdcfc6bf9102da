#include <algorithm>

#include "base/text.h"
#include "trust/dkim/key_record.h"
#include "trust/survey/parts.h"

namespace posthorn::trust::survey {
namespace {

constexpr std::string_view nobody_can_tell = "It may be good or bad: nobody can tell now.";

void grade_policy(const dmarc::Record& record, const std::string& advice, Finding& out) {
  const auto policy = record.p.value_or(dmarc::Policy::none);
  if (!record.usable) {
    out.grade = Grade::bad;
    out.meaning = "The record has no policy that can be used: receivers do as if there were none.";
    out.todo = "Give p= one of none, quarantine, reject";
    out.record = advice;
  } else if (policy == dmarc::Policy::none) {
    out.grade = Grade::bad;
    out.meaning = "Forged mail is delivered like any other; you only hear of it.";
    out.todo = "When the reports show that all your own mail passes, publish p=quarantine, then p=reject; posthorn check policy tells what that would do";
  } else {
    out.meaning = "Mail that cannot prove that it is the domain's is " + std::string(policy == dmarc::Policy::reject ? "refused or put aside" : "put aside") + ".";
  }
}

}  // namespace

std::optional<Finding> check_spf(const std::string& domain, Answers& answers) {
  auto tree = spf::explain(domain, answers);
  if (!tree) return std::nullopt;
  const auto& verdict = tree->verdict;
  Finding out{"SPF"};
  const auto record = verdict.steps.empty() ? std::string() : verdict.steps.front().record;
  out.found = record.empty() ? verdict.reason : printable(record, 1000) + "  (" + std::to_string(verdict.lookups) + " of 10 lookups)";
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
    const auto is = [&words](auto what) { return std::ranges::any_of(words, what); };
    const bool open = is([](std::string_view word) { return equal_icase(word, "+all") || equal_icase(word, "all"); });
    const bool closed = is([](std::string_view word) { return equal_icase(word, "-all") || equal_icase(word, "~all") || to_lower(word).starts_with("redirect="); });
    out.meaning = open ? "Everybody may send for the domain." : closed ? "Only the servers that it names may send for the domain." : "Servers that it does not name are neither allowed nor forbidden.";
    if (open || !closed) {
      out.grade = Grade::bad;
      out.todo = "End the record with -all (or ~all while you look for forgotten servers)";
    }
  }
  out.spf = std::move(tree->verdict);
  return out;
}

// The key is read as for a signature of its own kind.
std::optional<Finding> check_selector(const std::string& domain, const std::string& selector, Answers& answers) {
  const auto name = dkim::key_name(selector, domain);
  Finding out{"DKIM " + selector};
  const auto* answer = answers.find(name, dns::Type::txt);
  if (answer == nullptr) return std::nullopt;
  if (answer->outcome == dns::Outcome::failed) return unknown(out.subject, *answer);
  const auto records = texts_beginning(*answer, "");
  if (records.empty()) {
    out.grade = Grade::bad;
    out.found = "no TXT record at " + name;
    out.meaning = "Mail signed with this selector cannot be verified.";
    out.todo = "Publish the record that posthorn dkim list shows";
    return out;
  }
  out.found = printable(records.front(), 600);
  dkim::KeyWanted wanted;
  auto key = dkim::choose_key(*answer, wanted, {});
  if (!key.key) {
    wanted.kind = crypto::KeyKind::ed25519;
    if (auto other = dkim::choose_key(*answer, wanted, {}); other.key) key = std::move(other);
  }
  if (!key.key) {
    out.grade = Grade::bad;
    out.meaning = "Mail signed with this selector fails: " + key.reason + ".";
    out.todo = "Publish a good key, or sign with another selector";
  } else if (key.bits != 0 && key.bits < 2048 && wanted.kind == crypto::KeyKind::rsa) {
    out.grade = Grade::bad;
    out.meaning = "The key has " + std::to_string(key.bits) + " bits, which is short (RFC 8301 3.2 asks for 2048).";
    out.todo = "Make a longer one: posthorn dkim rotate " + domain;
  } else if (key.testing) {
    out.grade = Grade::bad;
    out.meaning = "It is marked as a test (t=y): receivers may treat its mail as unsigned.";
    out.todo = "Take t=y out of the record";
  } else {
    out.meaning = "Mail signed with this selector can be verified.";
  }
  return out;
}

std::optional<Finding> check_dmarc(const std::string& domain, Answers& answers) {
  const auto found = dmarc::discover(domain, answers);
  if (!found) return std::nullopt;
  const std::string advice = "_dmarc." + domain + ". TXT \"v=DMARC1; p=none; rua=mailto:postmaster@" + domain + "\"";
  if (found->trouble == dmarc::Result::temperror) return Finding{"DMARC", Grade::could_not_check, found->why, std::string(nobody_can_tell), "Try again later"};
  if (!found->found)
    return Finding{"DMARC", Grade::bad, "no record here or above", "Whoever forges the domain's name is treated as the receiver likes, and you hear nothing of it.", "Begin with reports, then raise the policy", advice};
  const auto& record = found->found->record;
  Finding out{"DMARC", Grade::good, printable(record.text, 1000) + "  (at _dmarc." + found->found->domain + ")"};
  out.tags = dmarc::explain(record);
  grade_policy(record, advice, out);
  std::string wrong;
  for (const auto& note : out.tags)
    if (!note.good) wrong += (wrong.empty() ? "" : " ") + note.tag + "=" + printable(note.value, 100) + ": " + note.meaning;
  if (!wrong.empty()) {
    out.grade = Grade::bad;
    out.todo = wrong;
  }
  if (record.rua.empty() && out.todo.empty()) out.todo = "Add rua=mailto:ADDRESS to hear of forgeries and of own mail that fails";
  return out;
}

// BIMI (draft-brand-indicators-for-message-identification): a picture beside mail that DMARC proves; only with a policy that acts.
std::optional<Finding> check_bimi(const std::string& domain, Answers& answers) {
  const auto name = "default._bimi." + domain;
  const auto* answer = answers.find(name, dns::Type::txt);
  const auto policy = dmarc::discover(domain, answers);
  if (answer == nullptr || !policy) return std::nullopt;
  if (answer->outcome == dns::Outcome::failed) return unknown("BIMI", *answer);
  const auto records = texts_beginning(*answer, "v=BIMI1");
  if (records.empty()) return Finding{"BIMI", Grade::good, "no record", "No picture of the domain is shown beside its mail; nothing is missing without it."};
  Finding out{"BIMI", Grade::good, printable(records.front(), 600), "Some mail apps show the domain's picture beside mail that DMARC proves; the picture itself was not fetched."};
  const bool enforced = policy->found && policy->found->record.p.value_or(dmarc::Policy::none) != dmarc::Policy::none;
  if (records.size() > 1) {
    out.grade = Grade::bad;
    out.meaning = "Only one record may stand at " + name + ": all are ignored.";
    out.todo = "Remove the others";
  } else if (policy->trouble == dmarc::Result::temperror) {
    out.grade = Grade::could_not_check;
    out.meaning = "It depends on the DMARC policy, which could not be looked up.";
  } else if (!enforced) {
    out.grade = Grade::bad;
    out.meaning = "It is ignored without a DMARC policy of quarantine or reject.";
    out.todo = "Raise the DMARC policy, or take the record out";
  }
  return out;
}

}  // namespace posthorn::trust::survey
