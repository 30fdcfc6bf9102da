// mail/summary.h - what lists and FETCH need of a message without its bytes: envelope, structure, preview.
// Made once at delivery, stored in the store's `x` space. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/address.h"
#include "mail/message.h"

namespace posthorn::mail {

// RFC 9051 7.5.2 ENVELOPE. Strings are raw header text, unfolded, encoded words not decoded; nullopt is NIL.
// from, sender and reply_to are as in the header (IMAP's defaulting of sender and reply-to happens in imap/).
struct Envelope {
  std::optional<std::string> date, subject, in_reply_to, message_id;
  std::vector<HeaderAddress> from, sender, reply_to, to, cc, bcc;
};

// One node of BODYSTRUCTURE (RFC 9051 7.5.2), in preorder; children by index as in Message::parts.
struct StructurePart {
  std::string type, subtype;     // lower case
  Parameters parameters;
  std::optional<std::string> id, description, md5, location;
  std::string encoding;          // "7BIT", "BASE64"... upper case, as written if unknown
  std::uint64_t size = 0;        // octets of the body as it stands
  std::uint64_t lines = 0;
  std::string disposition;       // lower case; empty is NIL
  Parameters disposition_parameters;
  std::vector<std::string> languages;
  std::vector<std::uint32_t> children;
  std::optional<Envelope> envelope;  // of message/rfc822: of the embedded message
};

struct Summary {
  Envelope envelope;
  std::vector<StructurePart> structure;   // [0] is the message
  std::string preview;                    // RFC 8970: at most 256 characters of UTF-8 text
  std::string subject;                    // decoded UTF-8, for people and sorting
  std::vector<std::string> references;    // message-ids of References and In-Reply-To without <>; of over 100 the first and the last 99
  std::string message_id;                 // without <>; empty if none
  std::optional<std::int64_t> sent;       // Date field, seconds since 1970, if readable
  std::int32_t sent_zone_minutes = 0;
  std::uint32_t ambiguities = 0;  // those of the message and of its bodies (body_ambiguities)
  bool has_attachment = false;
};

// Texts are cut at 64 KiB, each address field at 1 MiB; To, Cc and Bcc that stand twice are put together, of the others
// the first counts.
Envelope envelope_of(const std::vector<HeaderField>& fields, std::size_t address_limit = 10'000);
std::size_t address_count(const Envelope& envelope);
Summary summarize(const Message& message);
// RFC 8970: the beginning of the first text a person would read, white space put together, at most 256 characters.
std::string preview_of(const Message& message);

// The stored form: versioned, length-prefixed, bounded. decode() refuses what encode() could not have made.
std::string encode(const Summary& summary);
Result<Summary> decode_summary(std::string_view bytes);

// RFC 5256 2.1 base subject, for threads.
std::string base_subject(std::string_view decoded_subject);

}  // namespace posthorn::mail
