// post/queue/entry.h - one message that must leave, with the state of each recipient. Pure values and their stored form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "smtp/types.h"

namespace posthorn::post {

enum class RecipientState : std::uint8_t { waiting, delivered, relayed, failed };  // relayed: the next server does no DSN

struct QueuedRecipient {
  smtp::RcptTo to;
  RecipientState state = RecipientState::waiting;
  std::uint32_t attempts = 0;
  std::uint16_t code = 0;          // of the last reply; 0: none yet, or no reply
  std::string enhanced, text;      // of the last reply, or what went wrong
  std::string remote;              // host that gave it: "mx.green.test [127.0.1.2]"
  bool reported = false;           // a failure or success DSN was made
  bool warned = false;             // a delay DSN was made
};

// One recipient in one attempt, for people.
struct Tried {
  WallTime at{};
  std::string to, remote, tls;     // "TLSv1.3 TLS_AES_128_GCM_SHA256, certificate verified"; empty: in clear or not reached
  std::uint16_t code = 0;
  std::string answer;
};
inline constexpr std::size_t most_tried = 50;  // the last so many are kept

// The JMAP submission whose recipients these are (post/submission.h); submission 0: none.
struct SubmissionLink {
  AccountId account{};
  ObjectId submission{};
  bool there() const { return number(submission) != 0; }
};

struct Entry {
  QueueId id{};
  smtp::MailFrom from;
  std::string login;               // who submitted it; empty: not authenticated, then no DSN is ever sent (attacks.md A13)
  WallTime arrived{};
  WallTime expires{};
  WallTime due{};                  // next attempt
  BlobId blob{};
  std::string wrapped_key;         // of the blob, by Keyring::wrap_queue
  std::uint64_t size = 0;
  bool held = false;
  std::string held_because;
  std::uint32_t begun = 0;         // attempts begun and not ended: counts crashes (attacks.md A18)
  std::uint32_t rounds = 0;        // ended attempts, for the back-off
  bool in_doubt = false;           // a final dot was sent whose reply was lost: the next try may be a duplicate
  std::vector<QueuedRecipient> recipients;
  std::string evidence;            // JSON (post/evidence.h): how it came to us; may be empty
  std::vector<Tried> tried;        // oldest first
  // How long it has been under way, never more than really passed whatever the clocks do; expiry counts this (faults.md 9).
  Duration waited{};
  WallTime counted{};              // when that was counted last, by both clocks
  SteadyTime counted_steady{};
  SubmissionLink submission;

  bool done() const;               // no recipient waits
};

// Counts the time since it was counted last: what both clocks agree has passed. The steady clock bounds it where somebody sets the wall
// clock, the wall clock where the steady one is another machine's or began anew with a restart.
void count_time(Entry& entry, WallTime now, SteadyTime steady);

std::string encode(const Entry& entry);
Result<Entry> decode_entry(std::string_view bytes);

// "1a2b-3c4d..." for people and Received fields, and back.
std::string text_of(QueueId id);
std::optional<QueueId> parse_queue_id(std::string_view text);

}  // namespace posthorn::post
