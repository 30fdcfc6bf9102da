// post/trace.h - the header fields that we add on the way, and the checks on those that came. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/text.h"
#include "smtp/types.h"

namespace posthorn::post {

// rfc:5321#4.4 "Received: from ... by ... with ... id ... for ...; date", folded. `recipient` empty: more than one, not named.
std::string received_field(const smtp::Peer& peer, std::string_view host_name, std::string_view id, std::string_view recipient,
                           bool smtputf8, mail::Date date);
// rfc:5321#4.4 the reverse-path at final delivery.
std::string return_path_field(const mail::Address& reverse_path);

// The number of Received fields in the header block: how often the message has been handed on.
std::size_t received_count(std::string_view message);

// attacks.md A14: what an alias sends on says so, and what comes back with it is going in circles.
std::string delivered_to_field(const mail::Address& alias);
bool was_delivered_to(std::string_view message, const mail::Address& alias);

struct Submission {
  std::string added;    // header fields to put in front
  std::string message;  // without Bcc
};
// rfc:6409#8: adds a missing Date and Message-ID, takes Bcc out. `unique` makes the Message-ID.
Submission complete_submission(std::string_view message, std::string_view host_name, std::string_view unique, mail::Date date);

// Every addr-spec of every From and Sender field, normalised; refused if there is not exactly one From field or one of its
// addresses is no addr-spec (attacks.md A12).
Result<std::vector<mail::Address>> authors(std::string_view message);

}  // namespace posthorn::post
