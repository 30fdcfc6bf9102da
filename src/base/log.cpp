#include "base/log.h"

#include <unistd.h>

#include <chrono>
#include <ctime>

#include "base/text.h"

namespace posthorn {
namespace {

std::string json_string(std::string_view raw) {
  std::string out = "\"";
  for (const char c : printable(raw)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text, n);
  std::string fraction = std::to_string(1000 + millis);
  return out + "." + fraction.substr(1) + "Z";
}

class NullLog final : public Log {
  void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

class StderrLog final : public Log {
 public:
  explicit StderrLog(Level least) : least_(least) {}
  void write(Level level, std::string_view event, std::initializer_list<Field> fields) override {
    if (level < least_) return;
    static constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    std::string line = "{\"time\":\"" + timestamp() + "\",\"level\":\"" + std::string(names[static_cast<int>(level)]) +
                       "\",\"event\":" + json_string(event);
    for (const auto& [key, value] : fields) line += "," + json_string(key) + ":" + json_string(value);
    line += "}\n";
    // One write a line keeps lines whole; what a full disk or closed pipe refuses is dropped (faults.md 16).
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  }

 private:
  Level least_;
};

}  // namespace

std::unique_ptr<Log> null_log() { return std::make_unique<NullLog>(); }
std::unique_ptr<Log> stderr_log(Level least) { return std::make_unique<StderrLog>(least); }

}  // namespace posthorn
