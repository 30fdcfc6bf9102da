// store/blob_read.h - a blob's bytes by its id and data key. Errc::corrupt: something is missing or does not check.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "store/engine/engine.h"

namespace posthorn::store {

Result<std::string> read_blob(const Reader& reader, const BlobId& blob, std::string_view data_key);
Result<std::string> open_evidence(std::string_view stored, const BlobId& blob, std::string_view data_key);

}  // namespace posthorn::store
