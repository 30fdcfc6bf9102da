// jmap/mail/doubts.h - what speaks against a message that came from elsewhere, each a fact that its reader can look at: told by Journey/get. Pure.
// Few, so that they are read: what is usual in honest mail is none, however it could be abused, unless something else speaks against it too.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"

namespace posthorn::jmap {

struct Doubt {
  // "unproven": the policy of From's domain says that this is not from there; "name": the display name shows another address;
  // "lookAlike": From's domain looks like one that the reader knows; "scripts": it mixes alphabets; "replyTo": answers go elsewhere.
  std::string_view kind;
  std::string shown;  // what a reader may believe
  std::string real;   // what it is
};

// Whom the reader knows: domains of their own addresses, and the addresses of their contacts, in lower case.
struct Acquaintance {
  std::vector<std::string> domains, addresses;
};

// `judgement`: of the evidence that was kept when it came from another server.
std::vector<Doubt> doubts_of(const mail::Message& message, const boost::json::object& judgement, const Acquaintance& known);
boost::json::array doubts_json(const std::vector<Doubt>& doubts);

}  // namespace posthorn::jmap
