// post/dsn.h - delivery status notifications (RFC 3464, 3461, 6533): what happened to your letter, for people and programs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/text.h"
#include "post/handover.h"
#include "post/queue/entry.h"

namespace posthorn::post {

enum class DsnAction : std::uint8_t { failed, delayed, delivered, relayed };

struct DsnRecipient {
  const QueuedRecipient* recipient = nullptr;
  DsnAction action = DsnAction::failed;
};

struct DsnInput {
  const Entry* entry = nullptr;
  std::vector<DsnRecipient> recipients;   // at least one
  std::string_view message;               // as queued
  std::string_view host_name;
  std::string_view unique;                // for Message-ID and boundary
  mail::Date now;
};

// The whole message, CRLF lines, from <> to the reverse-path. A message over 64 KiB or RET=HDRS comes back as its headers.
std::string write_dsn(const DsnInput& input);

// Which recipients of `entry` are owed which notification now (RFC 3461 4.1, 5.2). Never for a null reverse-path, and never for
// mail that nobody authenticated for (attacks.md A13: its return address may be forged).
std::vector<DsnRecipient> owed(const Entry& entry, Duration warn_after);

// The notification of one action to the recipients of `entry` that are in the matching state, as a letter to be handed over; nothing if
// there is nobody to tell. `message` is what was queued or its header block.
std::optional<Letter> dsn_letter(const Entry& entry, const std::vector<DsnRecipient>& recipients, std::string_view message,
                                 std::string_view host_name, WallTime now);

}  // namespace posthorn::post
