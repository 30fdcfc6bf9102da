// MUSTs of RFC 8620 that no other test shows, each named by its section. musts.tsv names the test of every MUST.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "jmap/core/method.h"
#include "jmap/core/tables.h"
#include "jmap/mail/methods.h"
#include "jmap/world.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Core : public MailTest {
 protected:
  std::string own() const { return "\"accountId\":\"" + account_text(w.alice) + "\""; }
  std::string state(const std::string& type) { return std::string(run(type + "/get", R"("ids":[])")["state"].as_string()); }
};

void collect_ids(const json::value& value, std::set<std::string>& out) {
  if (value.is_array()) {
    for (const auto& one : value.get_array()) collect_ids(one, out);
  } else if (value.is_object()) {
    for (const auto& [name, inner] : value.get_object()) {
      const std::string_view key(name);
      if (inner.is_string() && (key == "id" || key.ends_with("Id"))) out.emplace(inner.get_string());
      else if (inner.is_array() && (key == "ids" || key.ends_with("Ids")))
        for (const auto& one : inner.get_array()) out.emplace(one.as_string());
      else collect_ids(inner, out);
    }
  }
}

// rfc:8620#1.2
TEST_F(Core, S1_2_IdsAreOfTheSafeAlphabet) {
  deliver("Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n");
  std::set<std::string> ids;
  for (const auto* method : {"Mailbox/get", "Identity/get", "Email/query", "Mailbox/query"}) collect_ids(run(method, ""), ids);
  std::string emails;
  auto found = run("Email/query", "");
  for (const auto& id : found["ids"].as_array()) emails = json::serialize(json::array{id});
  auto email = run("Email/get", "\"ids\":" + emails);
  email["list"].as_array()[0].as_object().erase("messageId");  // an array of Message-IDs, which are no Ids
  email["list"].as_array()[0].as_object().erase("partId");
  collect_ids(email, ids);
  EXPECT_GE(ids.size(), 15u);
  for (const auto& id : ids) {
    EXPECT_TRUE(!id.empty() && id.size() <= 255) << id;
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), id.npos) << id;
  }
}

// rfc:8620#1.3
TEST_F(Core, S1_3_NumbersOutOfRangeAreRefused) {
  for (const auto* bad : {"-1", "9007199254740992", "1.5", "\"1\"", "1e30"}) EXPECT_EQ(error("Email/query", std::string("\"limit\":") + bad), "invalidArguments") << bad;
  EXPECT_EQ(error("Email/query", R"("position":9007199254740992)"), "invalidArguments");
  EXPECT_EQ(error("Email/query", R"("position":-9007199254740992)"), "invalidArguments");
  EXPECT_TRUE(run("Email/query", R"("limit":9007199254740991,"position":-9007199254740991)").contains("ids"));
}

// rfc:8620#1.6.2
TEST_F(Core, S1_6_2_AnAccountMadeAgainHasAnotherId) {
  const auto first = w.test.add("bob@blue.test");
  ASSERT_TRUE(w.test.run(w.test.store.remove_account("bob@blue.test")));
  EXPECT_NE(w.test.add("bob@blue.test"), first);
}

// rfc:8620#1.6.3
TEST_F(Core, S1_6_3_AnIdIsNeverGivenTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    const auto id = deliver("Subject: a\r\n");
    EXPECT_TRUE(seen.insert(id).second);
    if (i % 2 == 0) run("Email/set", R"("destroy":[")" + id + "\"]");
  }
  std::set<std::string> boxes;
  for (int i = 0; i < 5; ++i) {
    auto made = run("Mailbox/set", R"("create":{"k":{"name":"again"}})");
    const std::string id(made["created"].as_object()["k"].as_object()["id"].as_string());
    EXPECT_TRUE(boxes.insert(id).second);
    run("Mailbox/set", R"("destroy":[")" + id + "\"]");
  }
}

// rfc:8620#3.3
TEST_F(Core, S3_3_UnknownPropertiesOfARequestAreIgnored) {
  const auto answer = w.ask(R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{},"a"]],"later":{"x":[1]}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("methodResponses").as_array().size(), 1u);
}

// rfc:8620#3.3 #3.4 #3.10
TEST_F(Core, S3_4_CallsRunInTheirOrderAndCreatedIdsAreTold) {
  const auto using_all = std::string(R"("using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"])");
  auto answer = w.ask("{" + using_all + R"(,"createdIds":{"old":"F77"},"methodCalls":[["Mailbox/set",{)" + own() + R"(,"create":{"new":{"name":"N"}}},"a"],["Mailbox/get",{)" + own() +
                      R"(,"ids":["#new"],"properties":["name"]},"b"],["Mailbox/set",{)" + own() + R"(,"destroy":["#new"]},"c"],["Mailbox/get",{)" + own() + R"(,"ids":["#new"]},"d"]]})");
  ASSERT_TRUE(answer);
  const auto& responses = answer->at("methodResponses").as_array();
  ASSERT_EQ(responses.size(), 4u);
  const char* const tags[] = {"a", "b", "c", "d"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(responses[i].as_array()[2], json::value(tags[i]));
  const std::string id(responses[0].at(1).at("created").at("new").at("id").as_string());
  EXPECT_EQ(answer->at("createdIds"), (json::object{{"old", "F77"}, {"new", id}}));
  EXPECT_EQ(responses[1].at(1).at("list").at(0).at("name"), json::value("N"));
  EXPECT_EQ(responses[2].at(1).at("destroyed"), json::array{id});
  EXPECT_EQ(responses[3].at(1).at("notFound"), json::array{id});
}

// rfc:8620#5.3 a creation id that is used again is the newest one's
TEST_F(Core, S5_3_ACreationIdUsedAgainIsTheNewest) {
  auto all = w.answers(R"([["Mailbox/set",{)" + own() + R"(,"create":{"k":{"name":"A"}}},"0"],["Mailbox/set",{)" + own() + R"(,"create":{"k":{"name":"B"}}},"1"],["Mailbox/get",{)" + own() + R"(,"ids":["#k"]},"2"]])",
                       R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail")");
  EXPECT_EQ(all[2].at(1).at("list").at(0).at("name"), json::value("B"));
}

// rfc:8620#5.3 creates come before what names them, also within one call and in whatever order they are written
TEST_F(Core, S5_3_CreatesAreOrderedByWhatTheyName) {
  auto made = run("Mailbox/set", R"("create":{"c":{"name":"C","parentId":"#b"},"b":{"name":"B","parentId":"#a"},"a":{"name":"A"}})");
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  EXPECT_EQ(made["created"].as_object().size(), 3u) << json::serialize(made);
  const auto deepest = w.test.store.view(w.alice).mailbox("A/B/C");
  EXPECT_TRUE(deepest && *deepest);
  // A circle is no order.
  made = run("Mailbox/set", R"("create":{"x":{"name":"X","parentId":"#y"},"y":{"name":"Y","parentId":"#x"}})");
  EXPECT_EQ(made["notCreated"].as_object().size(), 2u) << json::serialize(made);
}

// rfc:8620#3.5
TEST_F(Core, S3_5_WhatIsLeftOutIsTheDefault) {
  deliver("Subject: a\r\n");
  deliver("Subject: b\r\n");
  EXPECT_EQ(run("Email/query", ""), run("Email/query", R"("filter":null,"sort":null,"position":0,"anchor":null,"anchorOffset":0,"limit":null,"calculateTotal":false,"collapseThreads":false)"));
  EXPECT_EQ(run("Mailbox/query", ""), run("Mailbox/query", R"("filter":null,"sort":null,"position":0,"anchor":null,"anchorOffset":0,"limit":null,"calculateTotal":false,"sortAsTree":false,"filterAsTree":false)"));
  EXPECT_EQ(run("Mailbox/get", ""), run("Mailbox/get", R"("ids":null,"properties":null)"));
}

// rfc:8620#3.6.2 what ends with an error has changed nothing
TEST_F(Core, S3_6_2_AnErrorChangesNothing) {
  const auto id = deliver("Subject: a\r\n");
  const auto email = state("Email"), boxes = state("Mailbox");
  EXPECT_EQ(error("Email/set", R"("ifInState":"1","update":{")" + id + R"(":{"keywords/$seen":true}},"destroy":[")" + id + "\"]"), "stateMismatch");
  EXPECT_EQ(error("Email/set", R"("destroy":[")" + id + R"("],"nope":1)"), "invalidArguments");
  EXPECT_EQ(error("Mailbox/set", R"("create":{"a":{"name":"A"}},"ifInState":"x")"), "stateMismatch");
  EXPECT_EQ(error("Email/import", R"("emails":{},"ifInState":"x")"), "stateMismatch");
  EXPECT_EQ(state("Email"), email);
  EXPECT_EQ(state("Mailbox"), boxes);
}

// rfc:8620#3.9 an argument that is none, or of the wrong type, in every method of mail
TEST_F(Core, S3_9_WrongArgumentsAreInvalidInEveryMethod) {
  std::size_t methods = 0;
  for (const auto& method : mail_methods()) {
    const std::string name(method.name);
    ++methods;
    EXPECT_EQ(error(name, R"("noSuchArgument":1)"), "invalidArguments") << name;
    EXPECT_EQ(w.mail(name, "{}")["error"], json::value("invalidArguments")) << name << " without accountId";
    EXPECT_EQ(w.mail(name, R"({"accountId":7})")["error"], json::value("invalidArguments")) << name;
    EXPECT_EQ(w.mail(name, R"({"accountId":"A777","fromAccountId":"A778"})")["error"], json::value("accountNotFound")) << name;
    const std::string verb = name.substr(name.find('/') + 1);
    if (verb == "get") {
      EXPECT_EQ(error(name, R"("ids":"x","filter":null,"emailIds":[])"), "invalidArguments") << name;
    }
    if (verb == "set") {
      EXPECT_EQ(error(name, R"("create":[])"), "invalidArguments") << name;
    }
    if (verb == "set") {
      EXPECT_EQ(error(name, R"("destroy":{})"), "invalidArguments") << name;
    }
    if (verb == "changes") {
      EXPECT_EQ(error(name, R"("sinceState":5)"), "invalidArguments") << name;
    }
    if (verb == "changes") {
      EXPECT_EQ(error(name, R"("sinceState":"1","maxChanges":0)"), "invalidArguments") << name;
    }
    if (verb == "changes") {
      EXPECT_EQ(error(name, R"("sinceState":"1","maxChanges":-1)"), "invalidArguments") << name;
    }
    if (verb == "query") {
      EXPECT_EQ(error(name, R"("filter":[])"), "invalidArguments") << name;
    }
    if (verb == "query") {
      EXPECT_EQ(error(name, R"("sort":{})"), "invalidArguments") << name;
    }
    if (verb == "query") {
      EXPECT_EQ(error(name, R"("limit":-1)"), "invalidArguments") << name;
    }
    if (verb == "queryChanges") {
      EXPECT_EQ(error(name, R"("sinceQueryState":null)"), "invalidArguments") << name;
    }
  }
  EXPECT_GE(methods, 25u);
}

// rfc:8620#5.1
TEST_F(Core, S5_1_AnIdAskedForTwiceIsToldOnce) {
  const auto id = deliver("Subject: a\r\n");
  auto answer = run("Email/get", R"("ids":[")" + id + R"(","M999",")" + id + R"(","M999"],"properties":["id"])");
  EXPECT_EQ(answer["list"].as_array().size(), 1u);
  EXPECT_EQ(answer["notFound"], json::array{"M999"});
  for (const auto* method : {"Mailbox/get", "Thread/get", "Identity/get", "EmailSubmission/get"})
    EXPECT_EQ(run(method, R"("ids":["x9","x9"])")["notFound"], json::array{"x9"}) << method;
  for (const auto* method : {"Mailbox/get", "Thread/get", "Email/get", "Identity/get", "EmailSubmission/get"})
    EXPECT_EQ(error(method, R"("ids":[],"properties":["nope"])"), "invalidArguments") << method;
}

// rfc:8620#5.1
TEST_F(Core, S5_1_AStateChangesWithTheData) {
  const auto before = state("Email"), boxes = state("Mailbox"), threads = state("Thread");
  const auto id = deliver("Subject: a\r\n");
  EXPECT_NE(state("Email"), before);
  EXPECT_NE(state("Mailbox"), boxes);
  EXPECT_NE(state("Thread"), threads);
  const auto after = state("Email");
  run("Email/set", R"("update":{")" + id + R"(":{"keywords/$seen":true}})");
  EXPECT_NE(state("Email"), after);
  EXPECT_EQ(state("Email"), state("Email"));
}

// rfc:8620#5.2 however small the steps, no id comes in a list where it does not belong, and no answer is larger than was asked for
TEST_F(Core, S5_2_ChangesInSmallSteps) {
  const auto start = state("Email");
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) ids.push_back(deliver("Subject: a\r\n"));
  run("Email/set", R"("update":{")" + ids[0] + R"(":{"keywords/$seen":true},")" + ids[1] + R"(":{"keywords/$seen":true}},"destroy":[")" + ids[2] + "\"]");
  std::set<std::string> created, destroyed;
  auto at = start;
  for (int i = 0; i < 30; ++i) {
    auto changes = run("Email/changes", R"("sinceState":")" + at + R"(","maxChanges":1)");
    const auto& c = changes["created"].as_array();
    const auto& u = changes["updated"].as_array();
    const auto& d = changes["destroyed"].as_array();
    EXPECT_LE(c.size() + u.size() + d.size(), 1u);
    for (const auto& id : c) EXPECT_TRUE(created.insert(std::string(id.as_string())).second && !destroyed.contains(std::string(id.as_string())));
    for (const auto& id : u) EXPECT_TRUE(created.contains(std::string(id.as_string())) && !destroyed.contains(std::string(id.as_string())));
    for (const auto& id : d) EXPECT_TRUE(destroyed.insert(std::string(id.as_string())).second);
    at = changes["newState"].as_string();
    if (!changes["hasMoreChanges"].as_bool()) break;
  }
  EXPECT_EQ(at, state("Email"));
  EXPECT_EQ(created.size() - destroyed.size(), 6u);
}

// rfc:8620#5.3 one object is changed whole or not at all, and the others go on
TEST_F(Core, S5_3_AnUpdateIsDoneWholeOrNotAtAll) {
  const auto a = deliver("Subject: a\r\n"), b = deliver("Subject: b\r\n");
  auto answer = run("Email/set", R"("update":{")" + a + R"(":{"keywords/$seen":true,"mailboxIds/F777":true},")" + b + R"(":{"keywords/$seen":true}},"destroy":["M999","M998"])");
  EXPECT_TRUE(answer["notUpdated"].as_object().contains(a));
  EXPECT_TRUE(answer["updated"].as_object().contains(b));
  EXPECT_EQ(answer["notDestroyed"].as_object().size(), 2u);
  EXPECT_EQ(run("Email/get", R"("ids":[")" + a + R"("],"properties":["keywords"])")["list"].at(0).at("keywords"), json::object{});
  answer = run("Mailbox/set", R"("update":{")" + box("Archive") + R"(":{"name":"Other","sortOrder":-1}})");
  EXPECT_TRUE(answer["notUpdated"].is_object());
  EXPECT_FALSE(box("Archive").empty());
}

// rfc:8620#5.3 rules of a PatchObject
TEST_F(Core, S5_3_PatchesThatAreNone) {
  const auto id = deliver("Subject: a\r\n");
  for (const auto* patch : {R"({"from/0/email":"x@y"})", R"({"keywords/a/b":true})", R"({"nope/x":1})", R"({"keywords":{},"keywords/x":true})"}) {
    auto answer = run("Email/set", R"("update":{")" + id + "\":" + patch + "}");
    ASSERT_TRUE(answer["notUpdated"].is_object()) << patch;
    const std::string type(answer["notUpdated"].at(id).at("type").as_string());
    EXPECT_TRUE(type == "invalidPatch" || type == "invalidProperties") << patch << type;
  }
}

// rfc:8620#5.5 "the limit is clamped to the maximum; the new limit is returned with the response so the client is aware"
TEST_F(Core, S5_5_ALimitOfTheServersOwnIsTold) {
  for (int i = 0; i < 5; ++i) deliver("Subject: a\r\n");
  w.services.ids_in_query = 3;
  struct Row { const char* arguments; std::size_t ids; std::optional<int> limit; };
  for (const auto& row : {Row{"", 3, 3}, Row{R"("limit":null)", 3, 3}, Row{R"("limit":4)", 3, 3}, Row{R"("limit":3)", 3, {}}, Row{R"("limit":0)", 0, {}}, Row{R"("position":3)", 2, 3},
                          Row{R"("filter":{"subject":"a"})", 3, 3}, Row{R"("sort":[{"property":"subject"}],"position":-2)", 2, 3}}) {
    const auto answer = run("Email/query", row.arguments);
    EXPECT_EQ(answer.at("ids").as_array().size(), row.ids) << row.arguments;
    EXPECT_EQ(answer.contains("limit"), row.limit.has_value()) << row.arguments;
    if (row.limit) {
      EXPECT_EQ(answer.at("limit"), *row.limit) << row.arguments;
    }
  }
}

// rfc:8620#5.5
TEST_F(Core, S5_5_PlacesTotalsAndAnchors) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.insert(ids.begin(), deliver("Subject: a\r\n"));
  const auto list = [](json::object answer) {
    std::vector<std::string> out;
    for (const auto& id : answer["ids"].as_array()) out.emplace_back(id.as_string());
    return out;
  };
  using L = std::vector<std::string>;
  EXPECT_EQ(list(run("Email/query", R"("position":5)")), L{});
  EXPECT_EQ(list(run("Email/query", R"("position":99)")), L{});
  EXPECT_EQ(list(run("Email/query", R"("position":-2)")), (L{ids[3], ids[4]}));
  EXPECT_EQ(list(run("Email/query", R"("position":-99)")), ids);
  EXPECT_EQ(list(run("Email/query", R"("anchor":")" + ids[2] + R"(","position":99)")), (L{ids[2], ids[3], ids[4]})) << "position is ignored";
  EXPECT_EQ(list(run("Email/query", R"("anchorOffset":3)")), ids) << "anchorOffset is ignored";
  EXPECT_FALSE(run("Email/query", "").contains("total"));
  EXPECT_FALSE(run("Email/query", R"("calculateTotal":false)").contains("total"));
  EXPECT_EQ(run("Email/query", R"("calculateTotal":true,"limit":1)")["total"], 5);
  EXPECT_FALSE(run("Mailbox/query", "").contains("total"));
  const std::string before(run("Email/query", "")["queryState"].as_string());
  EXPECT_EQ(run("Email/query", "")["queryState"], json::value(before));
  deliver("Subject: b\r\n");
  EXPECT_NE(run("Email/query", "")["queryState"], json::value(before));
}

// rfc:8620#5.5 what compares as equal comes in the same order each time
TEST_F(Core, S5_5_TheOrderIsTheSameEachTime) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(w.test.append(w.alice, "Subject: same\r\nFrom: a@b\r\n\r\nx\r\n"));
  for (const auto* sort : {"[]", "null", R"([{"property":"size"}])", R"([{"property":"subject"},{"property":"from"}])", R"([{"property":"hasKeyword","keyword":"$seen"}])"}) {
    const auto once = run("Email/query", std::string("\"sort\":") + sort)["ids"];
    EXPECT_EQ(run("Email/query", std::string("\"sort\":") + sort)["ids"], once) << sort;
  }
}

// rfc:8620#5.5 a FilterOperator's rules, a condition has no operator
TEST_F(Core, S5_5_FiltersThatAreNone) {
  for (const auto* bad : {R"({"operator":"XOR","conditions":[]})", R"({"operator":"AND"})", R"({"operator":"AND","conditions":{}})", R"({"operator":"AND","conditions":[1]})", R"({"operator":1,"conditions":[]})", "[]", "1"}) {
    EXPECT_EQ(error("Email/query", std::string("\"filter\":") + bad), "invalidArguments") << bad;
    EXPECT_EQ(error("Mailbox/query", std::string("\"filter\":") + bad), "invalidArguments") << bad;
  }
}

// rfc:8620#5.6
TEST_F(Core, S5_6_AddedIsInOrderTotalsOnlyIfAskedForAndUpToIdMayBeIgnored) {
  const auto old = deliver("Subject: a\r\n");
  const std::string since(run("Email/query", "")["queryState"].as_string());
  for (int i = 0; i < 4; ++i) deliver("Subject: b\r\n");
  const auto asked = R"("sinceQueryState":")" + since + "\"";
  auto changes = run("Email/queryChanges", asked);
  EXPECT_FALSE(changes.contains("total"));
  EXPECT_EQ(run("Email/queryChanges", asked + R"(,"calculateTotal":true)")["total"], 5);
  std::int64_t last = -1;
  for (const auto& one : changes["added"].as_array()) {
    EXPECT_GT(one.at("index").to_number<std::int64_t>(), last);
    last = one.at("index").to_number<std::int64_t>();
  }
  EXPECT_EQ(changes["added"].as_array().size(), 4u);
  // With a keyword in the filter the whole is told, whatever upToId says.
  const auto filter = std::string(R"("filter":{"notKeyword":"$seen"},)");
  const std::string then(run("Email/query", filter + R"("limit":1)")["queryState"].as_string());
  run("Email/set", R"("update":{")" + old + R"(":{"keywords/$seen":true}})");
  auto by_keyword = run("Email/queryChanges", filter + R"("sinceQueryState":")" + then + R"(","upToId":"M5")");
  EXPECT_TRUE(std::ranges::find(by_keyword["removed"].as_array(), json::value(old)) != by_keyword["removed"].as_array().end()) << json::serialize(by_keyword);
  EXPECT_TRUE(run("Email/queryChanges", asked + R"(,"upToId":"nothing")").contains("added"));
}

// rfc:8620#6 a blob may be named by a create and lose its last holder by a destroy in the same call
TEST_F(Core, S6_ABlobOutlivesTheCallThatLetsItGo) {
  const auto id = deliver("Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment\r\n\r\npicture\r\n--b--\r\n");
  const std::string blob(run("Email/get", R"("ids":[")" + id + R"("],"properties":["attachments"])")["list"].at(0).at("attachments").at(0).at("blobId").as_string());
  auto answer = run("Email/set", R"("create":{"k":{"mailboxIds":{")" + box("Drafts") + R"(":true},"attachments":[{"blobId":")" + blob + R"(","type":"image/png"}]}},"destroy":[")" + id + "\"]");
  EXPECT_TRUE(answer["created"].is_object()) << json::serialize(answer);
  EXPECT_EQ(answer["destroyed"], json::array{id});
}

}  // namespace
}  // namespace posthorn::jmap
