#include "trust/altered/author_guesses.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/address.h"
#include "mail/text.h"
#include "trust/altered/field_guesses.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t most_addresses = 6;
// Where list programs keep the author, the surest first.
constexpr std::array<std::string_view, 9> keepers = {
    "x-original-from", "original-from", "x-google-original-from", "x-original-sender", "x-from", "reply-to", "x-mailfrom", "cc",
    "sender"};

bool is_of(std::string_view address_domain, std::string_view domain) {
  const auto name = to_lower(address_domain);
  const std::string signer(domain);
  return name == signer || name.ends_with("." + signer) || signer.ends_with("." + name);
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// "Alice via List", "Alice (via List)", "'Alice' via List" without their ends.
std::vector<std::string> names_of(std::string_view name) {
  std::vector<std::string> out;
  auto shown = std::string(trim(name));
  for (const std::string_view mark : {" via ", " (via ", " on behalf of ", " (by way of "}) {
    const auto at = to_lower(shown).rfind(mark);
    if (at != std::string::npos && at > 0) out.emplace_back(trim(std::string_view(shown).substr(0, at)));
  }
  if (!out.empty() && out[0].size() > 2 && out[0].front() == '\'' && out[0].back() == '\'')
    out.push_back(out[0].substr(1, out[0].size() - 2));
  if (out.empty() && !shown.empty()) out.push_back(shown);
  return out;
}

void add(std::vector<std::string>& out, std::string value) {
  if (out.size() < most_guesses && std::ranges::find(out, value) == out.end()) out.push_back(std::move(value));
}

void add_forms(std::vector<std::string>& out, const std::string& name, const std::string& address) {
  if (name.empty()) return add(out, address);
  if (!is_ascii(name)) {
    add(out, mail::encode_words(name) + " <" + address + ">");
    add(out, "=?utf-8?b?" + base64_encode(name) + "?= <" + address + ">");
    add(out, "=?UTF-8?B?" + base64_encode(name) + "?= <" + address + ">");
  }
  add(out, name + " <" + address + ">");
  add(out, quoted(name) + " <" + address + ">");
  add(out, address + " (" + name + ")");
}

}  // namespace

std::vector<std::string> author_guesses(const dkim::SignedMessage& message, std::string_view domain) {
  std::vector<std::string> out;
  const auto& from_fields = message.fields_of("from");
  if (from_fields.empty()) return out;
  const auto from = mail::parse_address_list(message.field(from_fields.back()).value, most_addresses);
  if (from.empty()) return out;
  const bool via = to_lower(from[0].name).find("via ") != std::string::npos;
  if (is_of(from[0].domain, domain) && !via) return out;

  std::vector<mail::HeaderAddress> authors;
  for (const auto keeper : keepers)
    for (const auto field : message.fields_of(keeper)) {
      const auto value = message.field(field).value;
      for (auto& one : mail::parse_address_list(value, most_addresses)) {
        if (!one.valid || !is_of(one.domain, domain) || authors.size() == most_addresses) continue;
        if (authors.empty()) {
          for (const auto& whole : split_addresses(value))
            if (contains_icase(whole, one.local + "@" + one.domain)) add(out, whole);
        }
        authors.push_back(std::move(one));
      }
    }
  for (const auto& author : authors) {
    const auto address = author.local + "@" + author.domain;
    for (const auto& name : names_of(mail::decode_words(from[0].name))) add_forms(out, name, address);
    if (!author.name.empty()) add_forms(out, author.name, address);
    add(out, address);
    add(out, "<" + address + ">");
  }
  return out;
}

}  // namespace posthorn::trust::altered
