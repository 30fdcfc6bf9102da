#include "post/queue/entry.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "post/queue/stored_parts.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 4, oldest_version = 1;  // 2: evidence and attempts; 3: time waited; 4: JMAP's submission
constexpr std::size_t sum_size = 8;

std::int64_t millis(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

void put_recipient(Encoder& out, const QueuedRecipient& r) {
  put(out, r.to);
  out.u8(static_cast<std::uint8_t>(r.state)).u32(r.attempts).u16(r.code).string(r.enhanced).string(r.text).string(r.remote);
  out.flag(r.reported).flag(r.warned);
}

QueuedRecipient take_recipient(Decoder& in, bool& known) {
  QueuedRecipient r;
  r.to = take_rcpt_to(in);
  r.state = take_enum<RecipientState>(in, 3, known);
  r.attempts = in.u32();
  r.code = in.u16();
  r.enhanced = in.string();
  r.text = in.string();
  r.remote = in.string();
  r.reported = in.flag();
  r.warned = in.flag();
  return r;
}

std::string checksum(std::string_view bytes) { return Encoder().u64(crypto::xxh3(bytes)).take(); }

}  // namespace

bool Entry::done() const {
  return std::ranges::none_of(recipients, [](const auto& r) { return r.state == RecipientState::waiting; });
}

void count_time(Entry& entry, WallTime now, SteadyTime steady) {
  if (entry.counted != WallTime{}) {
    const Duration by_steady = steady >= entry.counted_steady ? steady - entry.counted_steady : steady.time_since_epoch();
    // Compared in milliseconds: a wall clock may be off by more years than nanoseconds can hold.
    const auto by_wall = std::max(now - entry.counted, std::chrono::milliseconds(0));
    entry.waited += std::min(std::chrono::duration_cast<std::chrono::milliseconds>(by_steady), by_wall);
  }
  entry.counted = now;
  entry.counted_steady = steady;
}

std::string encode(const Entry& e) {
  Encoder out;
  out.u8(version).u64(number(e.id));
  put(out, e.from);
  out.string(e.login).i64(millis(e.arrived)).i64(millis(e.expires)).i64(millis(e.due));
  out.string(std::string(e.blob.bytes.begin(), e.blob.bytes.end())).string(e.wrapped_key).u64(e.size);
  out.flag(e.held).string(e.held_because).u32(e.begun).u32(e.rounds).flag(e.in_doubt);
  out.u32(static_cast<std::uint32_t>(e.recipients.size()));
  for (const auto& r : e.recipients) put_recipient(out, r);
  out.string(e.evidence).u32(static_cast<std::uint32_t>(e.tried.size()));
  for (const auto& t : e.tried) put(out, t);
  out.i64(millis(e.waited)).i64(millis(e.counted)).i64(millis(e.counted_steady.time_since_epoch()));
  out.u64(number(e.submission.account)).u64(number(e.submission.submission));
  return out.bytes() + checksum(out.bytes());
}

Result<Entry> decode_entry(std::string_view bytes) {
  const auto bad = [](const char* why) { return fail(Errc::corrupt, std::string("a queue record does not check: ") + why, "It is left where it is; see posthorn verify"); };
  if (bytes.size() < sum_size) return bad("too short");
  const auto body = bytes.substr(0, bytes.size() - sum_size);
  if (checksum(body) != bytes.substr(body.size())) return bad("wrong checksum");
  Decoder in(body);
  const auto written = in.u8();
  if (written < oldest_version || written > version) return bad("unknown version");
  Entry e;
  bool known = true;
  e.id = QueueId{in.u64()};
  e.from = take_mail_from(in, known);
  e.login = in.string();
  e.arrived = wall(in.i64());
  e.expires = wall(in.i64());
  e.due = wall(in.i64());
  const auto blob = in.string();
  if (blob.size() != e.blob.bytes.size()) return bad("blob id");
  std::ranges::copy(blob, e.blob.bytes.begin());
  e.wrapped_key = in.string();
  e.size = in.u64();
  e.held = in.flag();
  e.held_because = in.string();
  e.begun = in.u32();
  e.rounds = in.u32();
  e.in_doubt = in.flag();
  const auto count = in.count();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) e.recipients.push_back(take_recipient(in, known));
  if (written >= 2) {
    e.evidence = in.string();
    const auto tries = in.count();
    for (std::uint32_t i = 0; i < tries && in.ok(); ++i) e.tried.push_back(take_tried(in));
  }
  if (written >= 3) {
    // In milliseconds, so that no number can overflow nanoseconds: some 290 years is all that fits there.
    constexpr std::int64_t most = std::int64_t{1} << 43;
    const auto waited = in.i64();
    e.counted = wall(in.i64());
    const auto steady = in.i64();
    known &= waited >= 0 && waited < most && steady >= -most && steady < most;
    if (known) {
      e.waited = std::chrono::milliseconds(waited);
      e.counted_steady = SteadyTime(std::chrono::milliseconds(steady));
    }
  }
  if (written >= 4) {
    e.submission.account = AccountId{in.u64()};
    e.submission.submission = ObjectId{in.u64()};
  }
  if (!in.finished() || !known) return bad("fields");
  return e;
}

std::string text_of(QueueId id) {
  const auto value = number(id);
  std::string raw;
  for (int shift = 56; shift >= 0; shift -= 8) raw += static_cast<char>((value >> shift) & 0xff);
  return hex(raw);
}

std::optional<QueueId> parse_queue_id(std::string_view text) {
  const auto raw = text.size() == 16 ? unhex(text) : std::nullopt;
  if (!raw) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *raw) value = value << 8 | static_cast<unsigned char>(c);
  return QueueId{value};
}

}  // namespace posthorn::post
