// app/config/units.h - times and sizes as people write them in posthorn.toml and on the command line. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace posthorn::app {

// "5m", "36h", "5d", "90s", "500ms".
Result<Duration> parse_duration(std::string_view text);
// "50MiB", "64KiB", "1GiB", "1000".
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace posthorn::app
