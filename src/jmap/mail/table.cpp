// The table of the methods of mail, and what the Session says of them.
#include <array>

#include "jmap/mail/email_query.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/trust_methods.h"

namespace posthorn::jmap {
namespace {

constexpr std::string_view mail = "urn:ietf:params:jmap:mail", submission = "urn:ietf:params:jmap:submission", vacation = "urn:ietf:params:jmap:vacationresponse", journey = "urn:posthorn:journey", leaving = "urn:posthorn:unsubscribe";

constexpr std::array methods = {
    Method{"Mailbox/get", mail, mailbox_get},
    Method{"Mailbox/changes", mail, mailbox_changes},
    Method{"Mailbox/query", mail, mailbox_query},
    Method{"Mailbox/queryChanges", mail, mailbox_query_changes},
    Method{"Mailbox/set", mail, mailbox_set},
    Method{"Thread/get", mail, thread_get},
    Method{"Thread/changes", mail, thread_changes},
    Method{"Email/get", mail, email_get},
    Method{"Email/changes", mail, email_changes},
    Method{"Email/query", mail, email_query},
    Method{"Email/queryChanges", mail, email_query_changes},
    Method{"Email/set", mail, email_set},
    Method{"Email/copy", mail, email_copy},
    Method{"Email/import", mail, email_import},
    Method{"Email/parse", mail, email_parse},
    Method{"SearchSnippet/get", mail, search_snippet_get},
    Method{"Identity/get", submission, identity_get},
    Method{"Identity/changes", submission, identity_changes},
    Method{"Identity/set", submission, identity_set},
    Method{"EmailSubmission/get", submission, submission_get},
    Method{"EmailSubmission/changes", submission, submission_changes},
    Method{"EmailSubmission/query", submission, submission_query},
    Method{"EmailSubmission/queryChanges", submission, submission_query_changes},
    Method{"EmailSubmission/set", submission, submission_set},
    Method{"VacationResponse/get", vacation, vacation_get},
    Method{"VacationResponse/set", vacation, vacation_set},
    Method{"Journey/get", journey, journey_get},
    Method{"DeliverySecurity/get", journey, delivery_security},
    Method{"Unsubscribe/get", leaving, unsubscribe_get},
    Method{"Email/unsubscribe", leaving, email_unsubscribe},
};

}  // namespace

std::span<const Method> mail_methods() { return methods; }

boost::json::object mail_capability(const Services& services) {
  boost::json::array sorts;
  for (const auto name : email_sort_properties()) sorts.push_back(boost::json::string(name));
  return {{"maxMailboxesPerEmail", mailboxes_per_email},
          {"maxMailboxDepth", 64},
          {"maxSizeMailboxName", 490},
          {"maxSizeAttachmentsPerEmail", services.limits.upload},
          {"emailQuerySortOptions", std::move(sorts)},
          {"mayCreateTopLevelMailbox", true}};
}

boost::json::object submission_capability(const Services&) {
  return {{"maxDelayedSend", longest_delay}, {"submissionExtensions", boost::json::object{{"FUTURERELEASE", boost::json::array()}, {"DSN", boost::json::array()}, {"SIZE", boost::json::array()}}}};
}

}  // namespace posthorn::jmap
