// trust/dkim/field_writer.h - writes the tag list of a signature field, folded (RFC 6376 3.5, 3.7). Internal to src/trust; ARC
// writes its fields with it too. Pure. The values come from us: nothing is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/signing_key.h"
#include "trust/dkim/dkim.h"

namespace posthorn::trust::dkim {

class FieldWriter {
 public:
  explicit FieldWriter(std::string_view name) : text_(name) {
    text_ += ':';
    column_ = text_.size();
  }
  void tag(std::string_view name, std::string_view value);
  void names(std::string_view name, const std::vector<std::string>& values);  // colon-separated, folded between them
  // "b=" without value: the field up to here, with nothing behind it, is what is signed.
  const std::string& begin_signature();
  std::string end_signature(std::string_view signature) &&;  // the whole field with CRLF

 private:
  void put(std::string_view word);  // on a new line if it does not fit this one
  void fold();
  std::string text_;
  std::size_t column_ = 0;
};

std::string_view algorithm_of(const crypto::SigningKey& key);  // "rsa-sha256"
std::string seconds_of(WallTime time);
std::string_view name_of(Canonical form);
// Signs `hashed` followed by the field that `writer` has begun; gives the whole field.
std::string finish_signature(FieldWriter writer, Canonical form, std::string hashed, const crypto::SigningKey& key);
// Errors: invalid, refused: this cannot sign for that.
Status check_signer(std::string_view domain, std::string_view selector, const crypto::SigningKey& key);

}  // namespace posthorn::trust::dkim
