// base/log.h - one line of JSON a log event, to standard error or a file; never blocks the mail path (faults.md 16).
// Values are escaped here (base/text.h printable), so callers pass raw bytes. Passwords and bodies are never logged.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace posthorn {

enum class Level : unsigned char { debug, info, warn, error };

class Log {
 public:
  using Field = std::pair<std::string_view, std::string>;
  virtual ~Log() = default;
  // `event` is a fixed word such as "smtp.accepted": what happened. Fields carry the rest.
  virtual void write(Level level, std::string_view event, std::initializer_list<Field> fields) = 0;

  void debug(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::debug, event, f); }
  void info(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::info, event, f); }
  void warn(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::warn, event, f); }
  void error(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::error, event, f); }
};

std::unique_ptr<Log> null_log();
std::unique_ptr<Log> stderr_log(Level least);

}  // namespace posthorn
