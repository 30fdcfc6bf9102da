// sim/world/keys.h - the key that signs the mail of both servers. It is no secret: it stands in a source file, so that signatures are the
// same in every run.
#pragma once

#include <string>

#include "crypto/signing_key.h"

namespace posthorn::sim {

inline constexpr const char* selector = "sim";
crypto::SigningKey signing_key();
std::string signing_record();  // the TXT that publishes it

}  // namespace posthorn::sim
