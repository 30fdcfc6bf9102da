// jmap/web/event_source.h - what is pure in server-sent events (RFC 8620 section 7.3).
#pragma once

#include <cstdint>
#include <string_view>

namespace posthorn::jmap {

// Seconds between pings, held within a range; 0 where none are asked for.
std::uint64_t ping_interval(std::string_view asked);

}  // namespace posthorn::jmap
