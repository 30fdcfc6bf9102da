// trust/spf/explain.cpp - an SPF record as a tree with what each term costs, for people who look at their domain. No client: every
// term is counted, which is the worst case that a receiver may meet.
#include <algorithm>
#include <ranges>
#include <variant>

#include "base/text.h"
#include "trust/spf/lookups.h"
#include "trust/spf/record.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::spf {
namespace {

struct Open {
  std::string domain;
  unsigned depth = 0;
  std::size_t parent = SIZE_MAX;  // the step of the include or redirect that leads here
};

bool has_macro(std::string_view spec) { return spec.find('%') != std::string_view::npos; }

class Explanation {
 public:
  Explanation(std::string_view domain, Answers& answers, const Limits& limits) : answers_(answers), limits_(limits) {
    tree_.verdict.domain = normal_name(domain);
    tree_.verdict.result = Result::neutral;
  }

  std::optional<Tree> run() {
    open(tree_.verdict.domain, 0, SIZE_MAX);
    // Newest first, so that what an include leads to stands right behind it.
    while (!todo_.empty() && tree_.verdict.steps.size() < limits_.steps) {
      auto next = std::move(todo_.back());
      todo_.pop_back();
      if (std::holds_alternative<Open>(next)) {
        open(std::get<Open>(next).domain, std::get<Open>(next).depth, std::get<Open>(next).parent);
        continue;
      }
      tree_.verdict.steps.push_back(std::get<Step>(std::move(next)));
    }
    if (missing_) return std::nullopt;
    auto& verdict = tree_.verdict;
    if (verdict.result == Result::neutral && verdict.lookups > limits_.lookups) {
      verdict.result = Result::permerror;
      verdict.reason = "the record needs " + std::to_string(verdict.lookups) + " DNS lookups, more than the " + std::to_string(limits_.lookups) + " that RFC 7208 allows";
    }
    return std::move(tree_);
  }

 private:
  using Item = std::variant<Open, Step>;

  void trouble(Result result, std::string why, std::size_t parent) {
    if (parent != SIZE_MAX) tree_.verdict.steps[parent].outcome = why;
    if (tree_.verdict.result != Result::neutral) return;
    // rfc:7208#5.2, 6.1: none below is an error above.
    tree_.verdict.result = result == Result::none && parent != SIZE_MAX ? Result::permerror : result;
    tree_.verdict.reason = std::move(why);
  }

  void open(const std::string& domain, unsigned depth, std::size_t parent) {
    const auto* answer = answers_.find(domain, dns::Type::txt);
    if (answer == nullptr) {
      missing_ = true;
      return;
    }
    if (answer->outcome == dns::Outcome::failed) return trouble(Result::temperror, "could not check: the DNS gave no answer for " + domain, parent);
    std::vector<std::string> records;
    for (const auto& record : answer->records)
      if (const auto* txt = std::get_if<dns::Txt>(&record); txt != nullptr && is_spf_record(txt->text)) records.push_back(txt->text);
    if (records.empty()) return trouble(Result::none, domain + " publishes no SPF record", parent);
    if (records.size() > 1) return trouble(Result::permerror, domain + " publishes " + std::to_string(records.size()) + " SPF records; only one may stand there", parent);
    const auto parsed = parse_record(records.front());
    if (!parsed) return trouble(Result::permerror, "in the record of " + domain + " " + parsed.error().what, parent);
    Step head{depth, domain, {}, "record found", 0, records.front().substr(0, limits_.record)};
    tree_.verdict.steps.push_back(std::move(head));
    add_terms(*parsed, domain, depth);
  }

  void add_terms(const Record& record, const std::string& domain, unsigned depth) {
    std::vector<Item> items;
    for (const auto& mechanism : record.mechanisms) {
      Step step{depth, domain, mechanism.text, "no lookup", 0, {}};
      const bool asks = mechanism.kind != Kind::all && mechanism.kind != Kind::ip4 && mechanism.kind != Kind::ip6;
      if (asks) {
        step.lookups = 1;
        step.outcome = "1 lookup";
        ++tree_.verdict.lookups;
      }
      items.emplace_back(std::move(step));
      if (mechanism.kind == Kind::include) follow(mechanism.domain_spec, depth, items);
    }
    if (record.redirect) {
      items.emplace_back(Step{depth, domain, "redirect=" + *record.redirect, "1 lookup", 1, {}});
      ++tree_.verdict.lookups;
      follow(*record.redirect, depth, items);
    }
    for (auto& item : std::views::reverse(items)) {
      todo_.push_back(std::move(item));
    }
  }

  void follow(const std::string& spec, unsigned depth, std::vector<Item>& items) {
    if (has_macro(spec)) {
      std::get<Step>(items.back()).outcome = "depends on the sender (macro)";
      return;
    }
    const auto name = normal_name(spec);
    if (tree_.verdict.lookups > 4 * limits_.lookups) return;  // a loop, or as good as one: it is over the limit anyway
    items.emplace_back(Open{name, depth + 1, SIZE_MAX});
  }

  Answers& answers_;
  const Limits& limits_;
  Tree tree_;
  std::vector<Item> todo_;
  bool missing_ = false;
};

// rfc:7208#9.1: a value that is no dot-atom is a quoted-string; what could end the line is not shown.
std::string value(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-/=?^_`{|}~.@:").find(c) != std::string_view::npos;
  };
  if (!text.empty() && text.size() <= 320 && std::ranges::all_of(text, plain) && text.find(':') == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text.substr(0, 320)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out + "\"";
}

}  // namespace

std::optional<Tree> explain(std::string_view domain, Answers& answers, const Limits& limits) { return Explanation(domain, answers, limits).run(); }

std::string received_spf(const Verdict& verdict, const Request& request) {
  std::string comment;
  for (const char c : verdict.reason.substr(0, 300)) comment += c == '(' || c == ')' || c == '\\' ? ' ' : c >= 0x20 && c < 0x7f ? c : '?';
  std::string out = "Received-SPF: " + std::string(name_of(verdict.result)) + " (" + comment + ")\r\n\tclient-ip=" + value(request.ip) + "; envelope-from=" + value(verdict.sender) +
                    ";\r\n\thelo=" + value(request.helo) + "; receiver=" + value(request.receiver) + "; identity=" + std::string(name_of(verdict.identity));
  if (!verdict.mechanism.empty()) out += ";\r\n\tmechanism=" + value(verdict.mechanism);
  return out + "\r\n";
}

}  // namespace posthorn::trust::spf
