// trust/json.h - verdicts and the DNS answers under them as JSON: what `posthorn check --json` prints and what the evidence record
// keeps. Results are the RFCs' own lower-case words. Text from the network is made valid UTF-8 first.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "trust/judgement.h"

namespace posthorn::trust {

boost::json::object to_json(const spf::Verdict& verdict);
boost::json::object to_json(const dkim::Signature& signature);
boost::json::object to_json(const arc::Chain& chain);
// `disposition` is what was done about it in the end; the record's own wish is "policy".
boost::json::object to_json(const dmarc::Verdict& verdict, Disposition disposition);
// {"spf":…,"helo":…,"dkim":[…],"arc":…,"dmarc":…,"authors":…,"disposition":…,"reason":…,"overrides":[…]}
boost::json::object to_json(const Judgement& judgement);

// Every question with its answer, so that a judgement can be repeated later from what was known then, and back.
boost::json::array to_json(const Answers& answers);
Result<Answers> answers_from_json(const boost::json::value& value);

}  // namespace posthorn::trust
