// After the manner of RFC 6858: readable text becomes encoded words, addresses that have no ASCII form become an empty group which names
// them, and of all other fields what is not ASCII becomes '?'. Fields in ASCII stay byte for byte.
#include "pop3/surrogate.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "mail/address.h"
#include "mail/build.h"
#include "mail/text.h"

namespace posthorn::pop3 {
namespace {

constexpr std::string_view address_fields[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender", "Resent-Reply-To",
                                               "Resent-To", "Resent-Cc", "Resent-Bcc"};
constexpr std::string_view text_fields[] = {"Subject", "Comments", "Content-Description", "Organization", "Thread-Topic"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [name](std::string_view one) { return equal_icase(one, name); });
}

// Where the header ends: behind the line end of its last field.
std::size_t header_size(std::string_view message) {
  for (std::size_t at = 0; at < message.size();) {
    if (message[at] == '\n' || message.substr(at, 2) == "\r\n") return at;
    const auto end = message.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return message.size();
}

// A field with its continuation lines, from the front of `header`.
std::string_view take_field(std::string_view& header) {
  std::size_t end = 0;
  do {
    const auto feed = header.find('\n', end);
    end = feed == std::string_view::npos ? header.size() : feed + 1;
  } while (end < header.size() && (header[end] == ' ' || header[end] == '\t'));
  const auto field = header.substr(0, end);
  header.remove_prefix(end);
  return field;
}

// One '?' for each character, or for each byte that is part of none.
std::string question_marks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) out += c;
    else if (byte >= 0xc0 || !out.ends_with('?')) out += '?';
  }
  return out;
}

// One line, and nothing in it that header_field() refuses.
std::string one_line(std::string_view value) {
  std::string out = mail::to_utf8_or_guess(value, {});
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n'; });
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return std::string(trim(out));
}

std::string phrase(const std::string& raw) {
  const auto name = mail::decode_words(raw);
  if (!is_ascii(name) || name.contains("=?")) return mail::encode_words(name);
  const auto plain = [](char c) { return !std::string_view("()<>[]:;@\\,.\"").contains(c); };
  if (std::ranges::all_of(name, plain)) return name;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string mailbox(const mail::HeaderAddress& address) {
  const auto domain = is_ascii(address.domain) ? Result<std::string>(address.domain) : mail::parse_domain(address.domain);
  if (address.valid && is_ascii(address.local) && domain) {
    const auto spec = mail::Address{address.local, *domain}.text();
    return address.name.empty() ? spec : phrase(address.name) + " <" + spec + ">";
  }
  const auto written = address.domain.empty() ? address.local : address.local + "@" + address.domain;
  const auto name = address.name.empty() ? std::string() : phrase(address.name) + " ";
  return name + "Internationalized Address " + mail::encode_words(written) + " Removed:;";
}

std::string address_list(std::string_view value) {
  using Kind = mail::HeaderAddress::Kind;
  std::string out;
  for (const auto& one : mail::parse_address_list(value)) {
    const bool first = out.empty() || out.ends_with(": ");
    if (one.kind == Kind::group_end) {
      while (out.ends_with(' ')) out.pop_back();
      out += ';';
      continue;
    }
    if (!first) out += ", ";
    out += one.kind == Kind::group_start ? phrase(one.name) + ": " : mailbox(one);
  }
  return out;
}

std::string in_ascii(std::string_view field) {
  const auto colon = field.find(':');
  const auto name = trim(field.substr(0, colon));
  if (colon != std::string_view::npos && is_ascii(name)) {
    const auto value = one_line(field.substr(colon + 1));
    std::string safe;
    if (is_one_of(address_fields, name)) safe = address_list(value);
    else if (is_one_of(text_fields, name) || to_lower(name).starts_with("x-")) safe = mail::encode_words(value);
    if (!safe.empty() && is_ascii(safe))
      if (auto made = mail::header_field(name, safe)) return std::move(*made);
  }
  return question_marks(field);
}

}  // namespace

std::string surrogate(std::string message) {
  const std::string_view all = message;
  const auto size = header_size(all);
  if (is_ascii(all.substr(0, size))) return message;
  std::string out;
  out.reserve(message.size() + 256);
  for (auto header = all.substr(0, size); !header.empty();) {
    const auto field = take_field(header);
    if (is_ascii(field)) out += field;
    else out += in_ascii(field);
  }
  out += all.substr(size);
  return out;
}

}  // namespace posthorn::pop3
