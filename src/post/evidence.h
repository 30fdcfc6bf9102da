// post/evidence.h - the record of how a message came to us, kept with it as JSON and gone with it (design 5): what the session saw,
// what was concluded, the DNS answers under that. Read back and judged once more by `posthorn check stored` and `posthorn queue show`.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/server.h"
#include "trust/altered/altered.h"
#include "trust/judgement.h"

namespace posthorn::post {

struct Arrival {
  smtp::Peer peer;
  smtp::MailFrom from;
  std::size_t recipients = 0;
  std::string id, host_name;
  std::string country;  // of the peer's address; empty: not known
  WallTime now{};
};

// Of mail from another server: with the judgement and the answers it rests on.
std::string arrival_evidence(const Arrival& arrival, const trust::Judgement& judgement, const trust::Answers& answers, std::size_t size);
// Of mail from one of our people: who logged in, and the DKIM-Signature fields that we put on it.
std::string submission_evidence(const Arrival& arrival, std::string_view signature_fields, std::size_t size);

// A stored message judged once more by the answers that were kept with it.
struct Replay {
  bool same = false;                         // the verdicts are those of its arrival
  std::string why;                           // of not: which differs, or what is missing
  trust::altered::Account altered;           // what was changed on its way, by its signatures
};
// `message`: as stored. The fields that we put on top disturb no verdict: no signature covers them.
Replay replay(const boost::json::object& evidence, std::string_view message);
// The judgement that it would have met had the SPF record of its sender's domain ended in "-all", "~all" or "?all". Nothing: that record has
// no `all`, or the kept answers do not reach.
std::optional<trust::Judgement> judge_with_ending(const boost::json::object& evidence, std::string_view message, std::string_view ending);

}  // namespace posthorn::post
