#include "post/auto_replies.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "post/handover.h"
#include "post/signing_keys.h"
#include "post/vacation.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::post {
namespace {

using store::Space;
constexpr auto again_after = std::chrono::days(7);  // rfc:5230#4.1 the usual
constexpr auto counted_over = std::chrono::hours(24);
constexpr std::size_t most_replies = 500;  // in that time

// When, in the upper bits, and the mark of the text.
constexpr std::uint64_t mark_bits = 24, mark_mask = (std::uint64_t{1} << mark_bits) - 1;
std::string row(WallTime now, std::uint64_t mark) { return store::encode_number(static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::seconds(1)) << mark_bits | mark); }
WallTime moment_of(std::uint64_t value) { return WallTime(std::chrono::seconds(value >> mark_bits)); }

std::string key_of(AccountId account, std::string_view sender) { return store::key::auto_replies(account) + crypto::sha256(to_lower(sender)).substr(0, 16); }

bool was_answered(const store::Reader& reader, AccountId account, std::string_view sender, std::uint64_t mark, WallTime now) {
  const auto bytes = reader.get(Space::node, key_of(account, sender));
  if (!bytes || !*bytes) return false;
  const auto value = store::decode_number(**bytes);
  return value && (*value & mark_mask) == mark && now - moment_of(*value) < again_after;
}

// Forgets what is over; whether there may be one more.
Result<bool> make_room(store::Transaction& tx, AccountId account, WallTime now) {
  std::vector<std::string> over;
  std::size_t counted = 0;
  const auto prefix = store::key::auto_replies(account);
  TRY(tx.scan(Space::node, prefix, store::key::after(prefix), [&](std::string_view key, std::string_view bytes) {
    const auto value = store::decode_number(bytes);
    const auto age = value ? now - moment_of(*value) : WallTime::duration::max();
    if (age >= again_after) over.emplace_back(key);
    else if (age < counted_over) ++counted;
    return true;
  }));
  for (const auto& key : over) tx.erase(Space::node, key);
  return counted < most_replies;
}

struct Away {
  VacationRecord vacation;
  std::uint64_t mark = 0;
};
Result<std::optional<Away>> away(const store::Store& store, AccountId account, WallTime now) {
  const auto view = store.view(account);
  // Most accounts never had any: their clock says so.
  if (number(view.states()[static_cast<std::size_t>(store::DataType::vacation)]) <= 1) return std::optional<Away>();
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::vacation));
  if (objects.empty()) return std::optional<Away>();
  TRY_ASSIGN(auto vacation, decode_vacation(objects.front().value));
  if (!is_away(vacation, now)) return std::optional<Away>();
  const auto mark = crypto::xxh3(objects.front().value) & mark_mask;
  return std::optional(Away{std::move(vacation), mark});
}

// rfc:5230#4.5 an address that is theirs alone: not the list of a whole office.
Result<std::optional<mail::Address>> own_address(const store::Store& store, AccountId account, const std::vector<mail::Address>& openly) {
  for (const auto& one : openly) {
    TRY_ASSIGN(const auto route, store.route(one.text()));
    if (route.kind == store::Route::Kind::local && route.forwards.empty() && route.accounts.size() == 1 && route.accounts.front() == account) return std::optional(one);
  }
  return std::optional<mail::Address>();
}

mail::Date date_of(WallTime time) { return mail::Date{std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(), 0}; }

struct Asked {
  store::Store& store;
  const crypto::Keyring& keyring;
  const Options& options;
  const smtp::MailFrom& from;
  WallTime now{};
};

// An answer is due to this message; whether from this account, and what it says.
Result<std::optional<AutoReply>> reply_of(const Asked& asked, AccountId account, Away away, const mail::Message& message) {
  const std::optional<AutoReply> none;
  const auto sender = asked.from.reverse_path.text();
  TRY_ASSIGN(const bool to_itself, asked.store.owns(account, sender));
  if (to_itself || was_answered(*asked.store.snapshot(), account, sender, away.mark, asked.now)) return none;
  TRY_ASSIGN(const auto own, own_address(asked.store, account, openly_to(message)));
  if (!own) return none;
  TRY_ASSIGN(const auto info, asked.store.view(account).account());
  AutoReply out{account, asked.from.reverse_path, away.mark, {}};
  const auto unique = text_of(new_queue_id());
  const VacationReply reply{away.vacation, message, *own, out.to, info.display_name, asked.options.host_name, unique, date_of(asked.now)};
  out.message = write_vacation(reply);
  const SigningKeys keys(asked.store, asked.keyring);
  TRY_ASSIGN(const auto signed_by, signatures(keys, own->domain, out.message, asked.now));
  out.message.insert(0, signed_by);
  // Nothing is delivered late because somebody who is away cannot be answered.
  TRY_ASSIGN(const auto route, asked.store.route(sender));
  for (const auto there : route.accounts) {
    TRY_ASSIGN(const bool room, asked.store.has_room(there, 2 * out.message.size()));
    if (!room) return none;
  }
  return std::optional(std::move(out));
}

}  // namespace

AutoReplies auto_replies(store::Store& store, const crypto::Keyring& keyring, const Options& options, const smtp::MailFrom& from,
                         const std::vector<AccountId>& accounts, std::string_view text) {
  AutoReplies out;
  if (from.reverse_path.empty()) return out;
  const Asked asked{store, keyring, options, from, store.clock().now()};
  std::optional<mail::Message> message;  // parsed once somebody is away
  for (const auto account : accounts) {
    auto found = away(store, account, asked.now);
    if (!found) out.failed.push_back(std::move(found.error()));
    if (!found || !*found) continue;
    if (!message) message = mail::parse(text);
    if (!not_to_be_answered(*message, from.reverse_path).empty()) return out;
    auto one = reply_of(asked, account, std::move(**found), *message);
    if (!one) out.failed.push_back(std::move(one.error()));
    else if (*one) out.made.push_back(std::move(**one));
  }
  return out;
}

Result<bool> take_turn(store::Transaction& tx, const AutoReply& one, WallTime now) {
  const auto sender = one.to.text();
  // Two letters of one sender may come in at once.
  if (was_answered(tx, one.account, sender, one.mark, now)) return false;
  TRY_ASSIGN(const bool room, make_room(tx, one.account, now));
  if (!room) return false;
  tx.put(Space::node, key_of(one.account, sender), row(now, one.mark));
  return true;
}

}  // namespace posthorn::post
