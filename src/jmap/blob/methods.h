// jmap/blob/methods.h - Blob management (RFC 9404) and Blob/copy (RFC 8620 section 6.3): a file a method. Inside jmap only.
// Security: ids name only what the asking account holds (core/blobs.h); what is put together or read at once is bounded by `most_bytes`.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>

#include "jmap/core/blobs.h"
#include "jmap/core/method.h"

namespace posthorn::jmap {

// rfc:9404#3.1
inline constexpr std::uint64_t most_data_sources = 64;
// Of one Blob/upload, and of one Blob/get: base64 of it fits into an answer that a client can hold.
inline constexpr std::uint64_t most_bytes = 16u << 20;

// A part of a blob, as asked for: from `offset`, `length` octets or to the end.
struct Range {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

Task<Answer> blob_upload(Call& call, boost::json::object arguments);
Task<Answer> blob_get(Call& call, boost::json::object arguments);
Task<Answer> blob_lookup(Call& call, boost::json::object arguments);
Task<Answer> blob_copy(Call& call, boost::json::object arguments);

// read_blob() on the worker pool.
Task<Result<std::optional<Blob>>> read_later(const Services& services, AccountId account, std::string id);

std::span<const Method> blob_methods();
boost::json::object blob_limits(const Services& services);

}  // namespace posthorn::jmap
