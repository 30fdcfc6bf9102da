// jmap/mail/submission_json.h - an EmailSubmission as JSON (RFC 8621 7), its id, and reading them.
#pragma once

#include <boost/json/object.hpp>

#include "jmap/mail/support.h"
#include "post/submission.h"

namespace posthorn::jmap {

inline constexpr std::array<std::string_view, 10> submission_properties = {"id",     "identityId", "emailId",        "threadId",   "envelope",
                                                                           "sendAt", "undoStatus", "deliveryStatus", "dsnBlobIds", "mdnBlobIds"};

struct Submitted {
  ObjectId id{};
  post::SubmissionRecord record;
};
Result<std::vector<Submitted>> submissions(const store::View& view);
// Those of one Email, oldest first. `all`: filled where its index is not complete yet, and used again by the next who asks.
Result<std::vector<Submitted>> submissions_of(const store::View& view, EmailId email, std::optional<std::vector<Submitted>>& all);
Result<std::optional<Submitted>> find_submission(const store::View& view, ObjectId id);

std::string submission_id(ObjectId id);  // "S1f"
std::optional<ObjectId> submission_of(std::string_view id);
std::string_view name_of(post::Undo undo);
boost::json::object submission_json(const Submitted& one);
// Each recipient with its attempts, for the journey.
boost::json::array recipients_json(const post::SubmissionRecord& record);

}  // namespace posthorn::jmap
