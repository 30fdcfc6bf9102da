// A judgement repeated from its evidence: the same bytes and the same answers must give the same verdicts, years later.
#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"
#include "mail/message.h"
#include "post/evidence.h"
#include "trust/json.h"

namespace posthorn::post {
namespace {

namespace json = boost::json;

std::int64_t number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

trust::Facts facts_of(const json::object& evidence) {
  trust::Facts out;
  if (const auto* client = evidence.if_contains("client"); client != nullptr && client->is_object()) out.ip = string_at(client->get_object(), "ip");
  out.helo = string_at(evidence, "helo");
  out.mail_from = string_at(evidence, "reverse_path");
  if (out.mail_from == "<>") out.mail_from.clear();
  out.receiver = string_at(evidence, "by");
  out.now = WallTime(std::chrono::seconds(number_at(evidence, "received_at")));
  return out;
}

// "spf", "dkim" and so on with their results, as one line.
std::string verdicts_in(const json::object& judgement) {
  std::string out;
  for (const auto* name : {"spf", "arc", "dmarc"})
    if (const auto* one = judgement.if_contains(name); one != nullptr && one->is_object()) out += std::string(name) + "=" + string_at(one->get_object(), "result") + " ";
  if (const auto* dkim = judgement.if_contains("dkim"); dkim != nullptr && dkim->is_array())
    for (const auto& one : dkim->get_array())
      if (one.is_object()) out += "dkim=" + string_at(one.get_object(), "result") + " ";
  return out;
}

// rfc:7208#5.1 `all`, with or without a qualifier, as a term of its own.
bool is_all(std::string_view term) {
  if (!term.empty() && std::string_view("+-~?").contains(term.front())) term.remove_prefix(1);
  return equal_icase(term, "all");
}

// The record with its `all` replaced; nothing if it is no SPF record or has none.
std::optional<std::string> with_ending(std::string_view record, std::string_view ending) {
  const auto terms = split(record, ' ');
  if (terms.empty() || !equal_icase(terms.front(), "v=spf1")) return std::nullopt;
  std::string out;
  bool found = false;
  for (const auto term : terms) {
    found = found || is_all(term);
    out += (out.empty() ? "" : " ") + std::string(is_all(term) ? ending : term);
  }
  return found ? std::optional(std::move(out)) : std::nullopt;
}

bool end_otherwise(trust::Answers& answers, const std::string& domain, std::string_view ending) {
  bool done = false;
  const auto* kept = answers.find(domain, dns::Type::txt);
  if (kept == nullptr) return false;
  auto changed = *kept;
  for (auto& record : changed.records) {
    auto* txt = std::get_if<dns::Txt>(&record);
    auto text = txt == nullptr ? std::nullopt : with_ending(txt->text, ending);
    if (!text) continue;
    txt->text = std::move(*text);
    done = true;
  }
  answers.put({domain, dns::Type::txt}, std::move(changed));
  return done;
}

}  // namespace

std::optional<trust::Judgement> judge_with_ending(const json::object& evidence, std::string_view bytes, std::string_view ending) {
  const auto* dns = evidence.if_contains("dns");
  const auto* before = evidence.if_contains("judgement");
  if (dns == nullptr || before == nullptr || !before->is_object()) return std::nullopt;
  auto answers = trust::answers_from_json(*dns);
  const auto* spf = before->get_object().if_contains("spf");
  if (!answers || spf == nullptr || !spf->is_object() || !end_otherwise(*answers, to_lower(string_at(spf->get_object(), "domain")), ending)) return std::nullopt;
  return trust::judge(mail::parse(bytes), facts_of(evidence), trust::Rules(), *answers);
}

Replay replay(const json::object& evidence, std::string_view bytes) {
  Replay out;
  const auto message = mail::parse(bytes);
  trust::Answers answers;
  if (const auto* dns = evidence.if_contains("dns"); dns != nullptr) {
    auto known = trust::answers_from_json(*dns);
    if (known) answers = std::move(*known);
    else out.why = known.error().what;
  }
  const auto facts = facts_of(evidence);
  const auto* before = evidence.if_contains("judgement");
  const auto judgement = trust::judge(message, facts, trust::Rules(), answers);
  if (before == nullptr || !before->is_object()) {
    out.why = "it was not judged when it came";
  } else if (!judgement) {
    out.why = "answers of the DNS are missing that this version of Posthorn asks for";
  } else {
    const auto then = verdicts_in(before->get_object()), now = verdicts_in(trust::to_json(*judgement));
    out.same = then == now;
    if (!out.same) out.why = "it was " + then + "then, and is " + now + "now";
  }
  const auto signatures = judgement ? std::optional(judgement->dkim) : trust::dkim::verify(message, answers, facts.now);
  if (signatures && before != nullptr) out.altered = trust::altered::account_of(message, *signatures, answers);
  else out.altered.sentence = "The keys of its signatures were not kept, so nobody can tell whether it was changed.";
  return out;
}

}  // namespace posthorn::post
