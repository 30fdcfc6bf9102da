// imap/grammar/date.h - IMAP's two date forms: date (SEARCH) and date-time (APPEND, INTERNALDATE), RFC 9051 section 9. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/cursor.h"

namespace posthorn::imap {

using Day = std::chrono::sys_days;

// date: 1-Feb-1994 or "1-Feb-1994"
std::optional<Day> take_date(Cursor& in);
// date-time: "17-Jul-1996 02:44:25 -0700" with its quotes; a one-digit day with a space before it.
std::optional<WallTime> take_date_time(Cursor& in);
// The same with quotes, in UTC: the store keeps the instant, not the zone.
std::string format_date_time(WallTime time);

}  // namespace posthorn::imap
