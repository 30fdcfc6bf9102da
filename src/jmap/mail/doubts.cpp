#include "jmap/mail/doubts.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "jmap/mail/evidence.h"
#include "jmap/mail/header_property.h"
#include "mail/address.h"
#include "mail/likeness.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_addresses = 20;

struct Author {
  std::string name, address, domain;  // address in lower case
};

std::vector<Author> addresses_of(const mail::Message& message, std::string_view field_name) {
  std::vector<Author> out;
  for (const auto& field : message.root().fields) {
    if (!equal_icase(trim(field.name), field_name)) continue;
    for (const auto& one : mail::parse_address_list(mail::unfolded(field.value), most_addresses))
      if (one.kind == mail::HeaderAddress::Kind::mailbox && one.valid && !one.domain.empty())
        out.push_back({mail::decode_words(one.name), to_lower(one.local + "@" + one.domain), to_lower(one.domain)});
  }
  return out;
}

bool is_in_address(char c) { return c > ' ' && !std::string_view("<>()[],;:\"\\").contains(c); }

// An address that a display name shows.
std::optional<std::string> address_in(std::string_view name) {
  const auto at = name.find('@');
  if (at == name.npos || at == 0) return std::nullopt;
  auto begin = at, end = at + 1;
  while (begin > 0 && is_in_address(name[begin - 1])) --begin;
  while (end < name.size() && is_in_address(name[end]) && name[end] != '@') ++end;
  auto found = to_lower(name.substr(begin, end - begin));
  while (found.ends_with('.') || found.ends_with('\'')) found.pop_back();
  if (found.starts_with('\'')) found.erase(0, 1);
  const auto domain = std::string_view(found).substr(found.find('@') + 1);
  if (begin == at || !domain.contains('.')) return std::nullopt;
  return found;
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

// The domain or the address that the reader knows and may take this for.
std::optional<std::string> taken_for(const Author& author, const Acquaintance& known) {
  const auto is_known = [&author](std::string_view domain) { return mail::same_organization(author.domain, domain); };
  if (std::ranges::any_of(known.domains, is_known) || std::ranges::any_of(known.addresses, [&](const auto& one) { return is_known(domain_of(one)); })) return std::nullopt;
  for (const auto& domain : known.domains)
    if (mail::looks_like(author.domain, domain)) return domain;
  for (const auto& address : known.addresses)
    if (mail::looks_like(author.domain, domain_of(address))) return std::string(domain_of(address));
  return std::nullopt;
}

}  // namespace

std::vector<Doubt> doubts_of(const mail::Message& message, const json::object& judgement, const Acquaintance& known) {
  std::vector<Doubt> out;
  const auto authors = addresses_of(message, "from");
  if (authors.empty()) return out;
  const auto& author = authors.front();
  if (fails_its_policy(judgement)) out.push_back({"unproven", author.address, author.domain});
  const auto named = address_in(author.name);
  if (named && !flag_at(judgement, "mailing_list") && !mail::same_organization(domain_of(*named), author.domain)) out.push_back({"name", *named, author.address});
  if (const auto other = taken_for(author, known)) out.push_back({"lookAlike", *other, mail::domain_for_display(author.domain)});
  if (mail::mixes_scripts(author.domain)) out.push_back({"scripts", mail::domain_for_display(author.domain), author.domain});
  // Answers that go elsewhere are usual (newsletters, ticket systems, shared desks): said only beside another doubt.
  const auto answers = addresses_of(message, "reply-to");
  if (!out.empty() && !answers.empty() && std::ranges::none_of(answers, [&](const Author& one) { return mail::same_organization(one.domain, author.domain); }))
    out.push_back({"replyTo", author.address, answers.front().address});
  return out;
}

json::array doubts_json(const std::vector<Doubt>& doubts) {
  json::array out;
  for (const auto& one : doubts) out.push_back(json::object{{"kind", json::string(one.kind)}, {"shown", clean_utf8(one.shown)}, {"real", clean_utf8(one.real)}});
  return out;
}

}  // namespace posthorn::jmap
