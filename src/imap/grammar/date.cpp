// imap/grammar/date.cpp - see date.h.
#include "imap/grammar/date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace posthorn::imap {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> take_digits(Cursor& in, std::size_t count) {
  unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto c = in.next();
    if (!c || *c < '0' || *c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(*c - '0');
  }
  return value;
}

// "-Feb-1994" after the day's number
std::optional<Day> take_month_year(Cursor& in, unsigned day_number) {
  if (!in.take('-')) return std::nullopt;
  for (unsigned m = 0; m < months.size(); ++m) {
    if (!in.take_icase(months[m])) continue;
    if (!in.take('-')) return std::nullopt;
    const auto y = take_digits(in, 4);
    if (!y) return std::nullopt;
    const year_month_day date{year(static_cast<int>(*y)), month(m + 1), day(day_number)};
    if (!date.ok()) return std::nullopt;
    return sys_days(date);
  }
  return std::nullopt;
}

bool is_digit(std::optional<char> c) {
  return c && *c >= '0' && *c <= '9';
}

std::optional<Day> date_text(Cursor& in) {
  const auto d = take_digits(in, is_digit(in.peek(1)) ? 2 : 1);
  if (!d) return std::nullopt;
  return take_month_year(in, *d);
}

std::optional<WallTime> date_time(Cursor& in) {
  if (!in.take('"')) return std::nullopt;
  const auto d = in.take(' ') ? take_digits(in, 1) : take_digits(in, 2);
  if (!d) return std::nullopt;
  const auto date = take_month_year(in, *d);
  if (!date || !in.take(' ')) return std::nullopt;
  const auto h = take_digits(in, 2);
  if (!h || !in.take(':')) return std::nullopt;
  const auto m = take_digits(in, 2);
  if (!m || !in.take(':')) return std::nullopt;
  const auto s = take_digits(in, 2);
  if (!s || *h > 23 || *m > 59 || *s > 60 || !in.take(' ')) return std::nullopt;  // 60: a leap second
  const auto sign = in.next();
  if (!sign || (*sign != '+' && *sign != '-')) return std::nullopt;
  const auto zh = take_digits(in, 2);
  const auto zm = zh ? take_digits(in, 2) : std::nullopt;
  if (!zm || *zm > 59 || !in.take('"')) return std::nullopt;
  const auto zone = hours(*zh) + minutes(*zm);
  const auto local = *date + hours(*h) + minutes(*m) + seconds(*s);
  return time_point_cast<milliseconds>(*sign == '+' ? local - zone : local + zone);
}

}  // namespace

std::optional<Day> take_date(Cursor& in) {
  const auto start = in.position();
  const bool quoted = in.take('"');
  auto date = date_text(in);
  if (date && quoted && !in.take('"')) date.reset();
  if (!date) in.seek(start);
  return date;
}

std::optional<WallTime> take_date_time(Cursor& in) {
  const auto start = in.position();
  const auto time = date_time(in);
  if (!time) in.seek(start);
  return time;
}

std::string format_date_time(WallTime time) {
  const auto date = floor<days>(time);
  const year_month_day ymd(date);
  const hh_mm_ss clock(floor<seconds>(time) - date);
  // rfc:9051#9 date-year has four digits; what a broken clock stored must not break the line.
  const int shown = std::clamp(static_cast<int>(ymd.year()), 0, 9999);
  return fmt::format("\"{:02}-{}-{:04} {:02}:{:02}:{:02} +0000\"", static_cast<unsigned>(ymd.day()),
                     months[static_cast<unsigned>(ymd.month()) - 1], shown, clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace posthorn::imap
