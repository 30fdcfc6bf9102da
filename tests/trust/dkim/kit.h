// What the DKIM and ARC tests share: the public suites, a DNS of a few texts, verdicts with all questions answered.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/build.h"
#include "mail/message.h"
#include "suites.h"
#include "crypto/bytes.h"
#include "trust/arc/arc.h"
#include "trust/dkim/check.h"
#include "trust/dkim/dkim.h"

namespace posthorn::trust {

inline std::filesystem::path suites() { return suites_folder(); }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Names with their TXT records; a name that is not there does not exist.
struct Dns {
  std::map<std::string, std::vector<std::string>> texts;
  std::vector<std::string> broken;  // these fail

  dns::Answer answer(const Question& question) const {
    dns::Answer answer;
    for (const auto& name : broken)
      if (name == question.name) {
        answer.why = "SERVFAIL";
        return answer;
      }
    const auto at = texts.find(question.name);
    answer.outcome = at == texts.end() ? dns::Outcome::no_such_name : dns::Outcome::found;
    if (at != texts.end()) {
      for (const auto& text : at->second) answer.records.push_back(dns::Txt{text});
    }
    return answer;
  }
  void fill(Answers& answers) const {
    for (auto& question : answers.take_missing()) {
      auto found = answer(question);
      answers.put(std::move(question), std::move(found));
    }
  }
};

inline WallTime at_second(std::uint64_t second) { return WallTime(std::chrono::seconds(second)); }

inline std::vector<dkim::Signature> verify_all(std::string_view bytes, const Dns& dns, WallTime now, const dkim::Limits& limits = {}) {
  const auto message = mail::parse(bytes);
  Answers answers;
  auto signatures = dkim::verify(message, answers, now, limits);
  if (!signatures) {
    dns.fill(answers);
    signatures = dkim::verify(message, answers, now, limits);
  }
  return signatures.value_or(std::vector<dkim::Signature>());  // a second round of questions shows as no signature
}

// A key that takes time to make is made once.
inline const crypto::SigningKey& test_key(crypto::KeyKind kind, unsigned bits = 2048) {
  static std::map<std::pair<crypto::KeyKind, unsigned>, crypto::SigningKey> keys;
  auto at = keys.find({kind, bits});
  if (at == keys.end()) at = keys.emplace(std::pair(kind, bits), *crypto::SigningKey::generate(kind, bits)).first;
  return at->second;
}

// The field with these tags ("v=1; a=rsa-sha256; ... h=from; bh=@;"), "@" standing for the right body hash, signed with `key`:
// what sign() would never write.
inline std::string crafted(std::string_view bytes, std::string tags, const crypto::SigningKey& key,
                           dkim::Canonical header = dkim::Canonical::simple, dkim::Canonical body = dkim::Canonical::simple) {
  const auto message = mail::parse(bytes);
  dkim::SignedMessage signed_message(message);
  if (const auto at = tags.find('@'); at != tags.npos)
    tags.replace(at, 1, base64_encode(signed_message.body(body, crypto::Digest::sha256).hash));
  const auto list = dkim::parse_tag_list(tags);
  std::vector<std::string> names;
  if (const auto* h = list ? list->find("h") : nullptr) {
    for (const auto name : dkim::colon_list(h->value)) names.push_back(to_lower(name));
  }
  std::string field = "DKIM-Signature: " + tags + " b=";
  std::string hashed = signed_message.hashed_fields(header, names, std::nullopt);
  const std::string_view whole = field;
  dkim::append_field(header, {whole.substr(0, 14), whole.substr(15), whole}, hashed);
  hashed.resize(hashed.size() - 2);
  return field + base64_encode(key.sign(crypto::sha256(hashed)).value()) + "\r\n";
}

}  // namespace posthorn::trust
