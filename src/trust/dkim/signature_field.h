// trust/dkim/signature_field.h - a DKIM-Signature or ARC-Message-Signature field, read and checked as far as that goes without
// its key (RFC 6376 3.5 and 6.1.1; RFC 8617 4.1.2). Internal to src/trust. Pure. Security: text of strangers; linear, bounded.
#pragma once

#include <string>
#include <string_view>

#include "trust/dkim/key_record.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::dkim {

constexpr std::size_t most_names = 1'000;  // of h=: as many fields as mail::Limits lets a header have

enum class FieldKind : std::uint8_t { dkim, arc };  // arc: no v=, i= is the instance

struct SignatureField {
  Signature shown;              // fault none: can be verified; otherwise why not
  KeyWanted wanted;
  std::string key_name;         // where the key is asked for
  std::size_t b_begin = 0, b_end = 0;  // the value of b= in the field's value
};
SignatureField read_signature(const mail::HeaderField& field, FieldKind kind, WallTime now, const Limits& limits);

// What the ARC-Seal has in common with signatures. False: `into.shown` says why.
bool read_algorithm(const TagList& list, SignatureField& into, const Limits& limits);
bool read_names(const TagList& list, SignatureField& into);
bool read_signature_bytes(const TagList& list, SignatureField& into);
bool read_times(const TagList& list, SignatureField& into, WallTime now, const Limits& limits);
bool refuse(SignatureField& field, Fault fault, std::string reason);  // always false

// d= and s= to lower-case A-labels (rfc:8616#5); empty: no host name, nothing may be asked (attacks.md 2C a3, a4).
std::string host_name(std::string_view written);

}  // namespace posthorn::trust::dkim
