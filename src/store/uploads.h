// store/uploads.h - what the removal of an account needs to know of uploads. Inside the store only.
#pragma once

#include <string_view>

#include "store/engine/engine.h"
#include "store/types.h"

namespace posthorn::store {

// Lets go of the blob that an upload's object row (as stored) holds; the row is the caller's.
Status release_upload(Transaction& tx, AccountId account, ObjectId id, std::string_view object_value);

}  // namespace posthorn::store
