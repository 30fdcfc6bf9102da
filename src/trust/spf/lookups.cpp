#include "trust/spf/lookups.h"

#include <algorithm>
#include <variant>

#include "base/text.h"

namespace posthorn::trust::spf {
namespace {

// Octets of an A or AAAA record; empty: it is another.
std::string octets_of(const dns::Record& record) {
  const auto* a = std::get_if<dns::A>(&record);
  const auto* aaaa = std::get_if<dns::Aaaa>(&record);
  return a != nullptr ? address_octets(a->address) : aaaa != nullptr ? address_octets(aaaa->address) : std::string();
}

}  // namespace

std::string normal_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
}

const dns::Answer* Lookups::ask(std::string_view name, dns::Type type) {
  const auto* answer = answers_.find(normal_name(name), type);
  if (answer == nullptr) missing_ = true;
  if (answer != nullptr && answer->outcome == dns::Outcome::failed)
    trouble_ = "the DNS gave no answer for " + printable(name, 255) + (answer->why.empty() ? "" : " (" + answer->why + ")");
  return answer;
}

// rfc:7208#4.6.4: at most ten terms that ask the DNS.
bool Lookups::spend() {
  if (++verdict_.lookups <= limits_.lookups) return true;
  limit_trouble_ = "the record needs more than " + std::to_string(limits_.lookups) + " DNS lookups";
  return false;
}

// rfc:7208#4.6.4: at most two lookups that find nothing. True: that was one too many.
bool Lookups::is_void(const dns::Answer& answer) {
  if (answer.outcome != dns::Outcome::no_data && answer.outcome != dns::Outcome::no_such_name) return false;
  if (++verdict_.void_lookups <= limits_.void_lookups) return false;
  limit_trouble_ = "more than " + std::to_string(limits_.void_lookups) + " of the record's DNS lookups found nothing";
  return true;
}

Lookups::Found Lookups::in_addresses(const dns::Answer* answer, const Mechanism& mechanism) const {
  if (answer == nullptr) return Found::missing;
  if (answer->outcome == dns::Outcome::failed) return Found::error;
  const auto bits = ip_.size() == 16 ? mechanism.bits6 : mechanism.bits4;
  const bool there = std::ranges::any_of(answer->records, [this, bits](const dns::Record& record) { return in_network(ip_, octets_of(record), bits); });
  return there ? Found::yes : Found::no;
}

Lookups::Found Lookups::address(std::string_view name, const Mechanism& mechanism) {
  const auto* answer = ask(name, address_type());
  if (answer != nullptr && is_void(*answer)) return Found::limit;
  return in_addresses(answer, mechanism);
}

Lookups::Found Lookups::mx(std::string_view name, const Mechanism& mechanism) {
  const auto* answer = ask(name, dns::Type::mx);
  if (answer == nullptr) return Found::missing;
  if (answer->outcome == dns::Outcome::failed) return Found::error;
  if (is_void(*answer)) return Found::limit;
  if (answer->records.size() > limits_.names) {
    limit_trouble_ = printable(name, 255) + " has more than " + std::to_string(limits_.names) + " MX hosts";
    return Found::limit;
  }
  // All hosts are asked for before the first is looked at, so that one round of questions is enough.
  std::vector<std::string_view> hosts;
  for (const auto& record : answer->records)
    if (const auto* mx = std::get_if<dns::Mx>(&record); mx != nullptr && !mx->exchange.empty()) hosts.push_back(mx->exchange);
  bool waiting = false;
  for (const auto host : hosts) waiting |= ask(host, address_type()) == nullptr;
  if (waiting) return Found::missing;
  for (const auto host : hosts)
    if (const auto found = in_addresses(ask(host, address_type()), mechanism); found != Found::no) return found;
  return Found::no;
}

std::vector<std::string> Lookups::validated_names() {
  std::vector<std::string> out;
  const auto* pointers = ask(dns::reverse_name(client_), dns::Type::ptr);
  if (pointers == nullptr) return out;
  verdict_.names_unknown |= pointers->outcome == dns::Outcome::failed;
  unsigned count = 0;
  for (const auto& record : pointers->records) {
    const auto* name = std::get_if<dns::Name>(&record);
    if (name == nullptr || ++count > limits_.names) continue;
    const auto* addresses = ask(name->name, address_type());
    if (addresses == nullptr) continue;
    verdict_.names_unknown |= addresses->outcome == dns::Outcome::failed;
    if (std::ranges::any_of(addresses->records, [this](const dns::Record& one) { return octets_of(one) == ip_; })) out.push_back(normal_name(name->name));
  }
  return out;
}

Lookups::Found Lookups::ptr(std::string_view name) {
  const auto* pointers = ask(dns::reverse_name(client_), dns::Type::ptr);
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

Lookups::Found Lookups::exists(std::string_view name) {
  const auto* answer = ask(name, dns::Type::a);  // rfc:7208#5.7: A, also for IPv6
  if (answer == nullptr) return Found::missing;
  if (answer->outcome == dns::Outcome::failed) return Found::error;
  if (is_void(*answer)) return Found::limit;
  return answer->records.empty() ? Found::no : Found::yes;
}

}  // namespace posthorn::trust::spf
