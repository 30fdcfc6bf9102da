// Beast has a parser for this; it takes folds, lone LF and chunk extensions that F12 has us refuse, so the strict subset stands here.
#include "http/request_head.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace posthorn::http {
namespace {

constexpr std::size_t target_limit = 8'192;
constexpr std::size_t chunk_line_limit = 256;
constexpr std::size_t trailer_limit = 4'096;

// rfc:9110#5.6.2
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

std::unexpected<HeadError> bad(std::string_view why, unsigned status = 400) { return std::unexpected<HeadError>(HeadError{status, why}); }

std::expected<void, HeadError> read_request_line(std::string_view line, Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("the request line is not METHOD TARGET VERSION");
  const auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  if (!is_token(method) || method.size() > 32) return bad("the method is no token");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return bad("this server speaks HTTP/1.1", version.starts_with("HTTP/") ? 505 : 400);
  if (target.size() > target_limit) return bad("the target is too long", 414);
  // rfc:9112#3.2.1 origin-form only: we are no proxy.
  if (!target.starts_with('/') || !std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; })) return bad("the target is no path");
  const auto mark = target.find('?');
  request.method = method;
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.keep_alive = version == "HTTP/1.1";
  return {};
}

std::expected<void, HeadError> read_field(std::string_view line, Request& request) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a field has no colon");
  const auto name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  // A space before the colon, or a fold (a line that begins with one), is no token.
  if (!is_token(name)) return bad("a field's name is no token");
  if (!is_value(value)) return bad("a field's value holds a control");
  if (request.fields.size() == field_limit) return bad("too many fields", 431);
  request.fields.emplace_back(to_lower(name), value);
  return {};
}

std::optional<std::string_view> only(const Request& request, std::string_view name, bool& twice) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : request.fields) {
    if (key != name) continue;
    twice = twice || found.has_value();
    found = value;
  }
  return found;
}

std::expected<void, HeadError> read_framing(RequestHead& head) {
  auto& request = head.request;
  bool twice = false;
  const auto host = only(request, "host", twice);
  // rfc:9112#3.2
  if (twice || (request.keep_alive && !host)) return bad("there must be one Host field");
  const auto length = only(request, "content-length", twice);
  const auto coding = only(request, "transfer-encoding", twice);
  if (twice) return bad("a field that frames the body stands twice");
  // rfc:9112#6.1: both is how requests are smuggled.
  if (length && coding) return bad("Content-Length and Transfer-Encoding exclude each other");
  if (coding) {
    if (!equal_icase(*coding, "chunked")) return bad("the only transfer coding here is chunked", 501);
    head.chunked = true;
  }
  if (length) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), value);
    if (length->empty() || error != std::errc() || end != length->data() + length->size()) return bad("Content-Length is no number");
    head.length = value;
  }
  for (const auto part : split(request.field("connection"), ',')) {
    if (equal_icase(trim(part), "close")) request.keep_alive = false;
  }
  head.expects_continue = equal_icase(request.field("expect"), "100-continue");
  return {};
}

}  // namespace

Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t scanned) {
  const auto end = bytes.find("\r\n\r\n", scanned > 3 ? scanned - 3 : 0);
  if (end != std::string_view::npos && end + 4 <= head_limit) return end + 4;
  if (bytes.size() >= head_limit) return fail(Errc::too_big, "the head of the request is over " + std::to_string(head_limit) + " octets");
  return std::optional<std::size_t>();
}

std::expected<RequestHead, HeadError> parse_head(std::string_view head) {
  RequestHead out;
  head.remove_suffix(2);  // of the empty line
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.contains('\r') || line.contains('\n') || line.contains('\0')) return bad("a bare CR, LF or NUL");
    if (auto read = first ? read_request_line(line, out.request) : read_field(line, out.request); !read) return std::unexpected(read.error());
    first = false;
  }
  if (auto framing = read_framing(out); !framing) return std::unexpected(framing.error());
  return out;
}

Result<std::size_t> ChunkReader::take(std::string_view bytes, std::string& out, std::uint64_t limit) {
  const auto malformed = [](const char* why) { return fail(Errc::invalid, std::string("a chunk is malformed: ") + why); };
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::data) {
      const auto count = std::min<std::uint64_t>(left_, bytes.size() - at);
      out.append(bytes.substr(at, count));
      at += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    // A line, octet by octet: what comes before its CRLF is short.
    const char c = bytes[at++];
    line_ += c;
    if (line_.size() > chunk_line_limit) return malformed("its line is too long");
    if (c == '\n' && (line_.size() < 2 || line_[line_.size() - 2] != '\r')) return malformed("a bare LF");
    if (c != '\n') continue;
    auto line = std::move(line_);
    line_.clear();
    line.resize(line.size() - 2);
    if (line.contains('\r')) return malformed("a bare CR");
    if (state_ == State::data_end) {
      if (!line.empty()) return malformed("its data does not end where it said");
      state_ = State::size;
    } else if (state_ == State::size) {
      // Extensions mean nothing to us; those that could hide something from another reader are refused by their characters.
      const auto digits = std::string_view(line).substr(0, line.find(';'));
      if (!is_value(line)) return malformed("a control in its line");
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
      if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return malformed("its size is no number");
      if (size > limit || total_ > limit - size) return fail(Errc::too_big, "the body is over " + std::to_string(limit) + " octets");
      total_ += size;
      left_ = size;
      state_ = size == 0 ? State::trailer : State::data;
    } else {
      trailer_octets_ += line.size() + 2;
      if (trailer_octets_ > trailer_limit) return malformed("too many trailers");
      if (line.empty()) state_ = State::done;
    }
  }
  return at;
}

}  // namespace posthorn::http
