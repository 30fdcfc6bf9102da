// trust/dmarc/authors.cpp - whose mail this says to be (RFC 9989 5.3.1), by the parser of addresses that everybody uses.
// Also what another program could take for a From and we do not is a problem here: folded before its colon, over a limit, on a
// first line that begins with a space (attacks.md 2C a8-a13).
#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {
namespace {

// As the envelope has it (mail/envelope.cpp): what is over does not count there either.
constexpr std::size_t longest_field = 1024 * 1024, most_addresses = 10'000, most_problems = 10, shown = 80;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

void problem(Authors& authors, std::string text) {
  if (authors.problems.size() < most_problems) authors.problems.push_back(std::move(text));
}

void take_mailbox(Authors& authors, const mail::HeaderAddress& mailbox) {
  const auto address = mailbox.domain.empty() ? mailbox.local : mailbox.local + "@" + mailbox.domain;
  if (!mailbox.valid) return problem(authors, "\"" + printable(address, shown) + "\" in From is no address");
  const auto domain = mail::parse_domain(mailbox.domain);
  if (!domain) return problem(authors, "\"" + printable(mailbox.domain, shown) + "\" in From is no domain");
  if (domain->starts_with('[')) return problem(authors, "the author's domain " + *domain + " is an address, not a name");
  if (std::ranges::find(authors.domains, *domain) == authors.domains.end()) authors.domains.push_back(*domain);
}

void take_field(Authors& authors, const mail::HeaderField& field) {
  const auto text = mail::unfolded(field.value.substr(0, longest_field));
  const auto list = mail::parse_address_list(text, most_addresses);
  if (field.value.size() > longest_field || list.size() >= most_addresses) problem(authors, "From is too long to be read");
  if (field.whole.size() > field.name.size() && field.whole[field.name.size()] != ':')
    problem(authors, "white space stands between From and its colon");
  bool any = false;
  for (const auto& mailbox : list) {
    if (mailbox.kind != mail::HeaderAddress::Kind::mailbox) continue;
    any = true;
    take_mailbox(authors, mailbox);
  }
  if (!any) problem(authors, "From names no address");
}

// "from" at the begin of a line with whatever follows, perhaps behind white space.
bool looks_like_from(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  if (!equal_icase(line.substr(0, 4), "from")) return false;
  line.remove_prefix(4);
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  return line.empty() || line.front() == ':' || line.front() == '\r' || line.front() == '\n';
}

// Header lines that a generous reader could take for a From field, where the parser of messages noted something odd.
std::size_t from_like_lines(const mail::Message& message) {
  std::size_t count = 0;
  bool first = true;
  for (const auto line : split(message.header(message.root()), '\n')) {
    if ((first || line.empty() || !is_space(line.front())) && looks_like_from(line)) ++count;
    first = false;
  }
  return count;
}

bool is_odd(const mail::Message& message) {
  constexpr auto odd =
      static_cast<std::uint32_t>(mail::Ambiguity::bad_header_line) | static_cast<std::uint32_t>(mail::Ambiguity::over_limit);
  return (message.ambiguities & odd) != 0;
}

}  // namespace

Authors authors_of(const mail::Message& message) {
  Authors authors;
  std::size_t fields = 0;
  for (const auto& field : message.root().fields) {
    if (!equal_icase(field.name, "From")) continue;
    ++fields;
    take_field(authors, field);
  }
  if (fields == 0) problem(authors, "there is no From");
  if (fields > 1) problem(authors, "there are " + std::to_string(fields) + " From fields");
  if (is_odd(message) && from_like_lines(message) != fields)
    problem(authors, "a line of the header looks like a From field that cannot be read");
  return authors;
}

}  // namespace posthorn::trust::dmarc
