#include "trust/dkim/field_writer.h"

#include "base/text.h"
#include "trust/dkim/canonical.h"
#include "trust/dkim/signature_field.h"

namespace posthorn::trust::dkim {
namespace {

constexpr std::size_t widest = 76;

}  // namespace

void FieldWriter::fold() {
  text_ += "\r\n ";
  column_ = 1;
}

void FieldWriter::put(std::string_view word) {
  if (tags_++ > 0) text_ += ';';
  if (column_ + 2 + word.size() > widest) {
    fold();
  } else {
    text_ += ' ';
    column_ += 2;
  }
  text_ += word;
  column_ += word.size();
}

void FieldWriter::tag(std::string_view name, std::string_view value) { put(std::string(name) + "=" + std::string(value)); }

void FieldWriter::names(std::string_view name, const std::vector<std::string>& values) {
  std::string word = std::string(name) + "=";
  for (std::size_t i = 0; i < values.size(); ++i) {
    word += values[i];
    if (i + 1 < values.size()) word += ':';
    if (i == 0) {
      put(word);
    } else {
      if (column_ + word.size() > widest) fold();
      text_ += word;
      column_ += word.size();
    }
    word.clear();
  }
}

void FieldWriter::signature_place() {
  if (tags_++ > 0) text_ += ';';
  fold();
  text_ += "b=";
  place_ = text_.size();
  column_ = widest;  // a tag behind it goes on a new line
}

std::string FieldWriter::with_signature(std::string_view signature) const {
  std::string out = text_.substr(0, place_);
  const std::string value = base64_encode(signature);
  if (folding_ == Folding::between_tags) return out + value + text_.substr(place_) + "\r\n";
  constexpr std::size_t first = 72, others = 74;
  out += std::string_view(value).substr(0, first);
  for (std::size_t at = first; at < value.size(); at += others) out.append("\r\n ").append(value, at, others);
  return out + text_.substr(place_) + "\r\n";
}

std::string_view algorithm_of(const crypto::SigningKey& key) {
  return key.kind() == crypto::KeyKind::rsa ? "rsa-sha256" : "ed25519-sha256";
}

std::string seconds_of(WallTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::string_view name_of(Canonical form) { return form == Canonical::relaxed ? "relaxed" : "simple"; }

::posthorn::Result<std::string> finish_signature(const FieldWriter& writer, Canonical form, crypto::Hasher hasher, const crypto::SigningKey& key) {
  const std::string_view whole = writer.text();
  const auto colon = whole.find(':');
  std::string own;
  append_field(form, {whole.substr(0, colon), whole.substr(colon + 1), whole}, own);
  own.resize(own.size() - 2);
  hasher.write(own);
  TRY_ASSIGN(const auto signature, key.sign(hasher.finish()));
  return writer.with_signature(signature);
}

Status check_signer(std::string_view domain, std::string_view selector, const crypto::SigningKey& key) {
  if (host_name(domain) != domain || host_name(selector) != selector || !dns::is_valid_name(key_name(selector, domain)))
    return fail(Errc::invalid, "no key can be published at " + printable(key_name(selector, domain)),
                "Give domain and selector as host names in lower case");
  // rfc:8301#3.2
  if (key.kind() == crypto::KeyKind::rsa && key.bits() < 1024)
    return fail(Errc::refused, "an RSA key of " + std::to_string(key.bits()) + " bits proves nothing", "Make a key of 2048 bits");
  return {};
}

}  // namespace posthorn::trust::dkim
