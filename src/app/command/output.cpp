#include "app/command/output.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

namespace posthorn::app {
namespace {

// The columns a UTF-8 text takes on a terminal, near enough: continuation bytes take none.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line += std::string(widths[i] + 2 - width(cells[i]), ' ');
  }
  std::puts(line.c_str());
}

}  // namespace

void print_json(const boost::json::value& value) { std::puts(boost::json::serialize(value).c_str()); }

void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& cell : header) widths.push_back(width(cell));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  print_row(header, widths);
  for (const auto& row : rows) print_row(row, widths);
}

std::string human_size(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

int report(const Error& error, Format format) {
  if (format == Format::json) {
    print_json(boost::json::object{{"error", boost::json::object{{"code", std::string(name_of(error.code))}, {"what", error.what}, {"todo", error.todo}}}});
  } else {
    std::fprintf(stderr, "posthorn: %s\n", error.what.c_str());
    if (!error.todo.empty()) std::fprintf(stderr, "  %s.\n", error.todo.c_str());
  }
  return error.code == Errc::invalid ? 2 : 1;
}

Progress::Progress(std::string label) : label_(std::move(label)), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::at(std::uint64_t now, std::uint64_t total, std::string_view note) {
  const auto time = std::chrono::steady_clock::now();
  if (!terminal_ || time - last_ < std::chrono::milliseconds(100)) return;
  last_ = time;
  drawn_ = true;
  const std::size_t filled = total == 0 ? 0 : static_cast<std::size_t>(30 * std::min(now, total) / total);
  const auto percent = total == 0 ? 0 : 100 * std::min(now, total) / total;
  std::fprintf(stderr, "\r%s [%s%s] %3llu %%  %.*s\x1b[K", label_.c_str(), std::string(filled, '#').c_str(), std::string(30 - filled, '.').c_str(),
               static_cast<unsigned long long>(percent), static_cast<int>(note.size()), note.data());
  std::fflush(stderr);
}

void Progress::finish() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

}  // namespace posthorn::app
