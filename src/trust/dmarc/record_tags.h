// trust/dmarc/record_tags.h - the tags of a DMARC record as they were written (RFC 9989 4.8). Internal to src/trust/dmarc. Pure.
// Security: text of strangers; linear, at most `most_tags` tags, views into the given text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn::trust::dmarc {

constexpr std::size_t most_tags = 100, most_errors = 20, most_uris = 50;

struct RecordTag {
  std::string name;        // lower case
  std::string_view value;  // without surrounding white space
};

struct RecordTags {
  std::vector<RecordTag> tags;      // behind v=DMARC1, also those that stand twice
  std::vector<std::string> errors;  // what is no tag
};
// Nothing: the text does not begin with v=DMARC1.
std::optional<RecordTags> split_record(std::string_view text);

// One URI of rua= or ruf= without the obsolete size (rfc:9989#4.8 obs-dmarc-uri). Nothing: not a URI, or mailto: without an
// address.
std::optional<std::string> report_uri(std::string_view written);

}  // namespace posthorn::trust::dmarc
