#include "http/head_fields.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace posthorn::http {
namespace {

std::unexpected<HeadError> bad(std::string_view why, unsigned status = 400) { return std::unexpected<HeadError>(HeadError{status, why}); }

std::expected<void, HeadError> read_field(std::string_view line, Fields& fields) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a field has no colon");
  const auto name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  // A space before the colon, or a fold (a line that begins with one), is no token.
  if (!is_token(name)) return bad("a field's name is no token");
  if (!is_field_value(value)) return bad("a field's value holds a control");
  if (fields.size() == field_limit) return bad("too many fields", 431);
  fields.emplace_back(to_lower(name), value);
  return {};
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t scanned) {
  const auto end = bytes.find("\r\n\r\n", scanned > 3 ? scanned - 3 : 0);
  if (end != std::string_view::npos && end + 4 <= head_limit) return end + 4;
  if (bytes.size() >= head_limit) return fail(Errc::too_big, "the head is over " + std::to_string(head_limit) + " octets");
  return std::optional<std::size_t>();
}

std::expected<HeadLines, HeadError> read_head_lines(std::string_view head) {
  HeadLines out;
  head.remove_suffix(2);  // of the empty line
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.contains('\r') || line.contains('\n') || line.contains('\0')) return bad("a bare CR, LF or NUL");
    if (first) out.first = line;
    else if (auto read = read_field(line, out.fields); !read) return std::unexpected(read.error());
    first = false;
  }
  return out;
}

std::optional<std::string_view> only_field(const Fields& fields, std::string_view name, bool& twice) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : fields) {
    if (key != name) continue;
    twice = twice || found.has_value();
    found = value;
  }
  return found;
}

std::expected<Framing, HeadError> read_framing(const Fields& fields) {
  Framing out;
  bool twice = false;
  const auto length = only_field(fields, "content-length", twice);
  const auto coding = only_field(fields, "transfer-encoding", twice);
  if (twice) return bad("a field that frames the body stands twice");
  // rfc:9112#6.1: both is how requests are smuggled.
  if (length && coding) return bad("Content-Length and Transfer-Encoding exclude each other");
  if (coding) {
    if (!equal_icase(*coding, "chunked")) return bad("the only transfer coding here is chunked", 501);
    out.chunked = true;
  }
  if (length) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), value);
    if (length->empty() || error != std::errc() || end != length->data() + length->size()) return bad("Content-Length is no number");
    out.length = value;
  }
  return out;
}

}  // namespace posthorn::http
