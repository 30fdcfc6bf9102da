// app/command/output.h - what commands print: tables for people, JSON for programs, progress on a terminal.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace posthorn::app {

enum class Format : unsigned char { people, json };

void print_json(const boost::json::value& value);
// Columns as wide as their longest cell; nothing but the header if there are no rows.
void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
std::string human_size(std::uint64_t bytes);

// Prints the error (JSON: {"error":{...}}) and gives the exit status: 2 for bad input, 1 for the rest.
int report(const Error& error, Format format);

// A bar on standard error, drawn at most ten times a second, only if that is a terminal.
class Progress {
 public:
  explicit Progress(std::string label);
  void at(std::uint64_t now, std::uint64_t total, std::string_view note);
  void finish();

 private:
  std::string label_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace posthorn::app
