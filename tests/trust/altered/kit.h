// What the tests of the mutation solver share: signed letters, editors as they are met in the world, and the search.
#pragma once

#include <set>

#include "mail/text.h"
#include "trust/altered/altered.h"
#include "trust/dkim/kit.h"

namespace posthorn::trust::altered {

constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

struct Way {
  std::string name;
  crypto::KeyKind key;
  dkim::Canonical header, body;
};
inline const std::vector<Way> ways = {
    {"rsa relaxed/relaxed", crypto::KeyKind::rsa, dkim::Canonical::relaxed, dkim::Canonical::relaxed},
    {"ed25519 simple/simple", crypto::KeyKind::ed25519, dkim::Canonical::simple, dkim::Canonical::simple},
    {"ed25519 relaxed/simple", crypto::KeyKind::ed25519, dkim::Canonical::relaxed, dkim::Canonical::simple},
};

inline std::string signed_letter(const std::string& letter, const Way& way) {
  dkim::SignOptions options{"example.org", "s1", now};
  options.header = way.header;
  options.body = way.body;
  const auto message = mail::parse(letter);
  const auto field = dkim::sign(message, test_key(way.key), options);
  return field ? *field + letter : std::string();
}

inline Dns dns_of(crypto::KeyKind kind) {
  return {{{"s1._domainkey.example.org", {dkim::key_record(test_key(kind))}}}, {}};
}

inline Search search_in(const std::string& bytes, const Dns& dns, const Limits& limits = {}) {
  const auto message = mail::parse(bytes);
  Answers answers;
  auto signatures = dkim::verify(message, answers, now);
  if (!signatures) {
    dns.fill(answers);
    signatures = dkim::verify(message, answers, now);
  }
  return signatures ? search(message, *signatures, answers, limits) : Search{};
}

inline std::set<std::string> kinds_of(const Alteration& found) {
  std::set<std::string> out;
  for (const auto& edit : found.edits) out.emplace(name_of(edit.kind));
  return out;
}

// A letter in two halves; the header without the empty line.
struct Halves {
  std::string header, body;
  std::string whole() const { return header + "\r\n" + body; }
};
inline Halves halves(const std::string& letter) {
  const auto at = letter.find("\r\n\r\n");
  return {letter.substr(0, at + 2), letter.substr(at + 4)};
}

inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
  return text;
}

// The lines of one field with its continuations, taken out of the header; empty if there is none.
inline std::string take_field(std::string& header, const std::string& name) {
  std::size_t at = 0;
  while (at < header.size()) {
    auto end = header.find("\r\n", at) + 2;
    while (end < header.size() && (header[end] == ' ' || header[end] == '\t')) end = header.find("\r\n", end) + 2;
    if (equal_icase(std::string_view(header).substr(at, name.size() + 1), name + ":")) {
      const auto field = header.substr(at, end - at);
      header.erase(at, end - at);
      return field;
    }
    at = end;
  }
  return {};
}
inline std::string value_of(const std::string& field) {
  return field.empty() ? field : mail::unfolded(std::string_view(field).substr(field.find(':') + 1));
}

inline std::string base64_body(const std::string& bytes) {
  const auto all = base64_encode(bytes);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

}  // namespace posthorn::trust::altered
