// jmap/mail/compose.h - the Email object of a creation (RFC 8621 4.6) to a message. parse_draft() checks every rule of the section and
// says which properties break it; build_message() writes RFC 5322 and MIME. Pure.
// Security: values come from a client; none of them can begin a header line of its own (attacks.md E12): CR, LF and NUL are refused
// wherever they are not text of a body. Bounded by ComposeLimits, no recursion.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "jmap/core/method.h"
#include "jmap/mail/header_property.h"

namespace posthorn::jmap {

struct ComposeLimits {
  std::size_t parts = 1'000;
  std::size_t depth = 16;
  std::size_t fields = 200;
};

struct DraftPart {
  std::string type = "text", subtype = "plain";  // lower case
  std::string name, disposition, cid, location;
  std::vector<std::string> languages;
  std::string fields;                    // other header lines, ready
  std::optional<std::string> part_id, blob_id;
  std::string text;                      // of part_id: UTF-8 with LF
  std::string charset;                   // of a blob, as told
  std::vector<std::size_t> children;     // into Draft::parts
};

struct Draft {
  std::string fields;                    // header lines, ready
  bool has_date = false, has_message_id = false;
  std::vector<DraftPart> parts;          // [0] is the body
  std::vector<std::string> blob_ids() const;
};

std::expected<Draft, SetError> parse_draft(const boost::json::object& email, const ComposeLimits& limits = {});

struct BlobContent {
  std::string bytes;
  std::string type;
};
// `message_id` without brackets, for one that has none; likewise the date.
std::string build_message(const Draft& draft, const std::map<std::string, BlobContent>& blobs, const std::string& message_id, std::int64_t now);

// One header line of a value in a form (RFC 8621 4.1.2 the other way); the error says what is wrong.
Result<std::string> field_line(std::string_view name, HeaderForm form, const boost::json::value& value);

}  // namespace posthorn::jmap
