// A client's frames: the same messages and the same fault however the input is cut, never more held than the limit allows.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/websocket.h"

namespace {

constexpr std::size_t most = 300;

std::string read(std::string_view bytes, std::size_t cut) {
  posthorn::http::websocket::Reader reader(most);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    reader.feed(bytes.substr(at, cut));
    while (true) {
      const auto message = reader.next();
      if (!message) return out + "!" + std::to_string(static_cast<unsigned>(message.error().code));
      if (!*message) break;
      if ((*message)->payload.size() > most) std::abort();
      out += static_cast<char>('0' + static_cast<unsigned>((*message)->opcode)) + (*message)->payload;
    }
    if (reader.held() > most + most + 14 + cut) std::abort();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size == 0) return 0;
  const auto whole = read(bytes, bytes.size());
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{64}})
    if (read(bytes, cut) != whole) std::abort();
  return 0;
}
