#include "trust/dmarc/walk.h"

#include <algorithm>
#include <variant>

#include "base/text.h"

namespace posthorn::trust::dmarc {
namespace {

constexpr std::size_t walk_labels = 8;  // rfc:9989#4.10: a longer name continues with its last 7 labels

std::size_t labels_of(std::string_view name) {
  return 1 + static_cast<std::size_t>(std::ranges::count(name, '.'));
}

std::string_view last_labels(std::string_view name, std::size_t count) {
  for (std::size_t left = labels_of(name); left > count; --left) name = name.substr(name.find('.') + 1);
  return name;
}

std::string record_name(std::string_view domain) {
  return "_dmarc." + std::string(domain);
}

// What stands at one name.
struct Look {
  std::optional<Record> record;
  bool failed = false;
  std::string why;
};

std::optional<Look> look_at(std::string_view domain, Answers& answers) {
  const auto* answer = answers.find(record_name(domain), dns::Type::txt);
  if (answer == nullptr) return std::nullopt;
  Look look;
  if (answer->outcome == dns::Outcome::failed) {
    look.failed = true;
    look.why = record_name(domain) + " could not be looked up" + (answer->why.empty() ? "" : ": " + answer->why);
    return look;
  }
  std::size_t records = 0;
  for (const auto& entry : answer->records) {
    const auto* txt = std::get_if<dns::Txt>(&entry);
    auto record = txt == nullptr ? std::nullopt : parse_record(txt->text);
    if (!record) continue;
    ++records;
    look.record = std::move(record);
  }
  // rfc:9989#4.10: several records at one name count as none.
  if (records > 1) look.record.reset();
  return look;
}

std::string why_of(const Discovery& discovery, std::string_view author) {
  const std::string name(author);
  if (!discovery.found) return "neither " + name + " nor a domain above it has a DMARC record";
  const auto& domain = discovery.found->domain;
  if (domain == author) return name + " has a record of its own";
  if (discovery.from_psd) return "the public suffix " + domain + " has a record, the organization of " + name + " has none";
  return "the record of the organization " + domain + " applies to " + name;
}

}  // namespace

bool is_at_or_below(std::string_view name, std::string_view top) {
  return name == top || (name.size() > top.size() && name.ends_with(top) && name[name.size() - top.size() - 1] == '.');
}

// rfc:9989#4.10
std::optional<Walk> walk(std::string_view start, Answers& answers) {
  Walk walk;
  std::string_view at = start;
  for (;;) {
    walk.queried.push_back(record_name(at));
    auto look = look_at(at, answers);
    if (!look) return std::nullopt;
    if (look->failed) {
      walk.failed = true;
      walk.why = std::move(look->why);
      return walk;
    }
    if (look->record) {
      const auto psd = look->record->psd;
      walk.found.push_back({std::string(at), std::move(*look->record)});
      if (psd != Psd::unknown) return walk;
    }
    const auto labels = labels_of(at);
    if (labels == 1) return walk;
    at = last_labels(at, labels > walk_labels ? walk_labels - 1 : labels - 1);
  }
}

// rfc:9989#4.10.2
std::string organizational_domain_of(const Walk& walk, std::string_view start) {
  for (const auto& [domain, record] : walk.found) {
    if (record.psd == Psd::no) return domain;
    if (record.psd == Psd::yes && domain != start) return std::string(last_labels(start, labels_of(domain) + 1));
  }
  return walk.found.empty() ? std::string(start) : walk.found.back().domain;
}

// rfc:9989#4.10.1: the author's domain, else its organizational domain, else the public suffix above that.
std::optional<Discovery> find_policy(std::string_view author, Answers& answers) {
  Discovery out;
  auto own = look_at(author, answers);
  if (!own) return std::nullopt;
  if (own->record) {
    out.found = Walked{std::string(author), std::move(*own->record)};
    out.queried.push_back(record_name(author));
    out.why = why_of(out, author);
    return out;
  }
  auto walked = walk(author, answers);
  if (!walked) return std::nullopt;
  out.queried = std::move(walked->queried);
  if (walked->failed) {
    out.trouble = Result::temperror;
    out.why = std::move(walked->why);
    return out;
  }
  out.organizational_domain = organizational_domain_of(*walked, author);
  for (auto& found : walked->found)
    if (found.domain == out.organizational_domain) out.found = std::move(found);
  if (!out.found && !walked->found.empty() && walked->found.back().record.psd == Psd::yes) {
    out.found = std::move(walked->found.back());
    out.from_psd = true;
  }
  out.why = why_of(out, author);
  return out;
}

std::optional<Discovery> organizational_domain(std::string_view domain, Answers& answers) {
  auto walked = walk(domain, answers);
  if (!walked) return std::nullopt;
  Discovery out;
  out.queried = std::move(walked->queried);
  out.why = std::move(walked->why);
  if (walked->failed)
    out.trouble = Result::temperror;
  else
    out.organizational_domain = organizational_domain_of(*walked, domain);
  return out;
}

std::optional<Discovery> discover(std::string_view author_domain, Answers& answers) {
  auto policy = find_policy(author_domain, answers);
  if (!policy || policy->trouble != Result::none || !policy->organizational_domain.empty()) return policy;
  auto organization = organizational_domain(author_domain, answers);
  if (!organization) return std::nullopt;
  policy->queried = std::move(organization->queried);
  policy->trouble = organization->trouble;
  policy->organizational_domain = std::move(organization->organizational_domain);
  if (policy->trouble != Result::none) policy->why = std::move(organization->why);
  return policy;
}

}  // namespace posthorn::trust::dmarc
