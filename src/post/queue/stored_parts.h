// post/queue/stored_parts.h - parts of stored records that the queue's entries and the submissions of JMAP have in common. What is written here
// stands in stores that are read by later versions: a change needs a new version of both records.
#pragma once

#include <algorithm>

#include "base/codec.h"
#include "post/queue/entry.h"

namespace posthorn::post {

inline std::int64_t millis(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

// A value that this version does not know makes the record unreadable instead of something else.
template <class Enum>
Enum take_enum(Decoder& in, std::uint8_t last, bool& known) {
  const auto value = in.u8();
  known &= value <= last;
  return static_cast<Enum>(std::min(value, last));
}

void put(Encoder& out, const smtp::MailFrom& from);
smtp::MailFrom take_mail_from(Decoder& in, bool& known);
void put(Encoder& out, const smtp::RcptTo& to);
smtp::RcptTo take_rcpt_to(Decoder& in);
void put(Encoder& out, const Tried& tried);
Tried take_tried(Decoder& in);

}  // namespace posthorn::post
