// base/ids.h - strong ids: a Uid can never be passed as a ModSeq. Plain values, no I/O.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace posthorn {

enum class AccountId : std::uint64_t {};
enum class MailboxId : std::uint32_t {};
enum class EmailId : std::uint64_t {};
enum class ThreadId : std::uint64_t {};
enum class QueueId : std::uint64_t {};
enum class ObjectId : std::uint64_t {};        // of a JMAP object that is no mail: identity, submission...
enum class Uid : std::uint32_t {};             // RFC 9051 2.3.1.1; 0 is none
enum class UidValidity : std::uint32_t {};     // RFC 9051 2.3.1.1
enum class ModSeq : std::uint64_t {};          // RFC 7162; fits 63 bits; 0 is "before everything"

// A blob is one accepted message as it came; its id is the time it came and 80 random bits, and says nothing of its content.
struct BlobId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const BlobId&) const = default;
};

template <class Id>
  requires std::is_enum_v<Id>
constexpr auto number(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}

}  // namespace posthorn
