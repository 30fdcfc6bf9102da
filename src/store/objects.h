// store/objects.h - JMAP objects inside a transaction, for those who commit them together with other things.
#pragma once

#include "store/engine/engine.h"
#include "store/types.h"

namespace posthorn::store {

Result<std::optional<Object>> read_object(const Reader& reader, AccountId account, DataType type, ObjectId id);
// The account's modseq: in a transaction, that of the last write to it.
Result<ModSeq> modseq_of(const Reader& reader, AccountId account);

}  // namespace posthorn::store
