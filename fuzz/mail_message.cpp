// Any bytes are some message: sane offsets, the same tree for CRLF and LF, a summary that comes back, bounded decoding.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "mail/json.h"
#include "mail/summary.h"
#include "mail/text.h"

namespace {

using namespace posthorn::mail;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_tree(const Message& message) {
  const auto& parts = message.parts;
  require(!parts.empty() && parts.size() <= Limits{}.parts && parts[0].body_end == message.bytes.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[i];
    require(part.header_begin <= part.body_begin && part.body_begin <= part.body_end && part.body_end <= message.bytes.size());
    const auto body = message.body(part);
    require(part.lines == static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')));
    std::size_t from = part.body_begin;
    for (const auto child : part.children) {
      require(child > i && child < parts.size() && parts[child].parent == static_cast<int>(i));
      require(parts[child].header_begin >= from && parts[child].body_end <= part.body_end);
      from = parts[child].body_end;
    }
    for (const auto& field : part.fields) {
      require(field.whole.starts_with(field.name) &&
              unfolded(field.value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
      require(field.whole.data() >= message.bytes.data() + part.header_begin);
      require(field.whole.data() + field.whole.size() <= message.bytes.data() + part.body_begin);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = parse(bytes);
  check_tree(message);
  const auto summary = summarize(message);
  require(posthorn::is_utf8(summary.preview) && posthorn::is_utf8(summary.subject));
  const auto stored = encode(summary);
  const auto back = decode_summary(stored);
  require(back && encode(*back) == stored);
  base_subject(summary.subject);
  for (const auto& part : message.parts) {
    require(decoded_body(message, part).size() <= part.body_end - part.body_begin + 3);
    require(posthorn::is_utf8(file_name(part)));
    if (part.type == "text") require(posthorn::is_utf8(text_of(message, part)));
    for (const auto& [name, value] : part.parameters) require(posthorn::is_utf8(value));
  }
  require(posthorn::is_utf8(boost::json::serialize(to_json(message))));
  if (bytes.find('\r') == bytes.npos) {
    std::string crlf;
    for (const char c : bytes) {
      if (c == '\n') crlf += '\r';
      crlf += c;
    }
    const auto other = parse(crlf);
    require(other.parts.size() == message.parts.size());
    for (std::size_t i = 0; i < other.parts.size(); ++i)
      require(other.parts[i].parent == message.parts[i].parent && other.parts[i].lines == message.parts[i].lines &&
              other.parts[i].subtype == message.parts[i].subtype);
  }
  return 0;
}
