// POP3 command lines and message text. A message must come out the same in pieces of any size, every line ended by CRLF, no line a lone
// dot, and unstuffed be what went in.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "pop3/grammar.h"

namespace {

using namespace posthorn;
using namespace posthorn::pop3;

void must(bool held) {
  if (!held) std::abort();
}

std::string in_pieces(std::string_view message, std::optional<std::uint32_t> lines, std::size_t size) {
  std::string all;
  for (MessageText text(message, lines); !text.done();) {
    std::string part;
    text.append(part, size);
    must(part.size() <= size + 4);
    all += part;
  }
  return all;
}

std::string in_parts(std::string_view message, std::optional<std::uint32_t> lines, std::size_t size) {
  std::string all;
  MessageText text(lines);
  for (std::size_t at = 0; !text.done(); at += size) {
    must(text.hungry());
    text.feed(message.substr(std::min(at, message.size()), size), at + size >= message.size());
    while (!text.done() && !text.hungry()) text.append(all, all.size() + size);
  }
  return all;
}

std::string unstuffed(std::string_view wire) {
  std::string out;
  while (!wire.empty()) {
    const auto end = wire.find("\r\n");
    must(end != std::string_view::npos);
    auto line = wire.substr(0, end);
    wire.remove_prefix(end + 2);
    must(line != ".");
    if (line.starts_with('.')) line.remove_prefix(1);
    out += line;
    out += '\n';
  }
  return out;
}

// The same lines, read the plain way.
std::string lines_of(std::string_view message) {
  std::string out;
  while (!message.empty()) {
    const auto end = message.find('\n');
    auto line = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += line;
    out += '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto parsed = parse_command(bytes);
  must(parsed.keyword.size() + parsed.argument.size() <= bytes.size() && !parsed.keyword.contains(' '));
  if (const auto n = one_number(bytes)) must(std::to_string(*n) == bytes.substr(std::min(bytes.find_first_not_of('0'), bytes.size() - 1)));
  if (const auto two = two_numbers(bytes)) must(one_number(bytes.substr(0, bytes.find(' '))) == two->first);

  const auto whole = multi_line(bytes);
  must(unstuffed(whole) == lines_of(bytes));
  const std::size_t piece = data[0] % 16 + 1U;
  must(in_pieces(bytes, std::nullopt, piece) == whole && in_parts(bytes, std::nullopt, piece) == whole);
  const std::uint32_t lines = data[1];
  const auto top = multi_line(bytes, lines);
  must(whole.starts_with(top) && in_pieces(bytes, lines, piece) == top && in_parts(bytes, lines, piece) == top);
  return 0;
}
