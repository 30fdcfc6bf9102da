#include "http/response_reader.h"

#include <algorithm>

namespace posthorn::http {
namespace {

constexpr std::size_t most_interim = 10;

std::unexpected<Error> malformed(std::string_view why) { return fail(Errc::invalid, "the answer is no good HTTP: " + std::string(why)); }
std::unexpected<Error> over(std::uint64_t most) { return fail(Errc::too_big, "the answer is over " + std::to_string(most) + " octets"); }

// rfc:9112#4 The reason may be missing, and with it its space.
std::optional<unsigned> status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) return std::nullopt;
  const auto rest = line.substr(9);
  const auto digits = rest.substr(0, 3);
  if (digits.size() < 3 || digits[0] < '1' || digits[0] > '5' || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  if (rest.size() > 3 && rest[3] != ' ') return std::nullopt;
  return static_cast<unsigned>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
}

}  // namespace

Status ResponseReader::read_head(std::string_view head) {
  auto lines = read_head_lines(head);
  if (!lines) return malformed(lines.error().why);
  const auto status = status_of(lines->first);
  if (!status) return malformed("its first line tells no status");
  // rfc:9110#15.2 Interim answers come before the one that counts; we never ask for another protocol.
  if (*status == 101) return malformed("it changes the protocol");
  if (*status < 200) return ++interim_ > most_interim ? Status(malformed("too many interim answers")) : Status();
  const auto framing = read_framing(lines->fields);
  if (!framing) return malformed(framing.error().why);
  response_.status = *status;
  response_.fields = std::move(lines->fields);
  left_ = framing->length.value_or(0);
  // rfc:9112#6.3
  if (*status == 204 || *status == 304) state_ = State::done;
  else if (framing->chunked) state_ = State::chunked;
  else if (!framing->length) state_ = State::until_end;
  else if (left_ > most_) return over(most_);
  else state_ = State::counted;
  return {};
}

Status ResponseReader::read_heads() {
  while (state_ == State::head) {
    TRY_ASSIGN(const auto end, find_head_end(input_, scanned_));
    if (!end) {
      scanned_ = input_.size();
      return {};
    }
    const auto head = input_.substr(0, *end);
    input_.erase(0, *end);
    scanned_ = 0;
    TRY(read_head(head));
  }
  return {};
}

Status ResponseReader::read_body() {
  auto& body = response_.body;
  if (state_ == State::chunked) {
    TRY_ASSIGN(const auto taken, chunks_.take(input_, body, most_));
    input_.erase(0, taken);
    if (chunks_.done()) state_ = State::done;
  } else if (state_ == State::counted) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input_.size()));
    body.append(input_, 0, count);
    input_.erase(0, count);
    left_ -= count;
    if (left_ == 0) state_ = State::done;
  } else if (state_ == State::until_end) {
    if (input_.size() > most_ - body.size()) return over(most_);
    body += input_;
    input_.clear();
  }
  return {};
}

Status ResponseReader::take(std::string_view bytes) {
  if (state_ == State::done) return {};
  input_ += bytes;
  TRY(read_heads());
  return read_body();
}

Status ResponseReader::end() {
  if (state_ == State::until_end) state_ = State::done;
  if (!done()) return fail(Errc::closed, "the server broke off in the middle of its answer");
  return {};
}

Task<Result<Response>> ask(Stream& stream, std::string request, std::uint64_t most) {
  auto written = co_await stream.write(request);
  if (!written) co_return fail(written.error());
  ResponseReader reader(most);
  std::string input;
  while (!reader.done()) {
    auto count = co_await stream.read_append(input);
    if (!count) co_return fail(count.error());
    auto read = *count == 0 ? reader.end() : reader.take(input);
    if (!read) co_return fail(read.error());
    input.clear();
  }
  co_return std::move(reader.response());
}

}  // namespace posthorn::http
