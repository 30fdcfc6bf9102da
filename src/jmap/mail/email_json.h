// jmap/mail/email_json.h - an Email as JSON (RFC 8621 4.1): which properties a client wants, what must be read for them, and how they
// are told. Pure: the caller reads.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/mail/body.h"
#include "mail/summary.h"
#include "store/store.h"

namespace posthorn::jmap {

enum class EmailProperty : std::uint8_t {
  id, blob_id, thread_id, mailbox_ids, keywords, size, received_at, snoozed,           // of the store
  message_id, in_reply_to, sender, from, to, cc, bcc, reply_to, subject, sent_at,      // of the summary
  has_attachment, preview,
  references, headers, body_structure, body_values, text_body, html_body, attachments, header,  // of the message
};

struct EmailSelection {
  struct Wanted {
    EmailProperty property{};
    std::string as_asked;
    HeaderProperty header;
  };
  std::vector<Wanted> properties;
  BodyRequest body;
  bool needs_summary = false, needs_message = false, needs_snooze = false;
};

// What can be told of one Email. `shown` is absent for a message that is in no mailbox (Email/parse): the store's properties are null.
struct EmailSource {
  std::string blob_id;
  std::uint64_t size = 0;
  std::optional<store::ShownEmail> shown;
  std::optional<store::Snooze> snoozed;  // absent: it does not sleep
  std::optional<mail::Summary> summary;
  std::optional<std::string> message;  // its bytes
};

const std::vector<std::string>& default_email_properties();        // RFC 8621 4.2
const std::vector<std::string>& default_parsed_email_properties();  // 4.9
// Errc::invalid: there is no such property, or its form is forbidden.
Result<EmailSelection> select_email(const std::vector<std::string>& properties, BodyRequest body);

boost::json::object email_json(const EmailSelection& selection, const EmailSource& source, const store::Keywords& keywords);

// The JMAP name of a flag: "$seen" for "\Seen", others in lower case (RFC 8621 4.1.1); and back.
std::string jmap_keyword(std::string_view imap);
// Errc::invalid if it is none.
Result<std::string> imap_keyword(std::string_view jmap);
boost::json::object keywords_json(store::Flags flags, const store::Keywords& keywords);
// "2018-06-27T00:20:35Z"
std::string utc_date(WallTime time);
// RFC 3339 with 'T' and 'Z' in upper case, as JMAP's UTCDate and Date have it (RFC 8620 1.4).
struct Moment {
  std::int64_t seconds = 0;
  std::int32_t zone_minutes = 0;
};
std::optional<Moment> parse_moment(std::string_view text);
std::optional<WallTime> parse_utc_date(std::string_view text);

}  // namespace posthorn::jmap
