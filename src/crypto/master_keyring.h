// crypto/master_keyring.h - the Keyring over a master key in this process. Made by file_keyring() and memory_keyring(); thread-safe.
#pragma once

#include "crypto/keyring.h"

namespace posthorn::crypto {

std::unique_ptr<LocalKeyring> master_keyring(std::string_view master);  // 32 bytes

// What both sides of a remote keyring do with the keys that they share.
std::string bound_to(AccountId account);
Result<std::string> wrap_for(AccountId account, std::string_view opened_key, std::string_view data_key);
Result<std::string> unwrap_for(AccountId account, std::string_view opened_key, std::string_view wrapped);
std::string pseudonym_under(std::string_view key, std::string_view purpose, std::string_view text);

}  // namespace posthorn::crypto
