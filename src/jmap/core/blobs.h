// jmap/core/blobs.h - blobs as clients name them (RFC 8620 section 6): the bytes of an Email, of a part of one, of an upload, of a card's picture. An id has a
// meaning only within the account that asks, and what it names is found by a row of that account: another account's id names nothing
// here, and no bytes are shared that would show who else has them (attacks.md F8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jmap/core/method.h"

namespace posthorn::jmap {

std::string blob_of_email(EmailId email);                              // "BM1f"
std::string blob_of_part(EmailId email, std::string_view part_id);     // "BM1f.1.2": the part's decoded content
std::string blob_of_upload(ObjectId upload);                           // "BO1f"
std::optional<EmailId> email_of_blob(std::string_view blob_id);         // of the whole message of an Email, not of a part
// A part of a message that is itself a blob, for Email/parse.
std::string blob_of_part(std::string_view blob_id, std::string_view part_id);

struct Blob {
  std::string bytes;
  std::string type;  // as told or declared; may be empty
};

// Reads a cold disk: call it through the workers. Nothing: there is no such blob for that account.
Result<std::optional<Blob>> read_blob(const store::Store& store, AccountId account, std::string_view blob_id);

// Keeps uploaded bytes for a day (section 6.1 wants an hour at least); what an Email was made of is then the Email's own.
Task<Result<std::string>> keep_upload(const Services& services, AccountId account, std::string bytes, std::string type);

}  // namespace posthorn::jmap
