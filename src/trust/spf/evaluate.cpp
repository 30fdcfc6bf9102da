// trust/spf/evaluate.cpp - check_host() of RFC 7208 4 over an explicit stack: an include or redirect is a frame, not a call.
// Each call starts anew and looks its DNS up in Answers; where one is missing it stops and says so.
#include <algorithm>
#include <chrono>
#include <variant>

#include "base/text.h"
#include "mail/address.h"
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

std::string normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
}

// One evaluation. Methods that need the DNS throw nothing: they set missing_ and their caller unwinds by return values.
class Evaluation {
 public:
  Evaluation(const Request& request, Answers& answers, const Limits& limits) : request_(request), answers_(answers), limits_(limits) {
    ip_ = address_octets(request.ip);
    const auto sender = request.identity == Identity::helo || request.mail_from.empty() ? "postmaster@" + request.helo : request.mail_from;
    const auto at = sender.rfind('@');
    values_.local = at == std::string::npos ? "postmaster" : sender.substr(0, at);
    values_.sender_domain = at == std::string::npos ? sender : sender.substr(at + 1);
    if (values_.local.empty()) values_.local = "postmaster";
    values_.ip = ip_;
    values_.helo = request.helo;
    values_.receiver = request.receiver;
    values_.now = std::chrono::duration_cast<std::chrono::seconds>(request.now.time_since_epoch()).count();
    verdict_.identity = request.identity;
    verdict_.sender = values_.local + "@" + values_.sender_domain;
    verdict_.domain = normal(values_.sender_domain);
    values_.sender_domain = verdict_.domain;
  }

  std::optional<Verdict> run();

 private:
  enum class Found : std::uint8_t { yes, no, missing, error, limit };

  void begin(std::string domain, std::optional<Mechanism> include, std::size_t step);
  void finish(Result result, std::string reason);
  void evaluate_next();
  void start_include(const Mechanism& mechanism);
  Found matches(const Mechanism& mechanism);
  Found address_matches(std::string_view name, const Mechanism& mechanism, bool counts_as_void);
  Found mx_matches(std::string_view name, const Mechanism& mechanism);
  Found ptr_matches(std::string_view name);
  const dns::Answer* ask(std::string_view name, dns::Type type);
  bool spend_lookup();
  bool is_void(const dns::Answer& answer);
  std::string target(const std::string& spec);
  std::vector<std::string> validated_names();
  std::string validated_name();
  void doubt_pass();
  void explain();
  std::size_t note(std::string term, std::string outcome);

  const Request& request_;
  Answers& answers_;
  const Limits& limits_;
  std::string ip_;
  MacroValues values_;
  Verdict verdict_;
  std::vector<Frame> frames_;
  bool missing_ = false, done_ = false;
  std::string dns_trouble_, limit_trouble_, fail_domain_;
  std::optional<std::string> exp_;
};

const dns::Answer* Evaluation::ask(std::string_view name, dns::Type type) {
  const auto* answer = answers_.find(normal(name), type);
  if (answer == nullptr) missing_ = true;
  if (answer != nullptr && answer->outcome == dns::Outcome::failed)
    dns_trouble_ = "the DNS gave no answer for " + printable(name, 255) + (answer->why.empty() ? "" : " (" + answer->why + ")");
  return answer;
}

// rfc:7208#4.6.4: at most ten terms that ask the DNS.
bool Evaluation::spend_lookup() {
  if (++verdict_.lookups <= limits_.lookups) return true;
  limit_trouble_ = "the record needs more than " + std::to_string(limits_.lookups) + " DNS lookups";
  return false;
}

// rfc:7208#4.6.4: at most two lookups that find nothing. True: that was one too many.
bool Evaluation::is_void(const dns::Answer& answer) {
  if (answer.outcome != dns::Outcome::no_data && answer.outcome != dns::Outcome::no_such_name) return false;
  if (++verdict_.void_lookups <= limits_.void_lookups) return false;
  limit_trouble_ = "more than " + std::to_string(limits_.void_lookups) + " of the record's DNS lookups found nothing";
  return true;
}

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
  frame.domain = normal(domain);
  frame.include = std::move(include);
  frame.step = step;
  frame.lookups_before = verdict_.lookups;
  frames_.push_back(std::move(frame));
  const auto& name = frames_.back().domain;
  if (!is_checkable(name)) return finish(Result::none, "\"" + printable(name, 255) + "\" is no domain that could have a record");
  const auto* answer = ask(name, dns::Type::txt);
  if (answer == nullptr) return;
  if (answer->outcome == dns::Outcome::failed) return finish(Result::temperror, dns_trouble_);
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
  return normal(expand_domain(spec, values_));
}

// rfc:7208#5.5: the names of the address that lead back to it, at most ten.
std::vector<std::string> Evaluation::validated_names() {
  std::vector<std::string> out;
  const auto* pointers = ask(dns::reverse_name(request_.ip), dns::Type::ptr);
  if (pointers == nullptr) return out;
  verdict_.names_unknown |= pointers->outcome == dns::Outcome::failed;
  unsigned count = 0;
  for (const auto& record : pointers->records) {
    const auto* name = std::get_if<dns::Name>(&record);
    if (name == nullptr || ++count > limits_.names) continue;
    const auto* addresses = ask(name->name, ip_.size() == 16 ? dns::Type::aaaa : dns::Type::a);
    if (addresses == nullptr) continue;
    verdict_.names_unknown |= addresses->outcome == dns::Outcome::failed;
    for (const auto& one : addresses->records) {
      const auto* a = std::get_if<dns::A>(&one);
      const auto* aaaa = std::get_if<dns::Aaaa>(&one);
      if ((a != nullptr && address_octets(a->address) == ip_) || (aaaa != nullptr && address_octets(aaaa->address) == ip_)) {
        out.push_back(normal(name->name));
        break;
      }
    }
  }
  return out;
}

// rfc:7208#7.3 %{p}: the domain itself before names below it before any other.
std::string Evaluation::validated_name() {
  const auto names = validated_names();
  const auto& domain = frames_.empty() ? verdict_.domain : frames_.back().domain;
  for (const auto& name : names)
    if (name == domain) return name;
  for (const auto& name : names)
    if (is_at_or_below(name, domain)) return name;
  return names.empty() ? "unknown" : names.front();
}

Evaluation::Found Evaluation::address_matches(std::string_view name, const Mechanism& mechanism, bool counts_as_void) {
  const bool six = ip_.size() == 16;
  const auto* answer = ask(name, six ? dns::Type::aaaa : dns::Type::a);
  if (answer == nullptr) return Found::missing;
  if (answer->outcome == dns::Outcome::failed) return Found::error;
  if (counts_as_void && is_void(*answer)) return Found::limit;
  for (const auto& record : answer->records) {
    const auto* a = std::get_if<dns::A>(&record);
    const auto* aaaa = std::get_if<dns::Aaaa>(&record);
    const auto octets = a != nullptr ? address_octets(a->address) : aaaa != nullptr ? address_octets(aaaa->address) : std::string();
    if (in_network(ip_, octets, six ? mechanism.bits6 : mechanism.bits4)) return Found::yes;
  }
  return Found::no;
}

Evaluation::Found Evaluation::mx_matches(std::string_view name, const Mechanism& mechanism) {
  const auto* answer = ask(name, dns::Type::mx);
  if (answer == nullptr) return Found::missing;
  if (answer->outcome == dns::Outcome::failed) return Found::error;
  if (is_void(*answer)) return Found::limit;
  if (answer->records.size() > limits_.names) {
    limit_trouble_ = printable(name, 255) + " has more than " + std::to_string(limits_.names) + " MX hosts";
    return Found::limit;
  }
  // All hosts are asked for before the first is looked at, so that one round of questions is enough.
  bool waiting = false;
  for (const auto& record : answer->records)
    if (const auto* mx = std::get_if<dns::Mx>(&record); mx != nullptr && !mx->exchange.empty())
      waiting |= ask(mx->exchange, ip_.size() == 16 ? dns::Type::aaaa : dns::Type::a) == nullptr;
  if (waiting) return Found::missing;
  for (const auto& record : answer->records) {
    const auto* mx = std::get_if<dns::Mx>(&record);
    if (mx == nullptr || mx->exchange.empty()) continue;
    if (const auto found = address_matches(mx->exchange, mechanism, false); found != Found::no) return found;
  }
  return Found::no;
}

Evaluation::Found Evaluation::ptr_matches(std::string_view name) {
  const auto* pointers = ask(dns::reverse_name(request_.ip), dns::Type::ptr);
  if (pointers == nullptr) return Found::missing;
  const bool unknown_before = verdict_.names_unknown;
  if (pointers->outcome == dns::Outcome::failed) {
    verdict_.names_unknown = true;
    return Found::no;  // rfc:7208#5.5: an error is no match
  }
  if (is_void(*pointers)) return Found::limit;
  const auto names = validated_names();
  if (missing_) return Found::missing;
  if (std::ranges::none_of(names, [name](const std::string& one) { return is_at_or_below(one, name); })) return Found::no;
  verdict_.names_unknown = unknown_before;  // one good name is enough, whatever the others are
  return Found::yes;
}

Evaluation::Found Evaluation::matches(const Mechanism& mechanism) {
  if (mechanism.kind == Kind::all) return Found::yes;
  if (mechanism.kind == Kind::ip4 || mechanism.kind == Kind::ip6)
    return in_network(ip_, mechanism.network, mechanism.kind == Kind::ip4 ? mechanism.bits4 : mechanism.bits6) ? Found::yes : Found::no;
  if (!spend_lookup()) return Found::limit;
  const auto name = target(mechanism.domain_spec);
  if (missing_) return Found::missing;
  switch (mechanism.kind) {
    case Kind::a: return address_matches(name, mechanism, true);
    case Kind::mx: return mx_matches(name, mechanism);
    case Kind::ptr: return ptr_matches(name);
    case Kind::exists: {
      const auto* answer = ask(name, dns::Type::a);  // rfc:7208#5.7: A, also for IPv6
      if (answer == nullptr) return Found::missing;
      if (answer->outcome == dns::Outcome::failed) return Found::error;
      if (is_void(*answer)) return Found::limit;
      return answer->records.empty() ? Found::no : Found::yes;
    }
    default: return Found::no;
  }
}

void Evaluation::start_include(const Mechanism& mechanism) {
  const auto step = note(mechanism.text, "evaluated");
  if (!spend_lookup()) return finish(Result::permerror, limit_trouble_);
  const auto name = target(mechanism.domain_spec);
  if (missing_) return;
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
    if (!spend_lookup()) return finish(Result::permerror, limit_trouble_);
    const auto name = target(spec);
    if (missing_) return;
    verdict_.steps[step].lookups = 1;
    auto include = frame.include;
    const auto parent_step = frame.step;
    const auto before = frame.lookups_before;
    const auto* answer = is_checkable(name) ? ask(name, dns::Type::txt) : nullptr;
    if (missing_) return;
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
  if (found == Found::error) return finish(Result::temperror, dns_trouble_);
  if (found == Found::limit) return finish(Result::permerror, limit_trouble_);
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
  verdict_.reason = "the names of " + printable(request_.ip, 60) + " could not be looked up, on which the record depends: " + dns_trouble_;
}

// rfc:7208#6.2: any trouble means no explanation.
void Evaluation::explain() {
  if (verdict_.result != Result::fail || !exp_) return;
  Frame frame;
  frame.domain = fail_domain_;
  frames_.push_back(std::move(frame));
  const auto name = target(*exp_);
  if (missing_) return;
  const auto* answer = ask(name, dns::Type::txt);
  if (answer == nullptr || answer->records.size() != 1) return;
  const auto* txt = std::get_if<dns::Txt>(&answer->records.front());
  if (txt == nullptr || !check_macros(txt->text, MacroPlace::explanation)) return;
  const auto text = expand(txt->text, values_);
  if (missing_) return;
  if (std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) verdict_.explanation = text.substr(0, 500);
}

std::optional<Verdict> Evaluation::run() {
  if (ip_.empty()) {
    verdict_.result = Result::permerror;
    verdict_.reason = "\"" + printable(request_.ip, 60) + "\" is no IP address";
    return verdict_;
  }
  begin(values_.sender_domain, std::nullopt, 0);
  while (!done_ && !missing_) evaluate_next();
  if (missing_) return std::nullopt;
  doubt_pass();
  const bool unknown = verdict_.names_unknown;
  explain();
  verdict_.names_unknown = unknown;  // a %{p} of the explanation decides nothing
  if (missing_) return std::nullopt;
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
