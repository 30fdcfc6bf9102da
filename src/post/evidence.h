// post/evidence.h - the record of how a message came to us, kept with it as JSON and gone with it (design 5): what the session saw,
// what was concluded, the DNS answers under that. Read back by `posthorn check stored` and `posthorn queue show`.
#pragma once

#include <string>
#include <string_view>

#include "smtp/server.h"
#include "trust/judgement.h"

namespace posthorn::post {

struct Arrival {
  smtp::Peer peer;
  smtp::MailFrom from;
  std::size_t recipients = 0;
  std::string id, host_name;
  WallTime now{};
};

// Of mail from another server: with the judgement and the answers it rests on.
std::string arrival_evidence(const Arrival& arrival, const trust::Judgement& judgement, const trust::Answers& answers, std::size_t size);
// Of mail from one of our people: who logged in, and the DKIM-Signature fields that we put on it.
std::string submission_evidence(const Arrival& arrival, std::string_view signature_fields, std::size_t size);

}  // namespace posthorn::post
