#include "report/destination.h"

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"
#include "mail/address.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::report {
namespace {

constexpr std::size_t longest_name = 253;

// The tags of a record that starts with v=DMARC1; nothing if it does not (rfc:9990#4).
std::optional<std::vector<std::string>> consent_in(std::string_view record, std::string_view tag) {
  const auto parts = split(record, ';');
  const auto named = [](std::string_view part, std::string_view name) -> std::optional<std::string_view> {
    const auto equals = part.find('=');
    if (equals == part.npos || !equal_icase(trim(part.substr(0, equals)), name)) return std::nullopt;
    return trim(part.substr(equals + 1));
  };
  const auto version = parts.empty() ? std::nullopt : named(parts[0], "v");
  if (!version || *version != "DMARC1") return std::nullopt;
  std::vector<std::string> out;
  for (const auto part : parts)
    if (const auto value = named(part, tag))
      for (const auto uri : split(*value, ',')) out.emplace_back(trim(uri));
  return out;
}

struct Consent {
  std::vector<std::string> addresses;
  std::string why;  // of a refusal
  bool again = false;
};

// Whether the domain of `address` takes reports about `domain`.
std::optional<Consent> ask_for_consent(std::string_view domain, const mail::Address& address, std::string_view tag, trust::Answers& answers) {
  const auto name = std::string(domain) + "._report._dmarc." + address.domain;
  if (name.size() > longest_name) return Consent{{}, "the name of its consent would be too long for the DNS", false};
  const auto* answer = answers.find(name, dns::Type::txt);
  if (answer == nullptr) return std::nullopt;
  if (answer->outcome == dns::Outcome::failed) return Consent{{}, "its consent could not be checked: " + answer->why, true};
  Consent out;
  bool consents = false;
  std::vector<std::string> instead;
  for (const auto& record : answer->records) {
    const auto* txt = std::get_if<dns::Txt>(&record);
    const auto found = txt != nullptr ? consent_in(txt->text, tag) : std::nullopt;
    if (!found) continue;
    consents = true;
    instead.insert(instead.end(), found->begin(), found->end());
  }
  if (!consents) return Consent{{}, address.domain + " does not say at " + name + " that it takes reports about " + std::string(domain), false};
  if (instead.empty()) return Consent{{address.text()}, {}, false};
  for (const auto& uri : instead) {
    const auto other = address_in(uri);
    const auto parsed = other ? mail::parse_address(*other) : Result<mail::Address>(fail(Errc::invalid, "no mailto: address"));
    // rfc:9990#4 an override may not lead to a third party; then nobody gets it.
    if (!parsed || parsed->domain != address.domain) return Consent{{}, "its consent names " + printable(uri, 200) + ", which is at another domain", false};
    out.addresses.push_back(parsed->text());
  }
  return out;
}

}  // namespace

std::optional<std::string> address_in(std::string_view uri) {
  if (uri.size() < 7 || !equal_icase(uri.substr(0, 7), "mailto:")) return std::nullopt;
  uri.remove_prefix(7);
  uri = uri.substr(0, uri.find('?'));
  // The size of RFC 7489 ("!10m") is obsolete and passed over; "!" in an address is written %21.
  return percent_decode(uri.substr(0, uri.find('!')));
}

std::optional<Destinations> destinations_of(std::string_view domain, const std::vector<std::string>& uris, std::string_view tag, trust::Answers& answers) {
  Destinations out;
  bool missing = false;
  const auto own = trust::dmarc::organizational_domain(domain, answers);
  missing |= !own;
  for (const auto& uri : uris) {
    if (out.addresses.size() >= most_destinations) {
      out.refused.push_back(printable(uri, 200) + ": over our limit of " + std::to_string(most_destinations) + " addresses");
      continue;
    }
    const auto text = address_in(uri);
    const auto address = text ? mail::parse_address(*text) : Result<mail::Address>(fail(Errc::invalid, "no mailto: address"));
    if (!address || address->domain.starts_with('[')) {
      out.refused.push_back(printable(uri, 200) + ": no mail address");
      continue;
    }
    const auto theirs = trust::dmarc::organizational_domain(address->domain, answers);
    if (!own || !theirs) {
      missing = true;
      continue;
    }
    Consent consent{{address->text()}, {}, false};
    const bool unknown = own->trouble == trust::dmarc::Result::temperror || theirs->trouble == trust::dmarc::Result::temperror;
    if (address->domain == domain) {
      // The domain's own address needs nobody's consent.
    } else if (unknown) {
      consent = Consent{{}, "the DNS failed when asked whose domain " + address->domain + " is", true};
    } else if (own->organizational_domain != theirs->organizational_domain) {
      auto asked = ask_for_consent(domain, *address, tag, answers);
      if (!asked) {
        missing = true;
        continue;
      }
      consent = std::move(*asked);
    }
    out.again |= consent.again;
    if (consent.addresses.empty()) out.refused.push_back(address->text() + ": " + consent.why);
    for (auto& one : consent.addresses)
      if (std::ranges::find(out.addresses, one) == out.addresses.end()) out.addresses.push_back(std::move(one));
  }
  if (missing) return std::nullopt;
  return out;
}

}  // namespace posthorn::report
