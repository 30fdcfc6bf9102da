#include "trust/dkim/field_writer.h"

#include "base/text.h"
#include "trust/dkim/canonical.h"
#include "trust/dkim/signature_field.h"

namespace posthorn::trust::dkim {
namespace {

constexpr std::size_t widest = 76;

}  // namespace

void FieldWriter::fold() {
  text_ += "\r\n\t";
  column_ = 8;
}

void FieldWriter::put(std::string_view word) {
  if (column_ + 1 + word.size() > widest) {
    fold();
  } else {
    text_ += ' ';
    ++column_;
  }
  text_ += word;
  column_ += word.size();
}

void FieldWriter::tag(std::string_view name, std::string_view value) {
  put(std::string(name) + "=" + std::string(value) + ";");
}

void FieldWriter::names(std::string_view name, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool last = i + 1 == values.size();
    const std::string word = (i == 0 ? std::string(name) + "=" : "") + values[i] + (last ? ";" : ":");
    if (i == 0) {
      put(word);
      continue;
    }
    if (column_ + word.size() > widest) fold();
    text_ += word;
    column_ += word.size();
  }
}

const std::string& FieldWriter::begin_signature() {
  fold();
  text_ += "b=";
  column_ += 2;
  return text_;
}

std::string FieldWriter::end_signature(std::string_view signature) && {
  const std::string value = base64_encode(signature);
  for (std::size_t at = 0; at < value.size();) {
    if (column_ >= widest) fold();
    const auto piece = std::string_view(value).substr(at, widest - column_);
    text_ += piece;
    column_ += piece.size();
    at += piece.size();
  }
  return std::move(text_) + "\r\n";
}

std::string_view algorithm_of(const crypto::SigningKey& key) {
  return key.kind() == crypto::KeyKind::rsa ? "rsa-sha256" : "ed25519-sha256";
}

std::string seconds_of(WallTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::string_view name_of(Canonical form) { return form == Canonical::relaxed ? "relaxed" : "simple"; }

std::string finish_signature(FieldWriter writer, Canonical form, std::string hashed, const crypto::SigningKey& key) {
  const std::string_view whole = writer.begin_signature();
  const auto colon = whole.find(':');
  append_field(form, {whole.substr(0, colon), whole.substr(colon + 1), whole}, hashed);
  hashed.resize(hashed.size() - 2);
  crypto::Hasher hasher;
  hasher.write(hashed);
  return std::move(writer).end_signature(key.sign(hasher.finish()));
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
