// The text after DATA: every split gives the same answer, only CR LF "." CR LF ends it (attacks.md A1), and the client's stuffing
// is undone exactly.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "smtp/grammar/data_decoder.h"
#include "smtp/grammar/dot_stuffing.h"

namespace {

using namespace posthorn::smtp;

struct Decoded {
  TextState state = TextState::more;
  std::size_t taken = 0;
  std::string text;
};

Decoded decode(std::string_view bytes, std::size_t chunk) {
  DataDecoder decoder(64);
  Decoded all;
  while (all.state == TextState::more && all.taken < bytes.size()) {
    std::size_t taken = 0;
    all.state = decoder.feed(bytes.substr(all.taken, chunk), &all.text, taken);
    all.taken += taken;
  }
  return all;
}

void must(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = decode(bytes, bytes.size());
  const auto cut = decode(bytes, data[0] % 16 + 1U);
  must(whole.state == cut.state && whole.taken == cut.taken);
  if (whole.state == TextState::done || whole.state == TextState::more) must(whole.text == cut.text);
  if (whole.state == TextState::done) {
    // The end is where a plain search finds it, and the text has whole lines only.
    const auto end = ("\r\n" + std::string(bytes)).find("\r\n.\r\n");
    must(end != std::string::npos && end + 3 == whole.taken);
    must(posthorn::smtp::check_text(whole.text).has_value());
    must(whole.text.empty() || whole.text.ends_with("\r\n"));
  }
  // What check_text lets out comes back as it was, up to a last line end.
  if (!check_text(bytes)) return 0;
  DotStuffer stuffer(bytes);
  std::string sent;
  while (stuffer.next(sent, data[0] % 16 + 1U)) {
  }
  DataDecoder decoder(SIZE_MAX - 1);
  std::string text;
  std::size_t taken = 0;
  must(decoder.feed(sent, &text, taken) == TextState::done && taken == sent.size());
  must(text == bytes || text == std::string(bytes) + "\r\n");
  return 0;
}
