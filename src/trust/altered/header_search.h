// trust/altered/header_search.h - from a header as it came to the header that was signed: guesses for its fields are put
// together, the likeliest combinations first, until the signature verifies. Internal to src/trust/altered. Pure. Security: each
// combination costs one public-key operation; the Budget counts them.
#pragma once

#include "trust/altered/field_guesses.h"

namespace posthorn::trust::altered {

struct HeaderFound {
  std::string header;  // with the empty line below
  std::vector<Edit> edits;
  std::size_t own = 0;  // where the signature's field stands now
};

// What is needed of the signature that is to verify.
struct Signed {
  const dkim::SignatureField& signature;
  std::size_t own = 0;  // its field
  const crypto::VerifyingKey& key;
};

std::optional<HeaderFound> restore_header(dkim::SignedMessage& received, const Signed& by, const std::vector<Wish>& wishes,
                                          Budget& budget);

// Signed fields that look edited, for when nothing was found.
std::vector<std::string> suspects(const dkim::SignedMessage& received, const dkim::Signature& signature);

}  // namespace posthorn::trust::altered
