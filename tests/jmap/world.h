// tests/jmap/world.h - JMAP requests on a store in memory.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "jmap/core/request.h"
#include "store/catalogs.h"
#include "store/object_id.h"
#include "store/test_store.h"

namespace posthorn::jmap {

// One account, alice@blue.test; `ask` runs a whole request as HTTP would hand it over.
class World {
 public:
  World() : alice(test.add("alice@blue.test")) {}

  std::expected<boost::json::object, Problem> ask(std::string_view body) {
    Call call{services, sasl::Login{alice, "alice@blue.test", app_password}, {}, {}, "127.0.0.1"};
    call.session = session;
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
  std::string app_password;  // who asks logged in with it; empty: with the account's own
  ObjectId session{};        // or is a browser
  std::unique_ptr<Log> log = null_log();
  store::Catalogs catalogs{test.store};
  Services services{test.store, *test.accounts, *test.keyring, test.clock, *log, nullptr, {}, "mx.blue.test", &catalogs};
};

// What tests of many methods say often, in alice's name.
class MailTest : public testing::Test {
 protected:
  boost::json::object run(const std::string& method, const std::string& arguments) {
    return w.mail(method, "{\"accountId\":\"" + account_text(w.alice) + "\"" + (arguments.empty() ? "" : "," + arguments) + "}");
  }
  std::string error(const std::string& method, const std::string& arguments) {
    auto answer = run(method, arguments);
    return answer.contains("error") ? std::string(answer["error"].as_string()) : "none: " + boost::json::serialize(answer);
  }
  std::string deliver(const std::string& headers, const std::string& body = "Hi\r\n", std::vector<std::string> flags = {}, const std::string& box = "INBOX") {
    w.test.clock.advance(std::chrono::seconds(1));
    const auto made = w.test.append(w.alice, headers + "\r\n" + body, std::move(flags), (*w.test.store.view(w.alice).mailbox(box))->id);
    EXPECT_TRUE(made);
    return store::object_id(made->email);
  }
  std::string box(const std::string& name) { return store::object_id((*w.test.store.view(w.alice).mailbox(name))->id); }
  boost::json::object email(const std::string& id, const std::string& properties) {
    auto answer = run("Email/get", R"("ids":[")" + id + R"("],"properties":)" + properties);
    const bool found = answer.contains("list") && !answer["list"].as_array().empty();
    EXPECT_TRUE(found) << boost::json::serialize(answer);
    return found ? answer["list"].as_array()[0].as_object() : boost::json::object{};
  }

  World w;
};

}  // namespace posthorn::jmap
