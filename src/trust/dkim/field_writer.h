// trust/dkim/field_writer.h - writes the tag list of a signature field, folded (RFC 6376 3.5, 3.7). Internal to src/trust; ARC
// writes its fields with it too. Pure. The values come from us: nothing is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/hasher.h"
#include "trust/dkim/check.h"

namespace posthorn::trust::dkim {

class FieldWriter {
 public:
  explicit FieldWriter(std::string_view name, Folding folding = Folding::short_lines) : text_(name), folding_(folding) {
    text_ += ':';
    column_ = text_.size();
  }
  void tag(std::string_view name, std::string_view value);
  void names(std::string_view name, const std::vector<std::string>& values);  // colon-separated, folded between them
  void signature_place();                         // "b=" without value, on a line of its own; other tags may follow
  const std::string& text() const { return text_; }  // what is signed: the field with its empty b=
  std::string with_signature(std::string_view signature) const;  // the whole field with CRLF

 private:
  void put(std::string_view word);  // on a new line if it does not fit this one
  void fold();
  std::string text_;
  Folding folding_;
  std::size_t column_ = 0;
  std::size_t tags_ = 0;
  std::size_t place_ = 0;  // behind "b="; 0: none yet
};

// h= of our signatures: every field that counts, one entry more than there are (attacks.md C4).
std::vector<std::string> names_to_sign(const SignedMessage& message);
std::string_view algorithm_of(const crypto::SigningKey& key);  // "rsa-sha256"
std::string seconds_of(WallTime time);
std::string_view name_of(Canonical form);
// Signs what `hasher` has taken and the field of `writer`; gives the whole field.
::posthorn::Result<std::string> finish_signature(const FieldWriter& writer, Canonical form, crypto::Hasher hasher, const crypto::SigningKey& key);
// Errors: invalid, refused: this cannot sign for that.
Status check_signer(std::string_view domain, std::string_view selector, const crypto::SigningKey& key);

}  // namespace posthorn::trust::dkim
