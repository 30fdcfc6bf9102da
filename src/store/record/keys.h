// store/record/keys.h - the keys of the store: big-endian numbers, so that one account, mailbox or blob is one range of a space. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/types.h"

namespace posthorn::store::key {

inline void put_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}
inline std::uint64_t take_number(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + count && i < bytes.size(); ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

inline std::string of(AccountId account) {
  std::string out;
  put_number(out, number(account), 8);
  return out;
}
inline std::string of(AccountId account, MailboxId mailbox) {
  auto out = of(account);
  put_number(out, number(mailbox), 4);
  return out;
}
inline std::string of(AccountId account, MailboxId mailbox, Uid uid) {
  auto out = of(account, mailbox);
  put_number(out, number(uid), 4);
  return out;
}
inline std::string of(AccountId account, EmailId email) {
  auto out = of(account);
  put_number(out, number(email), 8);
  return out;
}
inline std::string of(AccountId account, ThreadId thread) {
  auto out = of(account);
  put_number(out, number(thread), 8);
  return out;
}
inline std::string of(AccountId account, ModSeq modseq) {
  auto out = of(account);
  put_number(out, number(modseq), 8);
  return out;
}
inline std::string of(AccountId account, DataType type) {
  auto out = of(account);
  put_number(out, static_cast<std::uint8_t>(type), 1);
  return out;
}
inline std::string of(AccountId account, DataType type, ObjectId id) {
  auto out = of(account, type);
  put_number(out, number(id), 8);
  return out;
}
// A thread join: the hash of a Message-ID and of the base subject.
inline std::string of(AccountId account, std::uint64_t message_id, std::uint64_t subject) {
  auto out = of(account);
  put_number(out, message_id, 8);
  put_number(out, subject, 8);
  return out;
}
inline std::string of(const BlobId& blob) { return std::string(blob.bytes.begin(), blob.bytes.end()); }
inline std::string of(const BlobId& blob, std::uint32_t chunk) {
  auto out = of(blob);
  put_number(out, chunk, 4);
  return out;
}
// An Email's hold on its blob.
inline std::string owner(AccountId account, EmailId email) { return "a" + of(account, email); }

inline MailboxId mailbox_of(std::string_view key) { return MailboxId{static_cast<std::uint32_t>(take_number(key, 8, 4))}; }
inline Uid uid_of(std::string_view key) { return Uid{static_cast<std::uint32_t>(take_number(key, 12, 4))}; }
inline EmailId email_of(std::string_view key) { return EmailId{take_number(key, 8, 8)}; }
inline ObjectId object_of(std::string_view key) { return ObjectId{take_number(key, 9, 8)}; }
inline AccountId account_of(std::string_view key) { return AccountId{take_number(key, 0, 8)}; }

// The first key after all that begin with `prefix`; empty: the end of the space.
inline std::string after(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// The space of names: domains, account addresses, aliases.
inline std::string domain(std::string_view name) { return "d" + std::string(name); }
inline std::string address(std::string_view name) { return "u" + std::string(name); }
inline std::string alias(std::string_view name) { return "l" + std::string(name); }

// The space of the node: what is under way and must be finished whatever happens, and the networks that accounts are used from.
inline constexpr std::string_view loose_prefix = "loose chunks ", removed_prefix = "removed account ", known_prefix = "known network ",
                                  app_password_prefix = "app password used ", auto_reply_prefix = "auto reply ", snooze_prefix = "snooze ";
inline std::string loose(const BlobId& blob) { return std::string(loose_prefix) + of(blob); }
inline std::string removed(AccountId account) { return std::string(removed_prefix) + of(account); }
// From where an account was used, when its app passwords were, whom it answered: behind these, what it is follows.
inline std::string app_password_uses(AccountId account) { return std::string(app_password_prefix) + of(account); }
inline std::string auto_replies(AccountId account) { return std::string(auto_reply_prefix) + of(account); }
// Emails that sleep.
inline std::string snoozes(AccountId account) { return std::string(snooze_prefix) + of(account); }
inline std::string snooze(AccountId account, EmailId email) { return std::string(snooze_prefix) + of(account, email); }
inline std::string known_networks(AccountId account) { return std::string(known_prefix) + of(account); }

}  // namespace posthorn::store::key
