// Fuzzes the command reader: the same commands and refusals however the input is cut, nothing held beyond the limits, and no more
// asked for by "+" than they allow.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "imap/server/command_reader.h"

namespace {

using namespace posthorn::imap;
using Kind = CommandReader::Event::Kind;

std::vector<std::string> said_of(std::string_view bytes, CommandLimits limits, std::size_t cut) {
  std::vector<std::string> said;
  CommandReader reader(limits);
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    buffer += bytes.substr(at, cut);
    while (true) {
      const auto event = reader.next(buffer);
      if (event.consumed > buffer.size()) std::abort();
      buffer.erase(0, event.consumed);
      if (reader.text().size() + reader.literal_left() > limits.total + limits.message + 2) std::abort();
      if (event.kind == Kind::more) break;
      said.push_back(std::string(reader.tag()) + " " + std::to_string(static_cast<int>(event.kind)) + event.answer + reader.text());
      if (event.kind == Kind::fatal) return said;
      if (event.kind != Kind::go_on) reader.reset(limits);
    }
    // What is left over is a CR whose LF has not come.
    if (buffer.size() > 1) std::abort();
  }
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  CommandLimits small;
  small.line = 64;
  small.literal = 32;
  small.total = 128;
  small.depth = 2;
  small.without_waiting = 48;
  small.message = 200;
  for (const auto& limits : {small, CommandLimits::before_login(), CommandLimits::after_login(100'000)}) {
    const auto whole = said_of(bytes, limits, size == 0 ? 1 : size);
    for (const std::size_t cut : {1, 2, 7})
      if (said_of(bytes, limits, cut) != whole) std::abort();
  }
  return 0;
}
