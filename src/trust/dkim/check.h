// trust/dkim/check.h - a signature against the message and its key: which fields are hashed, the body's digest, the verdict
// (RFC 6376 3.7, 5.4.2, 6.1.3). Internal to src/trust; ARC uses it for its own two signatures. Pure.
// Security: linear in the message for each signature; the body is hashed once for each form, never copied.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trust/dkim/canonical.h"
#include "trust/dkim/signature_field.h"

namespace posthorn::trust::dkim {

// The message as signatures look at it. Made once for each message.
class SignedMessage {
 public:
  explicit SignedMessage(const mail::Message& message);
  SignedMessage(const SignedMessage&) = delete;
  SignedMessage& operator=(const SignedMessage&) = delete;
  const mail::Message& message() const { return message_; }
  const mail::HeaderField& field(std::size_t index) const { return message_.root().fields[index]; }
  // From the top; the name in lower case.
  std::span<const std::size_t> fields_of(std::string_view name) const;
  // False: the parser's limits hide fields, so nothing can be said about any signature.
  bool header_is_whole() const;
  // False: the message begins with white space, so that what is put in front of it would go on in its first line.
  bool takes_fields_in_front() const;

  // The fields of h= in canonical form, from the bottom up, each instance once, never field `own` itself (rfc:6376#5.4.2).
  // `open` gets, of the fields that people see or that steer what they see, those that this leaves out.
  std::string hashed_fields(Canonical form, const std::vector<std::string>& names, std::optional<std::size_t> own,
                            std::vector<std::string>* open = nullptr) const;
  const BodyDigest& body(Canonical form, crypto::Digest digest);

 private:
  const mail::Message& message_;
  // Fields of one name stand together in `order_`, from the top; `names_` are views into `lower_`.
  struct Name {
    std::string_view name;
    std::size_t begin = 0, end = 0;
  };
  const Name* find(std::string_view name) const;
  std::string lower_;
  std::vector<Name> names_;
  // By a sum over a name: the place in `names_` of the first one with it, plus one. Most names that are looked for are not there.
  std::array<std::uint8_t, 64> places_{};
  std::vector<std::size_t> order_;
  std::array<std::optional<BodyDigest>, 4> bodies_;  // of each form and digest
};

// The signature's own field with an empty b=, without its line end.
void append_own_field(Canonical form, const mail::HeaderField& field, const SignatureField& signature, std::string& out);
// Sets result, fault and reason of a signature that was found good so far. `own` is its field.
void check(SignedMessage& message, std::size_t own, const KeyFound& key, SignatureField& signature);
// Puts the key's own fault into the signature. False: there is a fault.
bool take_key(const KeyFound& key, SignatureField& signature);

}  // namespace posthorn::trust::dkim
