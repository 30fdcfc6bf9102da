// store/blob_read.h - a blob's bytes by its id and data key. Errc::corrupt: something is missing or does not check.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/engine/engine.h"

namespace posthorn::store {

Result<std::string> read_blob(const Reader& reader, const BlobId& blob, std::string_view data_key);
// `length` of its bytes from `offset` on, or what there is of them.
Result<std::string> read_blob_range(const Reader& reader, const BlobId& blob, std::string_view data_key, std::uint64_t offset, std::uint64_t length);
Result<std::string> open_evidence(std::string_view stored, const BlobId& blob, std::string_view data_key);

}  // namespace posthorn::store
