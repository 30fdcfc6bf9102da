#include "smtp/grammar/dot_stuffing.h"

#include <algorithm>
#include <cstdint>

#include "smtp/grammar/data_decoder.h"

namespace posthorn::smtp {

Status check_text(std::string_view message) {
  TextChecker checker(SIZE_MAX - 1);
  const auto state = checker.feed(message);
  if (state == TextState::nul) return fail(Errc::invalid, "the message holds a NUL");
  if (state != TextState::more || checker.after_cr()) return fail(Errc::invalid, "the message holds a bare CR or LF");
  return {};
}

bool DotStuffer::next(std::string& out, std::size_t block) {
  if (done_) return false;
  auto part = rest_.substr(0, block);
  rest_.remove_prefix(part.size());
  while (!part.empty()) {
    if (line_start_ && part.front() == '.') out += '.';
    // CR LF "." is searched for over the whole part at once; a part that is cut after CR LF is what line_start_ is for.
    const auto dot = part.find("\n.");
    const auto length = dot == std::string_view::npos ? part.size() : dot + 1;
    out.append(part.substr(0, length));
    line_start_ = part[length - 1] == '\n';
    part.remove_prefix(length);
  }
  if (!rest_.empty()) return true;
  if (!line_start_) out += "\r\n";
  out += ".\r\n";
  done_ = true;
  return true;
}

}  // namespace posthorn::smtp
