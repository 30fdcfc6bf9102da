// trust/dkim/canonical.h - header fields and bodies in the form that is hashed (RFC 6376 3.4). Internal to src/trust; the
// fuzz target and the benchmark call it too. Pure. A bare LF ends a line as CRLF does, so that DKIM sees the lines that the
// parser of messages sees, also in files (rfc:6376#5.3: what is signed has CRLF). A bare CR is a character like others.
// Security: linear, holds a few bytes of state; whatever way the body is cut into pieces, the output is the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/hasher.h"
#include "trust/dkim/dkim.h"

namespace posthorn::trust::dkim {

// Appends the field, which ends with CRLF, to `out`.
void append_field(Canonical form, const mail::HeaderField& field, std::string& out);

// Takes the canonical body in pieces that refer to the given bytes where they can.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual void take(std::string_view bytes) = 0;
};

class BodyCanonicaliser {
 public:
  BodyCanonicaliser(Canonical form, Sink& sink) : form_(form), sink_(sink) {}
  void write(std::string_view bytes);
  void finish();  // once, after the last write()

 private:
  bool is_space(char c) const { return form_ == Canonical::relaxed && (c == ' ' || c == '\t'); }
  void flush();                       // what was held back, as content follows
  std::size_t verbatim_end(std::string_view bytes, std::size_t from) const;
  std::size_t take_special(std::string_view bytes, std::size_t at);

  Canonical form_;
  Sink& sink_;
  std::uint64_t line_ends_ = 0;       // held back: they count only if content follows
  bool space_ = false;                // held back: white space that counts only if the line goes on
  bool return_ = false;               // held back: a CR at the end of a piece
  bool any_ = false;                  // content has been given out
};

struct BodyDigest {
  std::string hash;
  std::uint64_t length = 0;  // of the canonical body
};
BodyDigest body_digest(Canonical form, crypto::Digest digest, std::string_view body);

}  // namespace posthorn::trust::dkim
