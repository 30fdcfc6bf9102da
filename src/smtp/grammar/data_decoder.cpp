#include "smtp/grammar/data_decoder.h"

#include <algorithm>
#include <cstring>

namespace posthorn::smtp {
namespace {

std::size_t find(std::string_view bytes, char c) {
  if (bytes.empty()) return 0;
  const void* hit = std::memchr(bytes.data(), c, bytes.size());
  return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data()) : bytes.size();
}

struct Run {
  std::size_t length;  // plain bytes before what stopped it
  TextState state;     // more: a CR or the end of the bytes is next
};
// The plain bytes at the beginning. memchr three times beats one loop over bytes, and lines are short enough to stay cached.
// Of several faults the first in the stream wins, so that a cut between them changes nothing.
Run plain_run(std::string_view bytes, std::size_t room) {
  // Whether a line is too long must not depend on how much of it has come, so no more is looked at than one byte too many.
  const auto seen = bytes.substr(0, std::min(bytes.size(), room + 1));
  auto length = find(seen, '\r');
  length = find(seen.substr(0, length), '\n');
  length = find(seen.substr(0, length), '\0');
  if (length > room) return {room, TextState::too_long};
  if (length == seen.size() || seen[length] == '\r') return {length, TextState::more};
  return {length, seen[length] == '\n' ? TextState::bare : TextState::nul};
}

}  // namespace

TextState DataDecoder::feed(std::string_view bytes, std::string* to, std::size_t& taken) {
  std::size_t at = 0;      // the next byte to look at
  std::size_t copied = 0;  // bytes before it were appended or dropped
  const auto keep_until = [&](std::size_t end) {
    if (to) to->append(bytes.substr(copied, end - copied));
    copied = end;
  };
  const auto stop = [&](TextState state) {
    taken = at;
    return state;
  };
  while (at < bytes.size()) {
    switch (at_) {
      case At::line_start:
        if (bytes[at] != '.') {
          at_ = At::text;
          break;
        }
        // rfc:5321#4.5.2 the first dot of a line is never text: it is stuffed, or it is the end.
        keep_until(at);
        copied = ++at;
        line_ = 1;
        at_ = At::dot;
        break;
      case At::dot:
        if (bytes[at] != '\r') {
          at_ = At::text;
          break;
        }
        // Not text yet: if LF follows, it is the end.
        copied = ++at;
        at_ = At::dot_cr;
        break;
      case At::dot_cr:
        if (bytes[at] != '\n') return stop(TextState::bare);
        ++at;
        return stop(TextState::done);
      case At::text: {
        const auto run = plain_run(bytes.substr(at), limit_ - line_);
        at += run.length;
        line_ += run.length;
        if (run.state != TextState::more) return stop(run.state);
        if (at < bytes.size()) {
          ++at;
          at_ = At::cr;
        }
        break;
      }
      case At::cr:
        if (bytes[at] != '\n') return stop(TextState::bare);
        ++at;
        line_ = 0;
        at_ = At::line_start;
        break;
    }
  }
  keep_until(bytes.size());
  return stop(TextState::more);
}

TextState TextChecker::feed(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (cr_) {
      if (bytes[at] != '\n') return TextState::bare;
      ++at;
      cr_ = false;
      line_ = 0;
      continue;
    }
    const auto run = plain_run(bytes.substr(at), limit_ - line_);
    at += run.length;
    line_ += run.length;
    if (run.state != TextState::more) return run.state;
    if (at < bytes.size()) {
      ++at;
      cr_ = true;
    }
  }
  return TextState::more;
}

}  // namespace posthorn::smtp
