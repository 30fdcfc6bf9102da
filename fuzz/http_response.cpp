// The answer of a server that somebody else named: the same however it is cut, and no more is held than was allowed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/response_reader.h"

namespace {

using namespace posthorn;

constexpr std::uint64_t most = 1000;

std::string read(std::string_view bytes, std::size_t cut) {
  http::ResponseReader reader(most);
  for (std::size_t at = 0; at < bytes.size() && !reader.done(); at += cut) {
    const auto taken = reader.take(bytes.substr(at, cut));
    if (reader.response().body.size() > most) std::abort();
    if (!taken) return "refused";
  }
  if (!reader.done() && !reader.end()) return "cut";
  const auto& response = reader.response();
  if (response.status < 200 || response.status > 599) std::abort();
  std::string out = std::to_string(response.status) + "\n" + response.body + "\n";
  for (const auto& [name, value] : response.fields) out += name + ":" + value + "\n";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read(bytes, size + 1);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{3}, std::size_t{64}}) {
    const auto other = read(bytes, cut);
    // What is wrong behind the end of an answer is never seen where the answer ends a piece.
    if (whole != "refused" && other != whole) std::abort();
  }
  return 0;
}
