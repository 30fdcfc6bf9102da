// posthorn check message, spf, dkim, arc, dmarc. What is printed for people says the verdict first, then why.
#include "app/command/check.h"

#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"
#include "app/command/check_desk.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/message.h"
#include "trust/altered/altered.h"
#include "trust/json.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
using namespace trust;

int bad_input(Error error, Format format) {
  report(error, format);
  return 2;
}

std::optional<Error> wrong_envelope(const CheckOptions& options) {
  if (options.ip.empty()) return Error{Errc::invalid, "the client's address is missing", "Add --ip ADDRESS"};
  if (dns::reverse_name(options.ip).empty()) return Error{Errc::invalid, "\"" + options.ip + "\" is no IP address", "Write it as 192.0.2.1 or 2001:db8::1"};
  if (!options.mail_from.empty() && options.mail_from != "<>" && options.mail_from.find('@') == std::string::npos)
    return Error{Errc::invalid, "\"" + options.mail_from + "\" is no sender", "Write it as user@example.org, or \"\" for the empty one"};
  return std::nullopt;
}

std::string sender_of(const CheckOptions& options) { return options.mail_from == "<>" ? std::string() : options.mail_from; }

void print_spf(const spf::Verdict& verdict) {
  std::printf("SPF    %s  %s\n", std::string(spf::name_of(verdict.result)).c_str(), verdict.reason.c_str());
  for (const auto& step : verdict.steps) {
    const auto& what = step.term.empty() ? step.record : step.term;
    std::printf("       %*s%s%s: %s\n", static_cast<int>(2 * step.depth), "", step.term.empty() ? (step.domain + "  ").c_str() : "  ", printable(what, 300).c_str(), step.outcome.c_str());
  }
  if (!verdict.steps.empty()) std::printf("       %u of 10 lookups used\n", verdict.lookups);
  if (!verdict.explanation.empty()) std::printf("       its sender explains: %s\n", verdict.explanation.c_str());
}

void print_signature(const dkim::Signature& one) {
  std::printf("DKIM   %s  %s, selector %s%s%s\n", std::string(dkim::name_of(one.result)).c_str(), one.domain.c_str(), one.selector.c_str(), one.reason.empty() ? "" : ": ", one.reason.c_str());
  if (one.unsigned_fields.empty()) return;
  std::string fields;
  for (const auto& name : one.unsigned_fields) fields += (fields.empty() ? "" : ", ") + name;
  std::printf("       not covered by this signature: %s\n", fields.c_str());
}

void print_arc(const arc::Chain& chain) {
  std::printf("ARC    %s%s%s\n", std::string(arc::name_of(chain.result)).c_str(), chain.reason.empty() ? "" : "  ", chain.reason.c_str());
  for (const auto& set : chain.sets) std::printf("       %u  %s  cv=%s  %s\n", set.instance, set.sealer.c_str(), set.cv.c_str(), printable(set.authentication_results, 200).c_str());
}

void print_judgement(const Judgement& judgement) {
  std::printf("%s\n\n", judgement.reason.c_str());
  print_spf(judgement.spf);
  if (judgement.dkim.empty()) std::puts("DKIM   none  the message is not signed");
  for (const auto& one : judgement.dkim) print_signature(one);
  print_arc(judgement.arc);
  const auto& d = judgement.dmarc;
  std::printf("DMARC  %s  %s\n", std::string(dmarc::name_of(d.result)).c_str(), d.reason.c_str());
  if (!d.record.empty()) std::printf("       %s publishes: %s\n", d.record_domain.c_str(), printable(d.record, 300).c_str());
  for (const auto& problem : judgement.authors.problems) std::printf("From   %s\n", problem.c_str());
  for (const auto& one : judgement.overrides) std::printf("       %s: %s\n", one.type.c_str(), one.comment.c_str());
  std::printf("so     %s\n", judgement.disposition == Disposition::none ? "it goes to the inbox" : judgement.disposition == Disposition::quarantine ? "it goes to Junk" : "it is refused");
}

void print_altered(const altered::Account& account) {
  std::string text = altered::describe(account);
  std::printf("way    %s", text.c_str());
}

json::object with_dns(json::object out, const Answers& answers) {
  out["evidence"] = json::object{{"dns", to_json(answers)}};
  return out;
}

// A message from a file may have lost its CRs: mail on the wire has CRLF (RFC 5322 2.3).
std::string with_crlf(std::string bytes) {
  if (bytes.find("\r\n") != std::string::npos || bytes.find('\n') == std::string::npos) return bytes;
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 32);
  for (const char c : bytes) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// Opens what a check of a file needs; the exit status if it cannot.
struct Opened {
  std::unique_ptr<CheckDesk> desk;
  std::string bytes;
};
Result<Opened> open_file(const CheckOptions& options) {
  Opened out;
  TRY_ASSIGN(out.desk, CheckDesk::open(options));
  TRY_ASSIGN(out.bytes, file_or_input(options.file, "a file with one message"));
  out.bytes = with_crlf(std::move(out.bytes));
  if (out.bytes.empty()) return fail(Errc::invalid, options.file + " is empty", "Name a file with one message");
  return out;
}

void show_stored_verdicts(const json::value& judged) {
  std::printf("SPF    %s  %s\n", text_of(judged.at("spf"), "result").c_str(), text_of(judged.at("spf"), "reason").c_str());
  for (const auto& one : judged.at("dkim").as_array())
    std::printf("DKIM   %s  %s, selector %s  %s\n", text_of(one, "result").c_str(), text_of(one, "domain").c_str(), text_of(one, "selector").c_str(), text_of(one, "reason").c_str());
  std::printf("ARC    %s\n", text_of(judged.at("arc"), "result").c_str());
  std::printf("DMARC  %s  %s\n", text_of(judged.at("dmarc"), "result").c_str(), text_of(judged.at("dmarc"), "reason").c_str());
}

}  // namespace

int check_message(const Common& common, const CheckOptions& options) {
  if (auto wrong = wrong_envelope(options)) return bad_input(std::move(*wrong), common.format());
  auto opened = open_file(options);
  if (!opened) return bad_input(opened.error(), common.format());
  auto& desk = *opened->desk;
  const Facts facts{options.ip, options.helo, sender_of(options), options.receiver, desk.now()};
  const auto message = mail::parse(opened->bytes);
  const auto judgement = desk.until_known([&] { return judge(message, facts, Rules{}, desk.answers()); });
  const auto way = altered::account_of(message, judgement.dkim, desk.answers());
  if (common.json) {
    auto out = to_json(judgement);
    out["altered"] = altered::to_json(way);
    print_json(with_dns(std::move(out), desk.answers()));
    return 0;
  }
  print_judgement(judgement);
  print_altered(way);
  return 0;
}

int check_stored(const Common& common, const CheckOptions& options) {
  return call_and_show(common, "mail.evidence", {{"address", options.account}, {"mailbox", options.mailbox}, {"uid", options.uid}}, [](const json::value& kept) {
    const auto* judged = kept.as_object().if_contains("judgement");
    if (judged != nullptr) std::printf("%s\n\n", text_of(*judged, "reason").c_str());
    const auto country = text_of(kept.at("client"), "country");
    std::printf("came   from %s%s, which called itself %s, %s\n", text_of(kept.at("client"), "ip").c_str(), (country.empty() ? "" : " (" + country + ")").c_str(), text_of(kept, "helo").c_str(),
                kept.at("tls").is_object() ? ("over " + text_of(kept.at("tls"), "version")).c_str() : "in clear text");
    std::printf("       with the sender <%s>, taken as %s\n", text_of(kept, "reverse_path").c_str(), text_of(kept, "id").c_str());
    if (judged != nullptr) {
      show_stored_verdicts(*judged);
      std::printf("way    %s", text_of(kept.at("altered"), "text").c_str());
      const auto& again = kept.at("replayed");
      std::printf("again  judged by the %zu answers of the DNS that are kept with it (--json shows them): %s\n", kept.at("dns").as_array().size(),
                  flag_of(again, "same") ? "the same verdicts" : text_of(again, "why").c_str());
    } else {
      std::printf("       sent by %s, who had logged in, and given %zu DKIM signatures by us\n", text_of(kept, "login").c_str(), kept.at("signed").as_array().size());
    }
  });
}

int check_spf(const Common& common, const CheckOptions& options) {
  if (auto wrong = wrong_envelope(options)) return bad_input(std::move(*wrong), common.format());
  auto desk = CheckDesk::open(options);
  if (!desk) return bad_input(desk.error(), common.format());
  spf::Request request;
  request.ip = options.ip;
  request.helo = options.helo;
  request.mail_from = sender_of(options);
  request.receiver = options.receiver;
  request.now = (*desk)->now();
  const auto verdict = (*desk)->until_known([&] { return spf::check(request, (*desk)->answers()); });
  if (common.json) print_json(with_dns(json::object{{"spf", to_json(verdict)}}, (*desk)->answers()));
  else print_spf(verdict);
  return 0;
}

int check_dkim(const Common& common, const CheckOptions& options) {
  auto opened = open_file(options);
  if (!opened) return bad_input(opened.error(), common.format());
  auto& desk = *opened->desk;
  const auto message = mail::parse(opened->bytes);
  const auto signatures = desk.until_known([&] { return dkim::verify(message, desk.answers(), desk.now()); });
  const auto way = altered::account_of(message, signatures, desk.answers());
  if (!common.json) {
    if (signatures.empty()) std::puts("DKIM   none  the message is not signed");
    for (const auto& one : signatures) print_signature(one);
    print_altered(way);
    return 0;
  }
  json::array all;
  for (const auto& one : signatures) all.push_back(to_json(one));
  print_json(with_dns(json::object{{"dkim", std::move(all)}, {"altered", altered::to_json(way)}}, desk.answers()));
  return 0;
}

int check_arc(const Common& common, const CheckOptions& options) {
  auto opened = open_file(options);
  if (!opened) return bad_input(opened.error(), common.format());
  auto& desk = *opened->desk;
  const auto message = mail::parse(opened->bytes);
  const auto chain = desk.until_known([&] { return arc::verify(message, desk.answers(), desk.now()); });
  if (common.json) print_json(with_dns(json::object{{"arc", to_json(chain)}}, desk.answers()));
  else print_arc(chain);
  return 0;
}

int check_dmarc(const Common& common, const CheckOptions& options) {
  auto domain = mail::parse_domain(options.domain);
  if (!domain) return bad_input(domain.error(), common.format());
  auto desk = CheckDesk::open(options);
  if (!desk) return bad_input(desk.error(), common.format());
  const auto found = (*desk)->until_known([&] { return dmarc::discover(*domain, (*desk)->answers()); });
  json::object out{{"domain", *domain}, {"org_domain", found.organizational_domain}, {"result", found.trouble == dmarc::Result::temperror ? "could not check" : found.found ? "found" : "none"}};
  out["record_domain"] = found.found ? json::value(json::string(found.found->domain)) : json::value(nullptr);
  out["record"] = found.found ? json::value(json::string(printable(found.found->record.text, 2000))) : json::value(nullptr);
  json::array tags;
  if (found.found)
    for (const auto& note : dmarc::explain(found.found->record))
      tags.push_back(json::object{{"tag", note.tag}, {"value", printable(note.value, 500)}, {"meaning", note.meaning}, {"good", note.good}});
  if (!common.json) {
    if (found.trouble == dmarc::Result::temperror) std::printf("could not check: %s\n", found.why.c_str());
    else if (!found.found) std::printf("%s has no DMARC record, nor has a domain above it: anyone may write in its name\n", domain->c_str());
    else std::printf("%s\n  found at _dmarc.%s; the organizational domain is %s\n", printable(found.found->record.text, 2000).c_str(), found.found->domain.c_str(), found.organizational_domain.c_str());
    for (const auto& note : tags) std::printf("  %s %s=%s  %s\n", flag_of(note, "good") ? " " : "!", text_of(note, "tag").c_str(), text_of(note, "value").c_str(), text_of(note, "meaning").c_str());
    return 0;
  }
  out["tags"] = std::move(tags);
  print_json(with_dns(json::object{{"dmarc", std::move(out)}}, (*desk)->answers()));
  return 0;
}

}  // namespace posthorn::app
