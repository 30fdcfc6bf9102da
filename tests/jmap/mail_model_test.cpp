// Clients that follow queries by Email/queryChanges and Mailbox/queryChanges alone, while IMAP, SMTP and JMAP change the account at
// random: after each round their list is what a new query answers (RFC 8620 5.6).
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "jmap/core/request.h"
#include "store/catalogs.h"
#include "store/random_work.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Clients {
 public:
  explicit Clients(store::RandomWork& work) : work_(work), catalogs_(work.t.store), services_{work.t.store, *work.t.accounts, *work.t.keyring, work.t.clock, *log_, nullptr, {}, "mx", &catalogs_} {}

  json::object run(const std::string& method, const std::string& arguments) {
    Call call{services_, sasl::Login{work_.alice, "alice@blue.test"}, {}, {}, "127.0.0.1"};
    const auto body = R"({"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[[")" + method + R"(",{"accountId":")" + account_text(work_.alice) + "\"" + arguments + R"(},"0"]]})";
    auto answer = work_.t.run(process(call, body, "s"));
    EXPECT_TRUE(answer) << arguments;
    auto response = (*answer)["methodResponses"].as_array()[0].as_array();
    EXPECT_EQ(response[0], json::value(method)) << json::serialize(response) << arguments;
    return response[1].as_object();
  }

  struct Followed {
    std::string type, arguments, state;
    std::vector<std::string> ids;
  };
  void begin(const std::string& type, const std::string& arguments) {
    auto answer = run(type + "/query", arguments);
    EXPECT_TRUE(answer["canCalculateChanges"].as_bool());
    followed_.push_back({type, arguments, std::string(answer["queryState"].as_string()), ids_of(answer["ids"])});
  }
  void catch_up() {
    for (auto& one : followed_) {
      SCOPED_TRACE(one.arguments);
      auto changes = run(one.type + "/queryChanges", one.arguments + R"(,"calculateTotal":true,"sinceQueryState":")" + one.state + "\"");
      for (const auto& id : ids_of(changes["removed"])) std::erase(one.ids, id);
      for (const auto& added : changes["added"].as_array()) {
        const auto index = static_cast<std::size_t>(added.as_object().at("index").to_number<std::int64_t>());
        ASSERT_LE(index, one.ids.size());
        one.ids.insert(one.ids.begin() + static_cast<std::ptrdiff_t>(index), std::string(added.as_object().at("id").as_string()));
      }
      one.state = changes["newQueryState"].as_string();
      auto fresh = run(one.type + "/query", one.arguments + R"(,"calculateTotal":true)");
      EXPECT_EQ(one.ids, ids_of(fresh["ids"]));
      EXPECT_EQ(changes["total"], fresh["total"]);
      EXPECT_EQ(one.state, fresh["queryState"].as_string());
    }
  }

 private:
  static std::vector<std::string> ids_of(const json::value& list) {
    std::vector<std::string> out;
    for (const auto& id : list.as_array()) out.emplace_back(id.as_string());
    return out;
  }

  store::RandomWork& work_;
  std::unique_ptr<Log> log_ = null_log();
  store::Catalogs catalogs_;
  Services services_;
  std::vector<Followed> followed_;
};

TEST(QueryModel, ListsThatAreFollowedAreListsThatAreAskedForAnew) {
  for (const std::uint64_t seed : {21u, 22u}) {
    store::RandomWork work(seed);
    Clients clients(work);
    for (int i = 0; i < 20; ++i) work.step();
    for (const auto* arguments : {"", R"(,"filter":{"inMailbox":"F1"})", R"(,"filter":{"inMailbox":"F1"},"collapseThreads":true)", R"(,"sort":[{"property":"receivedAt"}],"collapseThreads":true)",
                                  R"(,"filter":{"notKeyword":"$seen"},"sort":[{"property":"hasKeyword","keyword":"$flagged"},{"property":"size"}])",
                                  R"(,"filter":{"someInThreadHaveKeyword":"$flagged"})", R"(,"filter":{"operator":"NOT","conditions":[{"inMailbox":"F1"},{"hasKeyword":"$draft"}]},"collapseThreads":true)",
                                  R"(,"filter":{"inMailboxOtherThan":["F1"]},"sort":[{"property":"allInThreadHaveKeyword","keyword":"$seen","isAscending":false}])"})
      clients.begin("Email", arguments);
    for (const auto* arguments : {R"(,"sort":[{"property":"name"}])", R"(,"filter":{"isSubscribed":true},"sort":[{"property":"sortOrder"},{"property":"name","isAscending":false}])"}) clients.begin("Mailbox", arguments);
    for (int i = 0; i < 45 && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(i));
      work.step();
      if (i % 5 == 0) clients.catch_up();
    }
  }
}

}  // namespace
}  // namespace posthorn::jmap
