// A server's reply: the same result however it is cut, and bounded (attacks.md A10).
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "smtp/grammar/capabilities.h"
#include "smtp/grammar/reply_parser.h"

namespace {

struct Outcome {
  posthorn::smtp::ReplyParser::State state = posthorn::smtp::ReplyParser::State::more;
  std::size_t taken = 0;
  posthorn::smtp::Reply reply;
};

Outcome parse(std::string_view bytes, std::size_t chunk) {
  posthorn::smtp::ReplyParser parser;
  Outcome all;
  while (all.state == posthorn::smtp::ReplyParser::State::more && all.taken < bytes.size()) {
    std::size_t taken = 0;
    all.state = parser.feed(bytes.substr(all.taken, chunk), taken);
    all.taken += taken;
  }
  all.reply = parser.reply();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::smtp;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = parse(bytes, bytes.size());
  const auto cut = parse(bytes, data[0] % 16 + 1U);
  if (whole.state != cut.state || whole.taken != cut.taken || whole.reply.code != cut.reply.code || whole.reply.text != cut.reply.text) std::abort();
  if (whole.reply.text.size() > 65'536) std::abort();
  if (whole.state != ReplyParser::State::done) return 0;
  if (whole.reply.code < 200 || whole.reply.code > 559) std::abort();
  const auto offered = parse_capabilities(whole.reply);
  static_cast<void>(offered.size());
  static_cast<void>(offered.limit("RCPTMAX"));
  return 0;
}
