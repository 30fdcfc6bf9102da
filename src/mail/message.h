// mail/message.h - the one parser of messages: SMTP, IMAP, POP3, JMAP, filters and webmail see the same tree.
// Pure. Called by everybody; a Message refers to the bytes it was parsed from, which must outlive it.
// Security: reads hostile bytes. Iterative, linear in the input, bounded by Limits; what is over a limit stays
// opaque bytes and sets a flag, so parse() never fails: any bytes are some message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthorn::mail {

// attacks.md 2G
struct Limits {
  std::size_t depth = 64;             // nesting of multiparts and embedded messages
  std::size_t parts = 10'000;
  std::size_t parameters = 64;        // of one header field
  std::size_t header_fields = 1'000;  // of one header block; the rest is not indexed
  std::size_t addresses = 10'000;     // of one header block
  std::size_t encoded_words = 4'096;  // of one header field
  std::size_t all_fields = 100'000;      // of all header blocks together: bounds memory however many parts there are
  std::size_t all_parameters = 100'000;  // of all parts together
};

// One field of a header block, as it stands: `value` is everything after the colon without the final CRLF, folds kept.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  std::string_view whole;  // name, colon, value, final line end
};

// What is ambiguous about a message (attacks.md D5): other programs may see another tree than we do.
enum class Ambiguity : std::uint32_t {
  none = 0,
  duplicate_content_type = 1 << 0,
  duplicate_encoding = 1 << 1,
  duplicate_parameter = 1 << 2,
  encoded_word_in_parameter = 1 << 3,
  boundary_by_rfc2231 = 1 << 4,
  bad_parameter = 1 << 5,
  missing_final_boundary = 1 << 6,
  missing_boundary = 1 << 7,
  bad_base64 = 1 << 8,
  bad_quoted_printable = 1 << 9,
  unknown_encoding = 1 << 10,
  two_filenames = 1 << 11,
  bad_header_line = 1 << 12,
  over_limit = 1 << 13,
  encoded_multipart = 1 << 14,
  unknown_charset = 1 << 15,
  inexact_boundary = 1 << 16,       // a delimiter line goes on after its boundary (RFC 2046 5.1.1 lets it count)
  after_final_boundary = 1 << 17,   // a delimiter line after the multipart's end; it is epilogue to us
};

enum class Encoding : std::uint8_t { seven_bit, eight_bit, binary, quoted_printable, base64, unknown };

using Parameters = std::vector<std::pair<std::string, std::string>>;  // names in lower case; values decoded to UTF-8 (RFC 2231)

// One node of the MIME tree; offsets are into Message::bytes.
struct Part {
  std::size_t header_begin = 0;  // first byte of the header block
  std::size_t body_begin = 0;    // first byte after the empty line (== header end)
  std::size_t body_end = 0;      // excludes the CRLF that belongs to the boundary
  int parent = -1;               // index into Message::parts
  std::vector<std::uint32_t> children;  // of a multipart; of message/rfc822 the one root of the embedded message
  std::vector<HeaderField> fields;

  std::string type = "text";      // lower case
  std::string subtype = "plain";  // lower case
  Parameters parameters;
  Encoding encoding = Encoding::seven_bit;
  std::string encoding_text;      // as written, "7BIT" if absent
  std::string disposition;        // lower case; empty if absent
  Parameters disposition_parameters;
  std::string content_id, description, md5, location;  // raw, unfolded; empty if absent
  std::vector<std::string> languages;
  std::uint64_t lines = 0;        // of the body as it stands

  bool is_multipart() const { return type == "multipart" && !children.empty(); }
  bool is_message() const { return type == "message" && (subtype == "rfc822" || subtype == "global") && !children.empty(); }
};

struct Message {
  std::string_view bytes;
  std::vector<Part> parts;  // parts[0] is the message itself
  std::uint32_t ambiguities = 0;

  const Part& root() const { return parts.front(); }
  std::string_view header(const Part& part) const { return bytes.substr(part.header_begin, part.body_begin - part.header_begin); }
  std::string_view body(const Part& part) const { return bytes.substr(part.body_begin, part.body_end - part.body_begin); }
};

// Linear; looks at no body but for delimiter lines.
Message parse(std::string_view bytes, const Limits& limits = {});
// bad_base64 and bad_quoted_printable need a look at every encoded body: asked for apart, summarize() does.
std::uint32_t body_ambiguities(const Message& message);
// "duplicate_content_type" and so on, in the order of the bits.
std::vector<std::string_view> ambiguity_names(std::uint32_t ambiguities);

// First field of that name (case-insensitive), or nullptr.
const HeaderField* find(const std::vector<HeaderField>& fields, std::string_view name);
// A field's value without its folds (line ends before WSP removed) and surrounding white space. Stray CR, LF and NUL
// become spaces, so that no value can ever end a line of some protocol.
std::string unfolded(std::string_view value);

// The part's body with its transfer encoding undone. Junk is skipped, never an error; see Message::ambiguities.
std::string decoded_body(const Message& message, const Part& part);
// As decoded_body(), converted to UTF-8 by its charset (unknown: windows-1252; attacks.md D8).
std::string text_of(const Message& message, const Part& part);
// The file name a person should see: disposition's filename, else type's name; empty if none.
std::string file_name(const Part& part);

}  // namespace posthorn::mail
