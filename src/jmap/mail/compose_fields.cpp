// Header values of a creation to header lines; see compose.h.
#include <algorithm>
#include <boost/json/array.hpp>

#include "base/text.h"
#include "jmap/mail/compose.h"
#include "jmap/mail/email_json.h"
#include "mail/build.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t longest_line = 998, most_items = 2'000;

std::unexpected<Error> wrong(const char* what) { return fail(Errc::invalid, what); }

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// rfc:5322#3.2.3 atoms and white space need no quotes.
bool is_phrase(std::string_view text) {
  constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~ ";
  return std::ranges::all_of(text, [&](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || special.contains(c); });
}

std::string phrase(std::string_view name) {
  if (!is_ascii(name) || name.contains("=?")) return mail::encode_words(name);
  if (is_phrase(name)) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<std::string> address_text(const json::value& value) {
  const auto* object = value.if_object();
  const auto* email = object == nullptr ? nullptr : object->if_contains("email");
  if (email == nullptr || !email->is_string()) return wrong("an EmailAddress has an email");
  std::string address(email->get_string());
  // A draft's address may be half written; what it may not be is more than one, or a line of its own.
  if (has_control(address) || address.find_first_of("<>") != address.npos) return wrong("an email has characters that no address has");
  if (const auto at = address.rfind('@'); at != address.npos && !is_ascii(address.substr(at)))
    if (const auto domain = mail::parse_domain(address.substr(at + 1))) address = address.substr(0, at + 1) + *domain;
  const auto* name = object->if_contains("name");
  if (name == nullptr || name->is_null()) return address.find_first_of(" ,;:") == address.npos ? address : "<" + address + ">";
  if (!name->is_string()) return wrong("the name of an EmailAddress is a string or null");
  if (has_control(name->get_string())) return wrong("a name has control characters");
  const auto shown = phrase(name->get_string());
  return shown.empty() ? address : shown + " <" + address + ">";
}

Result<std::string> addresses_text(const json::value& value) {
  if (!value.is_array()) return wrong("it is not a list of EmailAddress");
  if (value.get_array().size() > most_items) return wrong("it has too many addresses");
  std::string out;
  for (const auto& one : value.get_array()) {
    TRY_ASSIGN(const auto text, address_text(one));
    out += (out.empty() ? "" : ", ") + text;
  }
  return out;
}

Result<std::string> groups_text(const json::value& value) {
  if (!value.is_array()) return wrong("it is not a list of EmailAddressGroup");
  std::string out;
  for (const auto& one : value.get_array()) {
    const auto* group = one.if_object();
    const auto* addresses = group == nullptr ? nullptr : group->if_contains("addresses");
    if (addresses == nullptr) return wrong("an EmailAddressGroup has addresses");
    TRY_ASSIGN(const auto inner, addresses_text(*addresses));
    const auto* name = group->if_contains("name");
    const bool named = name != nullptr && name->is_string();
    if (named && has_control(name->get_string())) return wrong("a name has control characters");
    if (!out.empty()) out += ", ";
    out += named ? phrase(name->get_string()) + ": " + inner + ";" : inner;
  }
  return out;
}

// Ids or URLs in angle brackets.
Result<std::string> bracketed(const json::value& value, const char* between) {
  if (!value.is_array()) return wrong("it is not a list of strings");
  if (value.get_array().size() > most_items) return wrong("it has too many items");
  std::string out;
  for (const auto& one : value.get_array()) {
    if (!one.is_string()) return wrong("it is not a list of strings");
    const std::string_view text = one.get_string();
    if (text.empty() || has_control(text) || text.find_first_of("<> ") != text.npos) return wrong("an item has characters that cannot stand in it");
    out += (out.empty() ? "<" : std::string(between) + "<") + std::string(text) + ">";
  }
  return out;
}

// A raw value stands as it is, if it is one field: each line end is CRLF and followed by white space.
Result<std::string> raw_line(std::string_view name, std::string_view value) {
  std::size_t line = name.size() + 1;
  for (std::size_t i = 0; i < value.size(); ++i, ++line) {
    if (value[i] == '\0') return wrong("it has a NUL");
    if (value[i] == '\r' || value[i] == '\n') {
      const bool fold = value.substr(i).starts_with("\r\n") && i + 2 < value.size() && (value[i + 2] == ' ' || value[i + 2] == '\t');
      if (!fold) return wrong("a line end in it is no fold");
      ++i;
      line = 0;
    }
    if (line > longest_line) return wrong("a line of it is longer than 998 octets");
  }
  return std::string(name) + ":" + std::string(value) + "\r\n";
}

}  // namespace

Result<std::string> field_line(std::string_view name, HeaderForm form, const json::value& value) {
  std::string text;
  switch (form) {
    case HeaderForm::raw:
      if (!value.is_string()) return wrong("it is not a string");
      return raw_line(name, value.get_string());
    case HeaderForm::text:
      if (!value.is_string()) return wrong("it is not a string");
      if (has_control(value.get_string())) return wrong("it has control characters");
      text = mail::encode_words(value.get_string());
      break;
    case HeaderForm::addresses: {
      TRY_ASSIGN(text, addresses_text(value));
      break;
    }
    case HeaderForm::grouped_addresses: {
      TRY_ASSIGN(text, groups_text(value));
      break;
    }
    case HeaderForm::message_ids: {
      TRY_ASSIGN(text, bracketed(value, " "));
      break;
    }
    case HeaderForm::urls: {
      TRY_ASSIGN(text, bracketed(value, ", "));
      break;
    }
    case HeaderForm::date: {
      const auto moment = value.is_string() ? parse_moment(value.get_string()) : std::nullopt;
      if (!moment) return wrong("it is not a Date");
      text = mail::format_date({moment->seconds, moment->zone_minutes});
      break;
    }
  }
  return mail::header_field(name, text);
}

}  // namespace posthorn::jmap
