// jmap/mail/email_change.h - what Email/set, /import and /copy read from a client: mailboxes, keywords, dates, and patches of them
// (RFC 8621 4.6). Pure but for creation ids, which the Call knows.
#pragma once

#include "jmap/mail/support.h"

namespace posthorn::jmap {

// The properties of an Email that do not come from its message.
struct EmailPlace {
  std::vector<MailboxId> mailboxes;
  std::vector<std::string> keywords;  // as IMAP writes them
  std::optional<WallTime> received;
};
std::expected<EmailPlace, SetError> read_place(const Call& call, const boost::json::object& email);

// A PatchObject on an Email. `current`: it as it is now, whole (rfc:8620#5.3 what equals it may be sent along).
std::expected<store::EmailPatch, SetError> read_email_patch(const Call& call, EmailId id, const boost::json::object& patch, const store::View& view);

// What the store says of one Email.
SetError email_set_error(const Error& error);

// The same of one that was to be made: a mailbox that is not there is a property that is wrong.
SetError email_create_error(const Error& error);

// {"id", "blobId", "threadId", "size"}
boost::json::object created_json(const store::CreatedEmail& made);

// Parses, seals and stores a message; on a worker where it is much.
Task<Result<store::CreatedEmail>> store_email(Call& call, EmailPlace place, std::string message);

// A whole Email/set, also as part of EmailSubmission/set.
Task<Answer> set_emails(Call& call, SetRequest request);

}  // namespace posthorn::jmap
