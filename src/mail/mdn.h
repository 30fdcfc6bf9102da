// mail/mdn.h - message disposition notifications (RFC 8098): the fields of message/disposition-notification, read and written, and the whole
// report. Pure.
// Security: reading takes hostile bytes as any message (message.h): bounded, values are one line each. Writing refuses what would end a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mail/message.h"
#include "mail/text.h"

namespace posthorn::mail {

// rfc:8098#3.2.6
struct Disposition {
  enum class Mode : std::uint8_t { manual, automatic };
  enum class Type : std::uint8_t { displayed, deleted, dispatched, processed };
  Mode action = Mode::manual, sending = Mode::manual;
  Type type = Type::displayed;
  bool operator==(const Disposition&) const = default;
};
std::optional<Disposition> parse_disposition(std::string_view value);
std::string_view name_of(Disposition::Type type);  // "displayed"
std::optional<Disposition::Type> disposition_type(std::string_view name);

// Values as they stand, unfolded: "rfc822; joe@example.com". Empty: the field is not there.
struct Mdn {
  std::string reporting_ua, gateway, original_recipient, final_recipient, original_message_id;
  Disposition disposition;
  std::vector<std::string> errors;
  std::vector<std::pair<std::string, std::string>> extensions;
};

// The content of a message/disposition-notification part. Nothing: it has no Final-Recipient or no Disposition that says something.
std::optional<Mdn> parse_mdn(std::string_view content);
// The notification within a multipart/report, and the text for people beside it. Nothing: the message is none.
struct MdnReport {
  Mdn mdn;
  std::string text;               // UTF-8
  bool has_original = false;      // message/rfc822 is part of it
};
std::optional<MdnReport> find_mdn(const Message& message);

// What a report is made of.
struct MdnDraft {
  std::string from;                  // value of From, encoded
  std::vector<std::string> to;       // addresses
  std::string subject, text;         // UTF-8
  std::string unique, host;          // for Message-ID and boundary
  Date date;
  Mdn mdn;
  std::string_view original;         // whole; empty: it is not sent back
};
// CRLF lines. Errc::invalid: a value holds what ends a line, or an extension has no name of a field.
Result<std::string> write_mdn(const MdnDraft& draft);

}  // namespace posthorn::mail
