// MUSTs and examples of RFC 8621 that no other test shows, each named by its section. musts.tsv names the test of every MUST.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "jmap/mail/methods.h"
#include "jmap/world.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Rfc8621 : public MailTest {};

// rfc:8621#1.3.1
TEST_F(Rfc8621, S1_3_1_TheCapabilityTellsWhatItMust) {
  const auto told = mail_capability(w.services);
  for (const auto* name : {"maxMailboxesPerEmail", "maxMailboxDepth", "maxSizeMailboxName", "maxSizeAttachmentsPerEmail", "emailQuerySortOptions", "mayCreateTopLevelMailbox"}) EXPECT_TRUE(told.contains(name)) << name;
  EXPECT_TRUE(told.at("maxMailboxesPerEmail").is_null() || told.at("maxMailboxesPerEmail").to_number<std::int64_t>() >= 1);
  EXPECT_GE(told.at("maxSizeMailboxName").to_number<std::int64_t>(), 100);
  // What it says it sorts by, it sorts by.
  for (const auto& property : told.at("emailQuerySortOptions").as_array())
    EXPECT_TRUE(run("Email/query", R"("sort":[{"property":)" + json::serialize(property) + R"(,"keyword":"$seen"}])").contains("ids")) << property;
  const auto sending = submission_capability(w.services);
  EXPECT_TRUE(sending.contains("maxDelayedSend") && sending.contains("submissionExtensions"));
}

// rfc:8621#1.3.1 names of the length that is promised, rfc:8621#2 and no longer ones
TEST_F(Rfc8621, S2_NamesUpToTheLengthThatIsTold) {
  const auto most = static_cast<std::size_t>(mail_capability(w.services).at("maxSizeMailboxName").to_number<std::int64_t>());
  const auto create = [&](const std::string& name) { return run("Mailbox/set", R"("create":{"k":{"name":")" + name + "\"}}"); };
  EXPECT_TRUE(create(std::string(most, 'n'))["created"].is_object());
  for (const auto& bad : {std::string(most + 1, 'm'), std::string(), std::string("a\\u0007b"), std::string("a\\u0000")}) EXPECT_TRUE(create(bad)["notCreated"].is_object()) << bad;
  EXPECT_TRUE(create("Post für dich 東京")["created"].is_object());
}

// rfc:8621#2 one role for one mailbox, and only known ones
TEST_F(Rfc8621, S2_ARoleIsOneMailboxsAndKnown) {
  const auto made = [&](const std::string& role) { return run("Mailbox/set", R"("create":{"k":{"name":"R )" + role + R"(","role":")" + role + "\"}}"); };
  EXPECT_TRUE(made("inbox")["notCreated"].is_object());
  EXPECT_TRUE(made("nonsense")["notCreated"].is_object());
  EXPECT_TRUE(made("Trash")["notCreated"].is_object());
  EXPECT_TRUE(run("Mailbox/set", R"("update":{")" + box("Archive") + R"(":{"role":"junk"}})")["notUpdated"].is_object());
}

// rfc:8621#3 a thread's id is an Email's for life: a message that names two threads joins one and leaves the other
TEST_F(Rfc8621, S3_ThreadsAreNotMergedBehindAnEmailsBack) {
  const auto a = deliver("Subject: s\r\nMessage-ID: <a@x>\r\n"), b = deliver("Subject: s\r\nMessage-ID: <b@x>\r\n");
  const auto thread = [&](const std::string& id) { return email(id, R"(["threadId"])")["threadId"]; };
  const auto of_a = thread(a), of_b = thread(b);
  EXPECT_NE(of_a, of_b);
  const auto c = deliver("Subject: Re: s\r\nReferences: <a@x> <b@x>\r\n");
  EXPECT_EQ(thread(a), of_a);
  EXPECT_EQ(thread(b), of_b);
  EXPECT_TRUE(thread(c) == of_a || thread(c) == of_b);
}

// rfc:8621#3 the same dates, the same order
TEST_F(Rfc8621, S3_TheOrderInAThreadIsTheSameEachTime) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store::object_id(w.test.append(w.alice, "Subject: s\r\nReferences: <a@x>\r\n\r\nx\r\n")->email));
  const std::string thread(email(ids[0], R"(["threadId"])")["threadId"].as_string());
  const auto once = run("Thread/get", R"("ids":[")" + thread + "\"]")["list"];
  EXPECT_EQ(once.at(0).at("emailIds").as_array().size(), 5u);
  EXPECT_EQ(run("Thread/get", R"("ids":[")" + thread + "\"]")["list"], once);
}

// rfc:8621#4.1.2.1
TEST_F(Rfc8621, S4_1_2_1_ANulInAHeaderIsDropped) {
  const auto id = deliver(std::string("Subject: a\r\nX-Kind: b\0c\r\n", 25));
  const auto raw = email(id, R"(["header:X-Kind","header:X-Kind:asText"])");
  EXPECT_EQ(raw.at("header:X-Kind"), json::value(" bc"));
  EXPECT_EQ(std::string_view(raw.at("header:X-Kind:asText").as_string()).find('\0'), std::string_view::npos);
}

// rfc:8621#4.1.2.1 what is neither ASCII nor UTF-8 comes as text all the same
TEST_F(Rfc8621, S4_1_2_1_OtherCharsetsInAHeaderAreStillText) {
  const auto id = deliver("Subject: caf\xe9\r\nX-Kind: caf\xe9\r\n");
  const auto got = email(id, R"(["subject","header:X-Kind"])");
  EXPECT_TRUE(is_utf8(std::string_view(got.at("header:X-Kind").as_string())));
  EXPECT_TRUE(is_utf8(std::string_view(got.at("subject").as_string())));
}

// rfc:8621#4.1.4
TEST_F(Rfc8621, S4_1_4_APreviewIsAtMost256Characters) {
  for (const auto* character : {"x", "ä", "東", "😀"}) {
    std::string text;
    for (int i = 0; i < 600; ++i) text += character;
    const auto id = deliver("Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", text + "\r\n");
    const std::string preview(email(id, R"(["preview"])")["preview"].as_string());
    EXPECT_TRUE(is_utf8(preview));
    EXPECT_LE(std::ranges::count_if(preview, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }), 256);
    EXPECT_FALSE(preview.empty());
  }
}

// rfc:8621#4.2 and #4.9: cut to the number of octets that was asked for, and between characters
TEST_F(Rfc8621, S4_9_ValuesOfAParsedMessageAreCutAsThoseOfAnEmail) {
  const auto id = deliver("Subject: a\r\nContent-Type: text/plain; charset=utf-8\r\n", "ääääääää\r\n");
  for (int most = 1; most < 8; ++most) {
    const auto more = R"(,"fetchAllBodyValues":true,"properties":["bodyValues"],"maxBodyValueBytes":)" + std::to_string(most);
    const auto got = run("Email/get", R"("ids":[")" + id + "\"]" + more)["list"].at(0).at("bodyValues").at("0").as_object();
    const auto parsed = run("Email/parse", R"("blobIds":["BM)" + id.substr(1) + "\"]" + more)["parsed"].at("BM" + id.substr(1)).at("bodyValues").at("0").as_object();
    EXPECT_EQ(got, parsed);
    const std::string value(got.at("value").as_string());
    EXPECT_LE(value.size(), static_cast<std::size_t>(most));
    EXPECT_TRUE(is_utf8(value));
    EXPECT_EQ(got.at("isTruncated"), true);
  }
}

// rfc:8621#4.4.1
TEST_F(Rfc8621, S4_4_1_AHeaderConditionHasOneOrTwoElements) {
  for (const auto* bad : {"[]", R"(["A","b","c"])", R"("A")", "[1]", R"(["A",1])"}) EXPECT_EQ(error("Email/query", std::string(R"("filter":{"header":)") + bad + "}"), "invalidArguments") << bad;
}

// rfc:8621#4.4.2
TEST_F(Rfc8621, S4_4_2_SortingByAKeywordNeedsTheKeyword) {
  for (const auto* property : {"hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"})
    EXPECT_EQ(error("Email/query", std::string(R"("sort":[{"property":")") + property + "\"}]"), "invalidArguments") << property;
  EXPECT_EQ(error("Email/query", R"("sort":[{"property":"nothing"}])"), "unsupportedSort");
}

// rfc:8621#4.6
TEST_F(Rfc8621, S4_6_MessageIdAndDateAreMadeWhereTheyAreMissing) {
  auto made = run("Email/set", R"("create":{"a":{"mailboxIds":{")" + box("Drafts") + R"(":true},"subject":"x"},"b":{"mailboxIds":{")" + box("Drafts") + R"(":true},"messageId":["own@x"],"sentAt":"2018-07-10T11:03:11+10:00"}})");
  ASSERT_EQ(made["created"].as_object().size(), 2u) << json::serialize(made);
  const auto a = email(std::string(made["created"].at("a").at("id").as_string()), R"(["messageId","sentAt"])");
  EXPECT_EQ(a.at("messageId").as_array().size(), 1u);
  EXPECT_TRUE(std::string(a.at("messageId").at(0).as_string()).contains('@'));
  EXPECT_TRUE(a.at("sentAt").is_string());
  const auto b = email(std::string(made["created"].at("b").at("id").as_string()), R"(["messageId","sentAt"])");
  EXPECT_EQ(b.at("messageId"), json::array{"own@x"});
  EXPECT_EQ(b.at("sentAt"), json::value("2018-07-10T11:03:11+10:00"));
}

// rfc:8621#4.8 #4.9 internationalised messages (RFC 6532)
TEST_F(Rfc8621, S4_8_InternationalisedHeadersAreRead) {
  const auto id = deliver("From: Jörg <jörg@bücher.example>\r\nSubject: Grüße\r\nTo: 用户@例子.example\r\n");
  const auto blob = "BM" + id.substr(1);
  auto made = run("Email/import", R"("emails":{"k":{"blobId":")" + blob + R"(","mailboxIds":{")" + box("Archive") + R"(":true}}})");
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  const auto imported = email(std::string(made["created"].at("k").at("id").as_string()), R"(["from","subject","to"])");
  auto parsed = run("Email/parse", R"("blobIds":[")" + blob + R"("],"properties":["from","subject","to"])")["parsed"].at(blob).as_object();
  for (const auto* got : {&imported, static_cast<const json::object*>(&parsed)}) {
    EXPECT_EQ(got->at("subject"), json::value("Grüße"));
    EXPECT_EQ(got->at("from"), json::parse(R"([{"name":"Jörg","email":"jörg@bücher.example"}])"));
    EXPECT_EQ(got->at("to"), json::parse(R"([{"name":null,"email":"用户@例子.example"}])"));
  }
}

// rfc:8621#4.8 a duplicate is an Email of its own
TEST_F(Rfc8621, S4_8_ADuplicateIsIndependent) {
  const auto id = deliver("Subject: a\r\n");
  const auto blob = "BM" + id.substr(1);
  auto made = run("Email/import", R"("emails":{"k":{"blobId":")" + blob + R"(","mailboxIds":{")" + box("INBOX") + R"(":true}}})");
  ASSERT_TRUE(made["created"].is_object());
  const std::string other(made["created"].at("k").at("id").as_string());
  EXPECT_NE(other, id);
  run("Email/set", R"("update":{")" + other + R"(":{"keywords/$seen":true}},"destroy":[])");
  EXPECT_EQ(email(id, R"(["keywords"])")["keywords"], json::object{});
  run("Email/set", R"("destroy":[")" + id + "\"]");
  EXPECT_EQ(email(other, R"(["keywords"])")["keywords"], (json::object{{"$seen", true}}));
}

// rfc:8621#4.6 #4.8 what the answer says of a new blob is where it is
TEST_F(Rfc8621, S4_8_TheAnswerNamesTheBlobThatIsThere) {
  const auto id = deliver("Subject: a\r\n", "some text\r\n");
  auto made = run("Email/import", R"("emails":{"k":{"blobId":"BM)" + id.substr(1) + R"(","mailboxIds":{")" + box("INBOX") + R"(":true}}})");
  const std::string blob(made["created"].at("k").at("blobId").as_string());
  EXPECT_EQ(run("Email/parse", R"("blobIds":[")" + blob + R"("],"properties":["subject"])")["parsed"].at(blob).at("subject"), json::value("a"));
}

// rfc:8621#8.1
TEST_F(Rfc8621, S8_1_ThereIsOneVacationResponseCalledSingleton) {
  for (const auto* ids : {"", R"("ids":["singleton"])"}) {
    auto answer = run("VacationResponse/get", ids);
    ASSERT_EQ(answer["list"].as_array().size(), 1u) << json::serialize(answer);
    EXPECT_EQ(answer["list"].at(0).at("id"), json::value("singleton"));
  }
  EXPECT_EQ(run("VacationResponse/set", R"("create":{"k":{"isEnabled":true}})")["notCreated"].at("k").at("type"), json::value("singleton"));
  EXPECT_EQ(run("VacationResponse/get", R"("ids":["x"])")["notFound"], json::array{"x"});
}

// The examples of rfc:8621#2.6: what changed is fetched by references, and of those whose counts alone changed only the counts.
TEST_F(Rfc8621, S2_6_ExampleChangesOfMailboxesAreFetchedByReferences) {
  const auto own = "\"accountId\":\"" + account_text(w.alice) + "\"";
  const auto since = [&](const std::string& state) {
    return w.answers(R"([["Mailbox/changes",{)" + own + R"(,"sinceState":")" + state + R"("},"0"],["Mailbox/get",{)" + own + R"(,"#ids":{"resultOf":"0","name":"Mailbox/changes","path":"/created"}},"1"],["Mailbox/get",{)" + own +
                         R"(,"#ids":{"resultOf":"0","name":"Mailbox/changes","path":"/updated"},"#properties":{"resultOf":"0","name":"Mailbox/changes","path":"/updatedProperties"}},"2"]])",
                     R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail")");
  };
  const auto list = [](const json::array& all, std::size_t i) { return all.at(i).at(1).at("list").as_array(); };
  std::string state(run("Mailbox/get", "")["state"].as_string());
  deliver("Subject: a\r\n");
  auto all = since(state);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(list(all, 1).empty());
  ASSERT_EQ(list(all, 2).size(), 1u);
  EXPECT_EQ(list(all, 2).at(0), (json::object{{"id", box("INBOX")}, {"totalEmails", 1}, {"unreadEmails", 1}, {"totalThreads", 1}, {"unreadThreads", 1}}));
  state = std::string(all.at(0).at(1).at("newState").as_string());
  const auto id = box("Archive");
  auto set = run("Mailbox/set", R"("ifInState":")" + state + R"(","update":{")" + id + R"(":{"name":"Maybe"}},"create":{"n":{"name":"New"}})");
  EXPECT_EQ(set["updated"], (json::object{{id, nullptr}})) << json::serialize(set);
  EXPECT_EQ(set["oldState"], json::value(state));
  all = since(state);
  EXPECT_EQ(all.at(0).at(1).at("newState"), set["newState"]);
  ASSERT_EQ(list(all, 1).size(), 1u);
  EXPECT_EQ(list(all, 1).at(0).at("name"), json::value("New"));
  ASSERT_EQ(list(all, 2).size(), 1u) << "with null for properties all are told";
  EXPECT_EQ(list(all, 2).at(0).at("name"), json::value("Maybe"));
  EXPECT_EQ(list(all, 2).at(0).as_object().size(), list(all, 1).at(0).as_object().size());
}

// The examples of rfc:8621#4.10: a list of conversations is followed by its changes, which say where the new one goes.
TEST_F(Rfc8621, S4_10_ExampleAListIsFollowed) {
  const auto old = deliver("Subject: old\r\n"), middle = deliver("Subject: middle\r\n"), newest = deliver("Subject: newest\r\n");
  const auto query = R"("filter":{"inMailbox":")" + box("INBOX") + R"("},"sort":[{"property":"receivedAt","isAscending":false}],"collapseThreads":true,"calculateTotal":true)";
  const std::string state(run("Email/get", R"("ids":[])")["state"].as_string());
  auto first = run("Email/query", query + R"(,"position":0,"limit":30)");
  EXPECT_EQ(first["ids"], (json::array{newest, middle, old}));
  EXPECT_EQ(first["canCalculateChanges"], true);
  const std::string listed(first["queryState"].as_string());
  const auto fresh = deliver("Subject: fresh\r\n");
  run("Email/set", R"("update":{")" + middle + R"(":{"keywords/$seen":true}},"destroy":[")" + newest + "\"]");
  auto changes = run("Email/changes", R"("sinceState":")" + state + R"(","maxChanges":50)");
  EXPECT_EQ(changes["created"], json::array{fresh});
  EXPECT_EQ(changes["updated"], json::array{middle});
  EXPECT_EQ(changes["destroyed"], json::array{newest});
  auto moved = run("Email/queryChanges", query + R"(,"sinceQueryState":")" + listed + R"(","upToId":")" + old + R"(","maxChanges":25)");
  EXPECT_EQ(moved["oldQueryState"], json::value(listed));
  EXPECT_EQ(moved["total"], 3);
  // rfc:8620#5.6 the client takes out what was removed, then puts in what was added, each at its place.
  std::vector<json::value> ids(first["ids"].as_array().begin(), first["ids"].as_array().end());
  for (const auto& id : moved["removed"].as_array()) std::erase(ids, id);
  for (const auto& one : moved["added"].as_array()) ids.insert(ids.begin() + one.at("index").to_number<std::ptrdiff_t>(), one.at("id"));
  EXPECT_EQ(json::array(ids.begin(), ids.end()), (json::array{fresh, middle, old}));
  EXPECT_EQ(moved["newQueryState"], run("Email/query", query)["queryState"]);
  // The sort that rfc:8621#4.4.2 shows.
  EXPECT_EQ(run("Email/query", R"("sort":[{"property":"someInThreadHaveKeyword","keyword":"$flagged","isAscending":false},{"property":"subject","collation":"i;ascii-casemap"},{"property":"receivedAt","isAscending":false}])")["ids"], (json::array{fresh, middle, old}));
}

// The example of rfc:8621#4.10: a draft in two forms takes the place of the one before.
TEST_F(Rfc8621, S4_10_ExampleADraftInTwoForms) {
  const auto before = deliver("Subject: World domination\r\n", "plan\r\n", {"\\Draft"}, "Drafts");
  auto made = run("Email/set", R"("create":{"k":{"mailboxIds":{")" + box("Drafts") + R"(":true},"keywords":{"$seen":true,"$draft":true},"from":[{"name":"Joe Bloggs","email":"joe@example.com"}],"to":[{"name":"John","email":"john@example.com"}],
    "subject":"World domination","receivedAt":"2018-07-10T01:05:08Z","sentAt":"2018-07-10T11:05:08+10:00","bodyStructure":{"type":"multipart/alternative","subParts":[
      {"partId":"a49d","type":"text/html","header:Content-Language":"en"},{"partId":"bd48","type":"text/plain","header:Content-Language":"en"}]},
    "bodyValues":{"bd48":{"value":"a plan","isTruncated":false},"a49d":{"value":"<p>a <b>plan</b></p>","isTruncated":false}}}},"destroy":[")" + before + "\"]");
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  EXPECT_EQ(made["destroyed"], json::array{before});
  const std::string id(made["created"].at("k").at("id").as_string());
  auto got = run("Email/get", R"("ids":[")" + id + R"("],"properties":["bodyStructure","textBody","htmlBody","bodyValues"],"fetchAllBodyValues":true,"bodyProperties":["partId","type","subParts","header:Content-Language:asText"])")["list"].at(0).as_object();
  EXPECT_EQ(got["bodyStructure"].at("type"), json::value("multipart/alternative"));
  const auto& parts = got["bodyStructure"].at("subParts").as_array();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts.at(0).at("type"), json::value("text/html"));
  EXPECT_EQ(parts.at(1).at("type"), json::value("text/plain"));
  for (const auto& part : parts) EXPECT_EQ(part.at("header:Content-Language:asText"), json::value("en"));
  EXPECT_EQ(got["bodyValues"].at(got["textBody"].at(0).at("partId").as_string()).at("value"), json::value("a plan"));
  EXPECT_EQ(got["bodyValues"].at(got["htmlBody"].at(0).at("partId").as_string()).at("value"), json::value("<p>a <b>plan</b></p>"));
}

}  // namespace
}  // namespace posthorn::jmap
