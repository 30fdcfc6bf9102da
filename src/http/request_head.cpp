#include "http/request_head.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::http {
namespace {

constexpr std::size_t target_limit = 8'192;

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

}  // namespace

std::expected<RequestHead, HeadError> parse_head(std::string_view head) {
  auto lines = read_head_lines(head);
  if (!lines) return std::unexpected(lines.error());
  RequestHead out;
  auto& request = out.request;
  if (auto read = read_request_line(lines->first, request); !read) return std::unexpected(read.error());
  request.fields = std::move(lines->fields);
  // rfc:9112#3.2
  bool twice = false;
  const auto host = only_field(request.fields, "host", twice);
  if (twice || (request.keep_alive && !host)) return bad("there must be one Host field");
  const auto framing = read_framing(request.fields);
  if (!framing) return std::unexpected(framing.error());
  out.length = framing->length;
  out.chunked = framing->chunked;
  for (const auto part : split(request.field("connection"), ',')) {
    if (equal_icase(trim(part), "close")) request.keep_alive = false;
  }
  out.expects_continue = equal_icase(request.field("expect"), "100-continue");
  return out;
}

}  // namespace posthorn::http
