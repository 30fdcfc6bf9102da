// mail/date.cpp - the date-time of RFC 5322 3.3 with the obsolete forms of 4.3, and what senders leave out: the day's
// name in any language, seconds, the zone. Comments may stand anywhere. The civil calendar is <chrono>'s.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// The moments that RFC 5322 can write in any zone.
constexpr std::int64_t first_second = -2'208'988'800 + 86'400, last_second = 253'402'300'799 - 86'400;
constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// A number of one to `digits` digits that no digit follows.
std::optional<int> take_int(Cursor& at, std::size_t digits) {
  const auto text = at.take_while(is_digit);
  if (text.empty() || text.size() > digits) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// "Fri," or "Friday," or nothing.
void skip_day_name(Cursor& at) {
  at.take_while([](char c) { return is_alpha(c) || is_eight_bit(c) || c == '.'; });
  skip_cfws(at);
  at.take(',');
  skip_cfws(at);
}

std::optional<unsigned> take_month(Cursor& at) {
  const auto name = at.take_while(is_alpha);
  for (unsigned i = 0; i < months.size(); ++i)
    if (name.size() >= 3 && equal_icase(name.substr(0, 3), months[i])) return i + 1;
  return std::nullopt;
}

// rfc:5322#4.3: two digits below 50 are of this century, three digits count from 1900.
std::optional<int> take_year(Cursor& at) {
  const auto digits = at.take_while(is_digit);
  if (digits.size() < 2 || digits.size() > 4) return std::nullopt;
  int year = 0;
  for (const char c : digits) year = year * 10 + (c - '0');
  if (digits.size() == 2) return year < 50 ? year + 2000 : year + 1900;
  return digits.size() == 3 ? year + 1900 : year;
}

// Minutes east of Greenwich. No zone, or a name we do not know, is +0000 (rfc:5322#4.3).
std::optional<int> take_zone(Cursor& at) {
  struct Named {
    std::string_view name;
    int minutes;
  };
  static constexpr Named named[] = {{"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
                                    {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}};
  const auto name = at.take_while(is_alpha);
  skip_cfws(at);
  // "GMT+0100": the number counts.
  const bool west = at.peek() == '-';
  if (west || at.peek() == '+') {
    at.next();
    const auto digits = at.take_while(is_digit);
    if (digits.size() != 4) return std::nullopt;
    const int hours = (digits[0] - '0') * 10 + digits[1] - '0', minutes = (digits[2] - '0') * 10 + digits[3] - '0';
    if (minutes > 59) return std::nullopt;
    return (west ? -1 : 1) * (hours * 60 + minutes);
  }
  for (const auto& zone : named)
    if (equal_icase(zone.name, name)) return zone.minutes;
  return 0;
}

struct Clock {
  int hour = 0, minute = 0, second = 0;
};

std::optional<Clock> take_clock(Cursor& at) {
  Clock clock;
  const auto hour = take_int(at, 2);
  skip_cfws(at);
  if (!hour || !(at.take(':') || at.take('.'))) return std::nullopt;
  skip_cfws(at);
  const auto minute = take_int(at, 2);
  if (!minute) return std::nullopt;
  skip_cfws(at);
  if (at.take(':') || at.take('.')) {
    skip_cfws(at);
    const auto second = take_int(at, 2);
    if (!second) return std::nullopt;
    clock.second = *second;
    if (at.take('.')) at.take_while(is_digit);  // fractions, as some clients write them
  }
  clock.hour = *hour;
  clock.minute = *minute;
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 60) return std::nullopt;
  return clock;
}

}  // namespace

std::optional<Date> parse_date(std::string_view value) {
  Cursor at(value);
  skip_cfws(at);
  skip_day_name(at);
  const auto day = take_int(at, 2);
  const auto separator = [&at] {
    skip_cfws(at);
    at.take('-');
    skip_cfws(at);
  };
  separator();
  const auto month = take_month(at);
  separator();
  const auto year = take_year(at);
  skip_cfws(at);
  at.take(',');
  skip_cfws(at);
  const auto clock = take_clock(at);
  skip_cfws(at);
  const auto zone = take_zone(at);
  if (!day || !month || !year || !clock || !zone || *year < 1900) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days_since = std::chrono::sys_days(date).time_since_epoch().count();
  const Date found{days_since * 86'400 + clock->hour * 3'600 + clock->minute * 60 + clock->second - *zone * 60, *zone};
  if (found.seconds < first_second || found.seconds > last_second) return std::nullopt;
  return found;
}

std::string format_date(Date date) {
  const int zone = std::clamp(date.zone_minutes, -99 * 60 - 59, 99 * 60 + 59);
  const std::int64_t local = std::clamp(date.seconds, first_second, last_second) + std::int64_t{zone} * 60;
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(local)));
  const std::chrono::year_month_day civil(day);
  const auto second = local - std::int64_t{day.time_since_epoch().count()} * 86'400;
  const int offset = zone < 0 ? -zone : zone;
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}", days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(civil.day()), months[static_cast<unsigned>(civil.month()) - 1],
                     static_cast<int>(civil.year()), second / 3'600, second / 60 % 60, second % 60, zone < 0 ? '-' : '+',
                     offset / 60, offset % 60);
}

}  // namespace posthorn::mail
