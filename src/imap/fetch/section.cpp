// imap/fetch/section.cpp - see section.h.
#include "imap/fetch/section.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::imap {

namespace {

// Where the line that begins at `at` ends, its line end included.
std::size_t end_of_line(std::string_view bytes, std::size_t at) {
  const auto feed = bytes.find('\n', at);
  return feed == std::string_view::npos ? bytes.size() : feed + 1;
}

bool is_empty_line(std::string_view line) {
  return line == "\r\n" || line == "\n";
}

// Those fields of a header block that are (or are not) among `names`, and the empty line (rfc:9051#6.4.5 HEADER.FIELDS).
std::string picked_fields(std::string_view header, const Section& section) {
  const bool wanted = section.text == SectionText::header_fields;
  std::string out;
  bool keep = !wanted;  // of a block that begins with a continuation line
  for (std::size_t at = 0; at < header.size();) {
    const auto end = end_of_line(header, at);
    const auto line = header.substr(at, end - at);
    at = end;
    if (is_empty_line(line)) {
      out += line;
      break;
    }
    const bool continues = line.front() == ' ' || line.front() == '\t';
    if (!continues) {
      const auto colon = line.find(':');
      const auto name = colon == std::string_view::npos ? std::string() : to_lower(trim(line.substr(0, colon)));
      const bool named =
          colon != std::string_view::npos && std::binary_search(section.fields.begin(), section.fields.end(), name);
      keep = named == wanted;
    }
    if (keep) out += line;
  }
  return out;
}

struct Blocks {
  std::string_view header, body;
};

// The message a section-text speaks of: the whole one, or the one inside of the message/rfc822 part that the number names.
std::optional<Blocks> message_blocks(LazyMessage& message, const Section& section) {
  if (section.part.empty()) {
    const auto end = message.header_end();
    return Blocks{message.bytes().substr(0, end), message.bytes().substr(end)};
  }
  const auto& parsed = message.parsed();
  const auto* part = find_part(parsed, section.part);
  if (part == nullptr || !part->is_message()) return std::nullopt;
  const auto& root = parsed.parts[part->children.front()];
  return Blocks{parsed.header(root), parsed.body(root)};
}

}  // namespace

std::size_t end_of_header(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = end_of_line(bytes, at);
    if (is_empty_line(bytes.substr(at, end - at))) return end;
    at = end;
  }
  return bytes.size();
}

std::size_t LazyMessage::header_end() {
  if (!header_end_) header_end_ = end_of_header(bytes_);
  return *header_end_;
}

const mail::Message& LazyMessage::parsed() {
  if (!parsed_) parsed_ = mail::parse(bytes_);
  return *parsed_;
}

// rfc:9051#6.4.5: a multipart's parts are numbered; a message has the parts of its body, or the one part 1.
const mail::Part* find_part(const mail::Message& message, const std::vector<std::uint32_t>& part) {
  const mail::Part* at = &message.root();
  bool is_whole_message = true;  // `at` is the root of a message, not yet a part of it
  for (const auto number : part) {
    if (!is_whole_message && at->is_message()) {
      at = &message.parts[at->children.front()];
      is_whole_message = true;
    }
    if (at->is_multipart()) {
      if (number > at->children.size()) return nullptr;
      at = &message.parts[at->children[number - 1]];
    } else if (number != 1 || !is_whole_message) {
      return nullptr;
    }
    is_whole_message = false;
  }
  return at;
}

std::optional<std::string_view> octets_of(LazyMessage& message, const Section& section, std::string& made) {
  if (section.whole_message()) return message.bytes();
  if (section.text == SectionText::all || section.text == SectionText::mime) {
    const auto* part = find_part(message.parsed(), section.part);
    if (part == nullptr) return std::nullopt;
    return section.text == SectionText::mime ? message.parsed().header(*part) : message.parsed().body(*part);
  }
  const auto blocks = message_blocks(message, section);
  if (!blocks) return std::nullopt;
  if (section.text == SectionText::header) return blocks->header;
  if (section.text == SectionText::text) return blocks->body;
  made = picked_fields(blocks->header, section);
  return made;
}

Result<std::optional<std::string_view>> decoded_octets_of(LazyMessage& message, const Section& section, std::string& made) {
  if (section.part.empty()) return message.bytes();
  const auto* part = find_part(message.parsed(), section.part);
  if (part == nullptr) return std::nullopt;
  if (part->is_multipart() || part->is_message()) return message.parsed().body(*part);
  if (part->encoding == mail::Encoding::unknown)
    return fail(Errc::unsupported, "The part's Content-Transfer-Encoding is not known");
  if (part->encoding != mail::Encoding::quoted_printable && part->encoding != mail::Encoding::base64)
    return message.parsed().body(*part);
  made = mail::decoded_body(message.parsed(), *part);
  return made;
}

std::string_view cut(std::string_view octets, const std::optional<Partial>& partial) {
  if (!partial) return octets;
  if (partial->offset >= octets.size()) return {};
  return octets.substr(static_cast<std::size_t>(partial->offset),
                       static_cast<std::size_t>(std::min<std::uint64_t>(partial->length, octets.size())));
}

}  // namespace posthorn::imap
