// tests/jmap/world.h - JMAP requests on a store in memory.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "jmap/core/request.h"
#include "store/catalogs.h"
#include "store/test_store.h"

namespace posthorn::jmap {

// One account, alice@blue.test; `ask` runs a whole request as HTTP would hand it over.
class World {
 public:
  World() : alice(test.add("alice@blue.test")) {}

  std::expected<boost::json::object, Problem> ask(std::string_view body) {
    Call call{services, sasl::Login{alice, "alice@blue.test"}, {}, {}, "127.0.0.1"};
    return test.run(process(call, body, "s"));
  }
  // The answers of calls that need nothing but their capabilities; `calls` is the JSON of methodCalls.
  boost::json::array answers(const std::string& calls, const std::string& capabilities = R"("urn:ietf:params:jmap:core")") {
    auto answer = ask(R"({"using":[)" + capabilities + R"(],"methodCalls":)" + calls + "}");
    if (!answer) {
      ADD_FAILURE() << answer.error().type << ": " << answer.error().detail;
      return {};
    }
    return (*answer)["methodResponses"].as_array();
  }

  // The answer of one method of mail; `error` stands in it if it failed.
  boost::json::object mail(const std::string& method, const std::string& arguments) {
    auto all = answers(R"([[")" + method + R"(",)" + arguments + R"(,"0"]])", R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail","urn:ietf:params:jmap:submission","urn:ietf:params:jmap:vacationresponse","urn:posthorn:journey","urn:posthorn:unsubscribe")");
    if (all.empty()) return {};
    auto answer = all[0].as_array()[1].as_object();
    if (all[0].as_array()[0] == "error") answer["error"] = answer["type"];
    return answer;
  }

  store::TestStore test;
  AccountId alice;
  std::unique_ptr<Log> log = null_log();
  store::Catalogs catalogs{test.store};
  Services services{test.store, *test.accounts, *test.keyring, test.clock, *log, nullptr, {}, "mx.blue.test", &catalogs};
};

}  // namespace posthorn::jmap
