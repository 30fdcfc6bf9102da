// report/unpack.h - gzip and zip files in memory, as report attachments come. Pure. Security: bombs (attacks.md C12): the output is
// counted as it streams, names in a zip are never used as paths, nothing is unpacked twice.
#pragma once

#include <string>
#include <string_view>

#include "report/aggregate.h"

namespace posthorn::report {

enum class Packing : std::uint8_t { none, gzip, zip };
Packing packing_of(std::string_view bytes);  // by its first bytes, whatever name or type say

// The file inside; bytes that are not packed come back as they are. Errors: invalid (damaged, not exactly one file inside), too_big.
Result<std::string> unpack(std::string_view bytes, const Limits& limits = {});
Result<std::string> gzip(std::string_view bytes);

}  // namespace posthorn::report
