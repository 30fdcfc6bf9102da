// trust/altered/between.h - between which hops a signed message was edited, from the trace fields around the signature: Received,
// List-Id, ARC, and other DKIM signatures. Internal to src/trust/altered. Pure. Security: what strangers wrote; it is evidence to
// show, no proof.
#pragma once

#include "trust/altered/altered.h"

namespace posthorn::trust::altered {

// `own`: the field of the signature that failed.
Between hops_of(const mail::Message& message, const std::vector<dkim::Signature>& signatures, std::size_t own);

}  // namespace posthorn::trust::altered
