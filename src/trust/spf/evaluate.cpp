// trust/spf/evaluate.cpp - check_host() of RFC 7208 4 over an explicit stack: an include or redirect is a frame, not a call.
// Each call starts anew and looks its DNS up in Answers; where one is missing it stops and says so.
#include <algorithm>
#include <chrono>
#include <variant>

#include "base/text.h"
#include "mail/address.h"
#include "trust/spf/lookups.h"
#include "trust/spf/record.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::spf {
namespace {

// What one look into the DNS gave: nothing yet, a failure, or an answer (perhaps empty).
struct Missing {};

struct Frame {
  std::string domain;
  Record record;
  std::size_t next = 0;               // mechanism to look at
  std::optional<Mechanism> include;   // of the parent: the term that led here; none: the start or a redirect
  std::size_t step = 0;               // its Step, to be told the outcome
  unsigned lookups_before = 0;
};

Result result_of(Qualifier qualifier) {
  switch (qualifier) {
    case Qualifier::pass: return Result::pass;
    case Qualifier::fail: return Result::fail;
    case Qualifier::softfail: return Result::softfail;
    case Qualifier::neutral: return Result::neutral;
  }
  return Result::neutral;
}

// rfc:7208#4.3: a domain of several labels, none empty or over 63 octets.
bool is_checkable(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return domain.find('.') != std::string_view::npos && dns::is_askable_name(domain);
}

// One evaluation. Where an answer is missing, methods return and their callers see it in dns_.
class Evaluation {
 public:
  Evaluation(const Request& request, Answers& answers, const Limits& limits) : request_(request), limits_(limits), dns_(request.ip, answers, limits, verdict_) {
    const auto sender = request.identity == Identity::helo || request.mail_from.empty() ? "postmaster@" + request.helo : request.mail_from;
    const auto at = sender.rfind('@');
    values_.local = at == std::string::npos ? "postmaster" : sender.substr(0, at);
    values_.sender_domain = at == std::string::npos ? sender : sender.substr(at + 1);
    if (values_.local.empty()) values_.local = "postmaster";
    values_.ip = dns_.ip();
    values_.helo = request.helo;
    values_.receiver = request.receiver;
    values_.now = std::chrono::duration_cast<std::chrono::seconds>(request.now.time_since_epoch()).count();
    verdict_.identity = request.identity;
    verdict_.sender = values_.local + "@" + values_.sender_domain;
    verdict_.domain = normal_name(values_.sender_domain);
    values_.sender_domain = verdict_.domain;
  }

  std::optional<Verdict> run();

 private:
  using Found = Lookups::Found;

  void begin(std::string domain, std::optional<Mechanism> include, std::size_t step);
  void finish(Result result, std::string reason);
  void evaluate_next();
  void start_include(const Mechanism& mechanism);
  Found matches(const Mechanism& mechanism);
  std::string target(const std::string& spec);
  std::string validated_name();
  void doubt_pass();
  void explain();
  std::size_t note(std::string term, std::string outcome);

  const Request& request_;
  const Limits& limits_;
  MacroValues values_;
  Verdict verdict_;
  Lookups dns_;  // counts in verdict_
  std::vector<Frame> frames_;
  bool done_ = false;
  std::string fail_domain_;
  std::optional<std::string> exp_;
};

std::size_t Evaluation::note(std::string term, std::string outcome) {
  if (verdict_.steps.size() >= limits_.steps) return verdict_.steps.size() - 1;
  Step step;
  step.depth = static_cast<unsigned>(frames_.empty() ? 0 : frames_.size() - 1);
  step.domain = frames_.empty() ? verdict_.domain : frames_.back().domain;
  step.term = std::move(term);
  step.outcome = std::move(outcome);
  verdict_.steps.push_back(std::move(step));
  return verdict_.steps.size() - 1;
}

// Opens a record: rfc:7208#4.4, 4.5. What is wrong ends the frame at once.
void Evaluation::begin(std::string domain, std::optional<Mechanism> include, std::size_t step) {
  Frame frame;
  frame.domain = normal_name(domain);
  frame.include = std::move(include);
  frame.step = step;
  frame.lookups_before = verdict_.lookups;
  frames_.push_back(std::move(frame));
  const auto& name = frames_.back().domain;
  if (!is_checkable(name)) return finish(Result::none, "\"" + printable(name, 255) + "\" is no domain that could have a record");
  const auto* answer = dns_.ask(name, dns::Type::txt);
  if (answer == nullptr) return;
  if (answer->outcome == dns::Outcome::failed) return finish(Result::temperror, dns_.trouble());
  std::vector<std::string> records;
  for (const auto& record : answer->records)
    if (const auto* txt = std::get_if<dns::Txt>(&record); txt != nullptr && is_spf_record(txt->text)) records.push_back(txt->text);
  if (records.empty()) return finish(Result::none, name + " publishes no SPF record");
  if (records.size() > 1) return finish(Result::permerror, name + " publishes more than one SPF record");
  const auto at = note({}, "record found");
  verdict_.steps[at].record = records.front().substr(0, limits_.record);
  if (records.front().size() > limits_.record) return finish(Result::permerror, "the SPF record of " + name + " is too long");
  auto record = parse_record(records.front());
  if (!record) return finish(Result::permerror, "in the record of " + name + " " + record.error().what);
  frames_.back().record = std::move(*record);
}

// Ends the frame on top. rfc:7208#5.2 says what an include makes of it.
void Evaluation::finish(Result result, std::string reason) {
  Frame ended = std::move(frames_.back());
  frames_.pop_back();
  if (!ended.include) {
    verdict_.result = result;
    verdict_.reason = std::move(reason);
    fail_domain_ = ended.domain;
    exp_ = ended.record.exp;
    done_ = true;
    return;
  }
  auto& step = verdict_.steps[ended.step];
  step.lookups = verdict_.lookups - ended.lookups_before + 1;
  step.outcome = std::string(name_of(result));
  switch (result) {
    case Result::pass: {
      const auto matched = result_of(ended.include->qualifier);
      verdict_.mechanism = ended.include->text;
      step.outcome = "matches: the included record says pass";
      return finish(matched, "\"" + ended.include->text + "\" in the record of " + frames_.back().domain + " matches");
    }
    case Result::fail:
    case Result::softfail:
    case Result::neutral: step.outcome = "does not match: the included record says " + std::string(name_of(result)); return;
    case Result::temperror: return finish(Result::temperror, std::move(reason));
    case Result::none: reason = "\"" + ended.include->text + "\" leads to a domain without an SPF record"; [[fallthrough]];
    case Result::permerror: return finish(Result::permerror, std::move(reason));
  }
}

std::string Evaluation::target(const std::string& spec) {
  if (spec.empty()) return frames_.back().domain;
  values_.domain = frames_.back().domain;
  values_.validated_name = [this] { return validated_name(); };
  return normal_name(expand_domain(spec, values_));
}

// rfc:7208#7.3 %{p}: the domain itself before names below it before any other.
std::string Evaluation::validated_name() {
  const auto names = dns_.validated_names();
  const auto& domain = frames_.empty() ? verdict_.domain : frames_.back().domain;
  for (const auto& name : names)
    if (name == domain) return name;
  for (const auto& name : names)
    if (is_at_or_below(name, domain)) return name;
  return names.empty() ? "unknown" : names.front();
}

Evaluation::Found Evaluation::matches(const Mechanism& mechanism) {
  if (mechanism.kind == Kind::all) return Found::yes;
  if (mechanism.kind == Kind::ip4 || mechanism.kind == Kind::ip6)
    return in_network(dns_.ip(), mechanism.network, mechanism.kind == Kind::ip4 ? mechanism.bits4 : mechanism.bits6) ? Found::yes : Found::no;
  if (!dns_.spend()) return Found::limit;
  const auto name = target(mechanism.domain_spec);
  if (dns_.missing()) return Found::missing;
  switch (mechanism.kind) {
    case Kind::a: return dns_.address(name, mechanism);
    case Kind::mx: return dns_.mx(name, mechanism);
    case Kind::ptr: return dns_.ptr(name);
    case Kind::exists: return dns_.exists(name);
    default: return Found::no;
  }
}

void Evaluation::start_include(const Mechanism& mechanism) {
  const auto step = note(mechanism.text, "evaluated");
  if (!dns_.spend()) return finish(Result::permerror, dns_.limit_trouble());
  const auto name = target(mechanism.domain_spec);
  if (dns_.missing()) return;
  begin(name, mechanism, step);
}

void Evaluation::evaluate_next() {
  auto& frame = frames_.back();
  if (frame.next == frame.record.mechanisms.size()) {
    if (!frame.record.redirect) {
      if (frame.include == std::nullopt) verdict_.mechanism = "default";
      return finish(Result::neutral, "no term of the record of " + frame.domain + " matches");
    }
    // rfc:7208#6.1: the other record takes this one's place; none there is an error.
    const auto spec = *frame.record.redirect;
    const auto step = note("redirect=" + spec, "followed");
    if (!dns_.spend()) return finish(Result::permerror, dns_.limit_trouble());
    const auto name = target(spec);
    if (dns_.missing()) return;
    verdict_.steps[step].lookups = 1;
    auto include = frame.include;
    const auto parent_step = frame.step;
    const auto before = frame.lookups_before;
    const auto* answer = is_checkable(name) ? dns_.ask(name, dns::Type::txt) : nullptr;
    if (dns_.missing()) return;
    const bool there = answer != nullptr && (answer->outcome == dns::Outcome::failed || std::ranges::any_of(answer->records, [](const dns::Record& record) {
      const auto* txt = std::get_if<dns::Txt>(&record);
      return txt != nullptr && is_spf_record(txt->text);
    }));
    if (!there) return finish(Result::permerror, "\"redirect=" + spec + "\" leads to a domain without an SPF record");
    frames_.pop_back();
    begin(name, std::move(include), parent_step);
    if (!done_ && !frames_.empty()) frames_.back().lookups_before = std::min(before, frames_.back().lookups_before);
    return;
  }
  const Mechanism mechanism = frame.record.mechanisms[frame.next++];
  if (mechanism.kind == Kind::include) return start_include(mechanism);
  const auto before = verdict_.lookups;
  const auto found = matches(mechanism);
  if (found == Found::missing) return;
  const auto step = note(mechanism.text, found == Found::yes ? "matches" : found == Found::no ? "does not match" : found == Found::error ? "temperror" : "permerror");
  verdict_.steps[step].lookups = verdict_.lookups - before;
  if (found == Found::error) return finish(Result::temperror, dns_.trouble());
  if (found == Found::limit) return finish(Result::permerror, dns_.limit_trouble());
  if (found == Found::no) return;
  verdict_.mechanism = mechanism.text;
  finish(result_of(mechanism.qualifier), "\"" + mechanism.text + "\" in the record of " + frames_.back().domain + " matches " + request_.ip);
}

// rfc:7208#5.5 passes over failing lookups of "ptr", so that "-ptr +all" would let a client in who breaks his own reverse DNS. Nothing
// may pass because an answer is missing: such a pass is a temperror here. Other results stay, with names_unknown beside them: a fail is
// one for DMARC too, as the reverse DNS is the client's own and must not win him a temperror, but nobody is rejected because of it.
void Evaluation::doubt_pass() {
  if (verdict_.result != Result::pass || !verdict_.names_unknown) return;
  verdict_.result = Result::temperror;
  verdict_.reason = "the names of " + printable(request_.ip, 60) + " could not be looked up, on which the record depends: " + dns_.trouble();
}

// rfc:7208#6.2: any trouble means no explanation.
void Evaluation::explain() {
  if (verdict_.result != Result::fail || !exp_) return;
  Frame frame;
  frame.domain = fail_domain_;
  frames_.push_back(std::move(frame));
  const auto name = target(*exp_);
  if (dns_.missing()) return;
  const auto* answer = dns_.ask(name, dns::Type::txt);
  if (answer == nullptr || answer->records.size() != 1) return;
  const auto* txt = std::get_if<dns::Txt>(&answer->records.front());
  if (txt == nullptr || !check_macros(txt->text, MacroPlace::explanation)) return;
  const auto text = expand(txt->text, values_);
  if (dns_.missing()) return;
  if (std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) verdict_.explanation = text.substr(0, 500);
}

std::optional<Verdict> Evaluation::run() {
  if (dns_.ip().empty()) {
    verdict_.result = Result::permerror;
    verdict_.reason = "\"" + printable(request_.ip, 60) + "\" is no IP address";
    return verdict_;
  }
  begin(values_.sender_domain, std::nullopt, 0);
  while (!done_ && !dns_.missing()) evaluate_next();
  if (dns_.missing()) return std::nullopt;
  doubt_pass();
  const bool unknown = verdict_.names_unknown;
  explain();
  verdict_.names_unknown = unknown;  // a %{p} of the explanation decides nothing
  if (dns_.missing()) return std::nullopt;
  return std::move(verdict_);
}

}  // namespace

std::string_view name_of(Result result) {
  constexpr std::string_view names[] = {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};
  return names[static_cast<std::size_t>(result)];
}

std::string_view name_of(Identity identity) { return identity == Identity::helo ? "helo" : "mailfrom"; }

std::optional<Verdict> check(const Request& request, Answers& answers, const Limits& limits) { return Evaluation(request, answers, limits).run(); }

}  // namespace posthorn::trust::spf
