// The head of a request and a chunked body: where a head ends does not hang on how it is cut, what is taken is what another strict reader
// would take, and no more is held than the limits allow (attacks.md F12).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/chunk_reader.h"
#include "http/request_head.h"

namespace {

using namespace posthorn;

void head(std::string_view bytes) {
  const auto whole = http::find_head_end(bytes);
  // Read octet by octet, as from a slow client.
  std::size_t scanned = 0;
  for (std::size_t i = 1; i <= bytes.size(); ++i) {
    const auto now = http::find_head_end(bytes.substr(0, i), scanned);
    if (!now) {
      if (whole && *whole && **whole <= i) std::abort();
      break;
    }
    if (*now) {
      if (!whole || !*whole || **whole != **now) std::abort();
      break;
    }
    scanned = i;
  }
  if (!whole || !*whole) return;
  if (**whole > bytes.size() || **whole > http::head_limit) std::abort();
  const auto text = bytes.substr(0, **whole);
  const auto parsed = http::parse_head(text);
  if (!parsed) {
    if (parsed.error().status < 400 || parsed.error().status > 599 || parsed.error().why.empty()) std::abort();
    return;
  }
  if (parsed->chunked && parsed->length) std::abort();
  // What could be read in two ways is refused: no NUL, no bare CR or LF, no fold.
  if (text.find('\0') != text.npos) std::abort();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) std::abort();
    if (text[i] == '\r' && (i + 1 >= text.size() || text[i + 1] != '\n')) std::abort();
    if (text[i] == '\n' && i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t')) std::abort();
  }
  const auto lower = to_lower(text);
  std::size_t lengths = 0;
  for (auto at = lower.find("\r\ncontent-length:"); at != lower.npos; at = lower.find("\r\ncontent-length:", at + 1)) ++lengths;
  if (lengths > 1) std::abort();
}

std::string chunks(std::string_view bytes, std::size_t cut) {
  constexpr std::uint64_t most = 1000;
  http::ChunkReader reader;
  std::string out;
  for (std::size_t at = 0; at < bytes.size() && !reader.done();) {
    const auto piece = bytes.substr(at, cut);
    const auto taken = reader.take(piece, out, most);
    if (!taken) return out + "!";
    if (*taken > piece.size() || out.size() > most) std::abort();
    if (*taken == 0 && !reader.done()) return out + "?";
    at += *taken;
  }
  return out + (reader.done() ? "." : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    head(bytes);
    return 0;
  }
  const auto whole = chunks(bytes, std::max<std::size_t>(bytes.size(), 1));
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const auto other = chunks(bytes, cut);
    // A fault may be found before or behind what was decoded of the same piece.
    if (whole.ends_with('!') ? !other.ends_with('!') : other != whole) std::abort();
  }
  return 0;
}
