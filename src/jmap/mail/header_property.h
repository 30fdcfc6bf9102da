// jmap/mail/header_property.h - properties that are header fields, "header:Resent-To:asAddresses:all" (RFC 8621 4.1.3), and the parsed
// forms of a field's value (4.1.2). Pure.
// Security: reads hostile header text through the one parser of src/mail; what it returns is valid UTF-8.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/address.h"
#include "mail/message.h"

namespace posthorn::jmap {

enum class HeaderForm : std::uint8_t { raw, text, addresses, grouped_addresses, message_ids, date, urls };

struct HeaderProperty {
  std::string name;      // of the field, as asked for
  HeaderForm form = HeaderForm::raw;
  bool all = false;      // every instance, else the last
};

// "header:..." as a client writes it. Errors: it is no such property, or the form is not allowed for that field.
Result<HeaderProperty> parse_header_property(std::string_view property);
bool form_allowed(std::string_view field, HeaderForm form);

// The value of that property in a header block.
boost::json::value header_value(const std::vector<mail::HeaderField>& fields, const HeaderProperty& property);
// One value in a form.
boost::json::value in_form(std::string_view value, HeaderForm form);

// [{"name":, "value":}...], raw.
boost::json::array headers_json(const std::vector<mail::HeaderField>& fields);
// EmailAddress[] of a parsed list.
boost::json::array addresses_json(const std::vector<mail::HeaderAddress>& list);
// As the Text form has it.
std::string text_form(std::string_view value);
// "2018-07-10T11:03:11+10:00"; UTC is "Z".
std::string date_json(std::int64_t seconds, std::int32_t zone_minutes);
// The ids of Message-ID, References and In-Reply-To, or null.
boost::json::value message_ids_json(std::string_view value);
// Valid UTF-8 without NUL: what is not becomes U+FFFD.
std::string clean_utf8(std::string_view bytes);

}  // namespace posthorn::jmap
