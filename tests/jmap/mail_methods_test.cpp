// The methods of mail on a store in memory: each test is a MUST of RFC 8621, named by its section, or an example of the RFC.
#include <gtest/gtest.h>

#include <algorithm>

#include "jmap/world.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Mail : public MailTest {
 protected:
  json::object mailbox(const std::string& name) { return run("Mailbox/get", R"("ids":[")" + box(name) + "\"]")["list"].as_array()[0].as_object(); }
  std::vector<std::string> query(const std::string& arguments) {
    auto answer = run("Email/query", arguments);
    EXPECT_TRUE(answer.contains("ids")) << json::serialize(answer);
    std::vector<std::string> out;
    if (answer.contains("ids"))
      for (const auto& id : answer["ids"].as_array()) out.emplace_back(id.as_string());
    return out;
  }
  std::string set_error(const json::object& answer, const char* list, const std::string& id) {
    const auto* errors = answer.if_contains(list);
    if (errors == nullptr || !errors->is_object() || !errors->get_object().contains(id)) return "none: " + json::serialize(answer);
    return std::string(errors->get_object().at(id).as_object().at("type").as_string());
  }
  std::string create_error(const std::string& email) { return set_error(run("Email/set", R"("create":{"k":)" + email + "}"), "notCreated", "k"); }
};

using Ids = std::vector<std::string>;

// rfc:8621#2
TEST_F(Mail, S2_MailboxesAreToldWithRolesRightsAndCounts) {
  deliver("Subject: a\r\n");
  deliver("Subject: b\r\n", "x\r\n", {"\\Seen"});
  deliver("Subject: c\r\n", "x\r\n", {"\\Draft"});
  const auto inbox = mailbox("INBOX");
  EXPECT_EQ(inbox.at("role"), json::value("inbox"));
  EXPECT_EQ(inbox.at("name"), json::value("Inbox"));
  EXPECT_EQ(inbox.at("totalEmails"), 3);
  EXPECT_EQ(inbox.at("unreadEmails"), 1) << "neither seen nor draft";
  EXPECT_EQ(inbox.at("totalThreads"), 3);
  EXPECT_EQ(inbox.at("myRights").as_object().at("mayDelete"), false);
  EXPECT_EQ(mailbox("Trash").at("myRights").as_object().size(), 9u);
}

// rfc:8621#2 the example of unreadThreads
TEST_F(Mail, S2_TheTrashIsAThreadOfItsOwnForWhatIsUnread) {
  deliver("Subject: a\r\nMessage-ID: <1@x>\r\n", "x\r\n", {"\\Seen"});
  deliver("Subject: Re: a\r\nReferences: <1@x>\r\n", "x\r\n", {}, "Trash");
  EXPECT_EQ(mailbox("Trash").at("unreadThreads"), 1);
  EXPECT_EQ(mailbox("INBOX").at("unreadThreads"), 0);
}

TEST_F(Mail, S2_1_PropertiesThatAreNoneAreInvalid) {
  EXPECT_EQ(error("Mailbox/get", R"("properties":["nope"])"), "invalidArguments");
  EXPECT_EQ(run("Mailbox/get", R"("ids":["F999","x"])")["notFound"].as_array().size(), 2u);
}

// rfc:8621#2.2
TEST_F(Mail, S2_2_OnlyCountsHaveChangedOrItIsNull) {
  const std::string state(run("Mailbox/get", "")["state"].as_string());
  deliver("Subject: a\r\n");
  auto changes = run("Mailbox/changes", R"("sinceState":")" + state + "\"");
  EXPECT_EQ(changes["updated"], json::array{box("INBOX")});
  EXPECT_EQ(changes["updatedProperties"].as_array().size(), 4u);
  run("Mailbox/set", R"("update":{")" + box("Archive") + R"(":{"name":"Old"}})");
  changes = run("Mailbox/changes", R"("sinceState":")" + state + "\"");
  EXPECT_TRUE(changes["updatedProperties"].is_null());
  EXPECT_EQ(error("Mailbox/changes", R"("sinceState":"999999")"), "cannotCalculateChanges");
  EXPECT_EQ(error("Mailbox/changes", R"("sinceState":"x")"), "cannotCalculateChanges");
  EXPECT_EQ(error("Mailbox/changes", R"("sinceState":")" + state + R"(","maxChanges":0)"), "invalidArguments");
}

TEST_F(Mail, S2_3_QueriesFilterAndSortAlsoAsATree) {
  auto made = run("Mailbox/set", R"("create":{"a":{"name":"Work"},"b":{"name":"Alpha","parentId":"#a"}})");
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  const auto work = box("Work"), alpha = box("Work/Alpha");
  EXPECT_EQ(run("Mailbox/query", R"("filter":{"role":"inbox"})")["ids"], json::array{box("INBOX")});
  EXPECT_EQ(run("Mailbox/query", R"("filter":{"parentId":")" + work + "\"}")["ids"], json::array{alpha});
  EXPECT_EQ(run("Mailbox/query", R"("filter":{"operator":"NOT","conditions":[{"hasAnyRole":true}]},"sort":[{"property":"name"}])")["ids"], (json::array{alpha, work}));
  EXPECT_EQ(run("Mailbox/query", R"("filter":{"hasAnyRole":false},"sort":[{"property":"name"}],"sortAsTree":true)")["ids"], (json::array{work, alpha}));
  EXPECT_EQ(run("Mailbox/query", R"("filter":{"name":"alph"},"filterAsTree":true)")["ids"], json::array{}) << "its parent is not in";
  EXPECT_EQ(error("Mailbox/query", R"("filter":{"nope":1})"), "unsupportedFilter");
  EXPECT_EQ(error("Mailbox/query", R"("sort":[{"property":"role"}])"), "unsupportedSort");
}

TEST_F(Mail, S2_5_NamesParentsRolesAndLoops) {
  auto answer = run("Mailbox/set", R"("create":{"a":{"name":"A"},"b":{"name":"B","parentId":"#a"},"slash":{"name":"x/y"},"empty":{"name":""},"none":{},"role":{"name":"T2","role":"trash"},
    "parent":{"name":"P","parentId":"F777"},"set":{"name":"S","totalEmails":3}})");
  EXPECT_EQ(answer["created"].as_object().size(), 2u);
  for (const auto* bad : {"slash", "empty", "none", "role", "parent", "set"}) EXPECT_EQ(set_error(answer, "notCreated", bad), "invalidProperties") << bad;
  const auto a = box("A"), b = box("A/B");
  answer = run("Mailbox/set", R"("create":{"again":{"name":"B","parentId":")" + a + R"("}},"update":{")" + a + R"(":{"parentId":")" + b + "\"}}");
  EXPECT_EQ(set_error(answer, "notCreated", "again"), "invalidProperties") << "no two siblings of one name";
  EXPECT_EQ(set_error(answer, "notUpdated", a), "invalidProperties") << "no loop";
  answer = run("Mailbox/set", R"("update":{")" + box("INBOX") + R"(":{"name":"X"},"F999":{"name":"X"},")" + a + R"(":{"name":"A","sortOrder":2147483648}})");
  EXPECT_EQ(set_error(answer, "notUpdated", box("INBOX")), "forbidden");
  EXPECT_EQ(set_error(answer, "notUpdated", "F999"), "notFound");
  EXPECT_EQ(set_error(answer, "notUpdated", a), "invalidProperties");
}

// rfc:8620#5.3 a final state that is valid is allowed
TEST_F(Mail, S2_5_TwoMailboxesChangeNames) {
  run("Mailbox/set", R"("create":{"a":{"name":"A"},"b":{"name":"B"}})");
  const auto a = box("A"), b = box("B");
  auto answer = run("Mailbox/set", R"("update":{")" + a + R"(":{"name":"B"},")" + b + R"(":{"name":"A"}})");
  EXPECT_TRUE(answer["notUpdated"].is_null()) << json::serialize(answer);
  EXPECT_EQ(box("B"), a);
  EXPECT_EQ(box("A"), b);
}

TEST_F(Mail, S2_5_WhatHasChildrenOrEmailsIsNotDestroyed) {
  run("Mailbox/set", R"("create":{"a":{"name":"A"},"b":{"name":"B","parentId":"#a"}})");
  const auto a = box("A"), b = box("A/B");
  EXPECT_EQ(set_error(run("Mailbox/set", R"("destroy":[")" + a + "\"]"), "notDestroyed", a), "mailboxHasChild");
  const auto id = deliver("Subject: x\r\n", "x\r\n", {}, "A/B");
  EXPECT_EQ(set_error(run("Mailbox/set", R"("destroy":[")" + b + "\"]"), "notDestroyed", b), "mailboxHasEmail");
  const auto answer = run("Mailbox/set", R"("onDestroyRemoveEmails":true,"destroy":[")" + a + R"(",")" + b + "\"]");
  EXPECT_EQ(answer.at("destroyed").as_array().size(), 2u);
  EXPECT_EQ(run("Email/get", R"("ids":[")" + id + "\"]")["notFound"], json::array{id});
}

TEST_F(Mail, S3_ThreadsAreSortedByDateAndGoWithTheirEmails) {
  const auto one = deliver("Subject: a\r\nMessage-ID: <1@x>\r\n"), two = deliver("Subject: Re: a\r\nReferences: <1@x>\r\n");
  const std::string thread(email(one, R"(["threadId"])")["threadId"].as_string());
  EXPECT_EQ(run("Thread/get", R"("ids":[")" + thread + R"(","T99",")" + thread + "\"]")["list"], (json::array{json::object{{"id", thread}, {"emailIds", json::array{one, two}}}}));
  const std::string state(run("Thread/get", R"("ids":[])")["state"].as_string());
  run("Email/set", R"("destroy":[")" + one + R"(",")" + two + "\"]");
  EXPECT_EQ(run("Thread/changes", R"("sinceState":")" + state + "\"")["destroyed"], json::array{thread});
  EXPECT_EQ(run("Thread/get", R"("ids":[")" + thread + "\"]")["notFound"], json::array{thread});
}

// rfc:8621#4.1.1 \Deleted is not shown
TEST_F(Mail, S4_1_1_WhatImapMarkedDeletedIsNotThere) {
  const auto id = deliver("Subject: a\r\n");
  const std::string state(run("Email/get", R"("ids":[])")["state"].as_string());
  const auto members = w.test.store.view(w.alice).members(store::inbox_id);
  ASSERT_TRUE(w.test.run(w.test.store.change_flags(w.alice, store::inbox_id, {members->at(0).uid}, {store::FlagChange::add, {"\\Deleted"}, {}})));
  EXPECT_EQ(run("Email/get", R"("ids":[")" + id + "\"]")["notFound"], json::array{id});
  EXPECT_EQ(query(""), Ids{});
  EXPECT_EQ(mailbox("INBOX").at("totalEmails"), 0);
  EXPECT_EQ(run("Email/changes", R"("sinceState":")" + state + "\"")["destroyed"], json::array{id});
}

TEST_F(Mail, S4_1_PropertiesOfAnEmail) {
  const auto id = deliver("From: \"Joe\" <joe@example.com>\r\nTo: a@b, c@d\r\nSubject: =?utf-8?q?H=C3=A4?=\r\nMessage-ID: <m@x>\r\nIn-Reply-To: <r@x>\r\nReferences: <q@x> <r@x>\r\nDate: Tue, 10 Jul 2018 11:03:11 +1000\r\n", "Hello world\r\n", {"\\Seen", "$Work"});
  const auto e = email(id, R"(["id","blobId","threadId","mailboxIds","keywords","size","receivedAt","messageId","inReplyTo","references","sender","from","to","cc","subject","sentAt","hasAttachment","preview","header:To:asAddresses:all"])");
  EXPECT_EQ(e.at("mailboxIds"), (json::object{{box("INBOX"), true}}));
  EXPECT_EQ(e.at("keywords"), (json::object{{"$seen", true}, {"$work", true}})) << "in lower case";
  EXPECT_EQ(e.at("messageId"), json::array{"m@x"});
  EXPECT_EQ(e.at("inReplyTo"), json::array{"r@x"});
  EXPECT_EQ(e.at("references"), (json::array{"q@x", "r@x"}));
  EXPECT_TRUE(e.at("sender").is_null() && e.at("cc").is_null());
  EXPECT_EQ(e.at("from"), json::parse(R"([{"name":"Joe","email":"joe@example.com"}])"));
  EXPECT_EQ(e.at("subject"), json::value("Hä"));
  EXPECT_EQ(e.at("sentAt"), json::value("2018-07-10T11:03:11+10:00"));
  EXPECT_EQ(e.at("preview"), json::value("Hello world"));
  EXPECT_EQ(e.at("header:To:asAddresses:all").as_array().at(0).as_array().size(), 2u);
}

TEST_F(Mail, S4_2_DefaultsFormsAndValues) {
  const auto id = deliver("From: a@b\r\nList-POST: <mailto:x@y>\r\nContent-Type: text/html\r\n", "<html><body><p>Hello</p></body></html>\r\n");
  EXPECT_EQ(error("Email/get", R"("ids":[],"properties":["header:From:asDate"])"), "invalidArguments");
  EXPECT_EQ(error("Email/get", R"("ids":[],"properties":["nope"])"), "invalidArguments");
  EXPECT_EQ(error("Email/get", R"("ids":[],"bodyProperties":["nope"])"), "invalidArguments");
  auto all = run("Email/get", R"("ids":[")" + id + "\"]")["list"].as_array()[0].as_object();
  EXPECT_EQ(all.size(), 24u);
  EXPECT_EQ(all["bodyValues"], json::object{});
  auto example = run("Email/get", R"("ids":[")" + id + R"(","M999"],"properties":["header:List-POST:asURLs","htmlBody","bodyValues"],"bodyProperties":["partId","type"],"fetchHTMLBodyValues":true,"maxBodyValueBytes":18)");
  EXPECT_EQ(example["notFound"], json::array{"M999"});
  const auto& one = example["list"].as_array()[0].as_object();
  EXPECT_EQ(one.at("header:List-POST:asURLs"), json::array{"mailto:x@y"}) << "the name as it was asked for";
  EXPECT_EQ(one.at("htmlBody"), json::parse(R"([{"partId":"0","type":"text/html"}])"));
  EXPECT_EQ(one.at("bodyValues"), json::parse(R"({"0":{"value":"<html><body><p>Hel","isEncodingProblem":false,"isTruncated":true}})"));
}

TEST_F(Mail, S4_3_ChangesAreExact) {
  const std::string start(run("Email/get", R"("ids":[])")["state"].as_string());
  const auto a = deliver("Subject: a\r\n"), b = deliver("Subject: b\r\n"), c = deliver("Subject: c\r\n");
  auto changes = run("Email/changes", R"("sinceState":")" + start + R"(","maxChanges":2)");
  EXPECT_EQ(changes["created"], (json::array{a, b}));
  EXPECT_EQ(changes["hasMoreChanges"], true);
  const std::string middle(changes["newState"].as_string());
  changes = run("Email/changes", R"("sinceState":")" + middle + R"(","maxChanges":2)");
  EXPECT_EQ(changes["created"], json::array{c});
  EXPECT_EQ(changes["newState"], run("Email/get", R"("ids":[])")["state"]);
  const std::string now(changes["newState"].as_string());
  run("Email/set", R"("update":{")" + a + R"(":{"keywords/$seen":true}},"destroy":[")" + b + "\"]");
  changes = run("Email/changes", R"("sinceState":")" + now + "\"");
  EXPECT_EQ(changes["updated"], json::array{a});
  EXPECT_EQ(changes["destroyed"], json::array{b});
}

TEST_F(Mail, S4_4_1_EveryFilterCondition) {
  const auto a = deliver("From: Ann <ann@x.test>\r\nTo: bob@y.test\r\nCc: carl@z.test\r\nSubject: Red house\r\nMessage-ID: <1@x>\r\nX-Kind: special thing\r\n", "The quick brown fox\r\n", {"\\Seen"});
  const auto b = deliver("From: ben@x.test\r\nBcc: dora@z.test\r\nSubject: Re: Red house\r\nReferences: <1@x>\r\n", std::string(3000, 'x') + "\r\n", {"\\Flagged"}, "Archive");
  const auto c = deliver("From: ann@x.test\r\nSubject: Blue\r\nContent-Type: multipart/mixed; boundary=b\r\n",
                         "--b\r\nContent-Type: text/html\r\n\r\n<p title=zebra>green <b>fox</b></p>\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n");
  const auto when = std::string(email(b, R"(["receivedAt"])")["receivedAt"].as_string());
  const struct {
    std::string filter;
    Ids wanted;  // newest first
  } table[] = {
      {"null", {c, b, a}},
      {"{}", {c, b, a}},
      {R"({"inMailbox":")" + box("INBOX") + "\"}", {c, a}},
      {R"({"inMailbox":"F999"})", {}},
      {R"({"inMailboxOtherThan":[")" + box("INBOX") + "\"]}", {b}},
      {R"({"before":")" + when + "\"}", {a}},
      {R"({"after":")" + when + "\"}", {c, b}},
      {R"({"minSize":3000})", {b}},
      {R"({"maxSize":3000})", {c, a}},
      {R"({"allInThreadHaveKeyword":"$seen"})", {}},
      {R"({"someInThreadHaveKeyword":"$seen"})", {b, a}},
      {R"({"noneInThreadHaveKeyword":"$seen"})", {c}},
      {R"({"hasKeyword":"$flagged"})", {b}},
      {R"({"notKeyword":"$flagged"})", {c, a}},
      {R"({"hasKeyword":"never"})", {}},
      {R"({"hasAttachment":true})", {c}},
      {R"({"hasAttachment":false})", {b, a}},
      {R"({"text":"fox"})", {c, a}},
      {R"({"text":"ANN"})", {c, a}},
      {R"({"text":"ann fox red"})", {a}},
      {R"({"text":"\"quick brown\""})", {a}},
      {R"({"text":"\"brown quick\""})", {}},
      {R"({"text":"dora"})", {b}},
      {R"({"from":"ben"})", {b}},
      {R"({"to":"bob"})", {a}},
      {R"({"cc":"carl"})", {a}},
      {R"({"bcc":"dora"})", {b}},
      {R"({"subject":"house"})", {b, a}},
      {R"({"body":"house"})", {}},
      {R"({"body":"green fox"})", {c}},
      {R"({"body":"title"})", {}},
      {R"({"body":"zebra"})", {}},
      {R"({"header":["X-Kind"]})", {a}},
      {R"({"header":["x-kind","thing"]})", {a}},
      {R"({"header":["x-kind","other"]})", {}},
      {R"({"from":"ann","subject":"blue"})", {c}},
      {R"({"operator":"OR","conditions":[{"from":"ben"},{"subject":"blue"}]})", {c, b}},
      {R"({"operator":"AND","conditions":[{"from":"ann"},{"hasKeyword":"$seen"}]})", {a}},
      {R"({"operator":"NOT","conditions":[{"from":"ann"},{"hasKeyword":"$seen"}]})", {b}},
      {R"({"operator":"NOT","conditions":[]})", {c, b, a}},
      {R"({"operator":"OR","conditions":[]})", {}},
      {R"({"operator":"AND","conditions":[{"operator":"OR","conditions":[{"hasKeyword":"$seen"},{"hasKeyword":"$flagged"}]},{"subject":"red"},{"operator":"NOT","conditions":[{"from":"ben"}]}]})", {a}},
  };
  for (const auto& row : table) {
    EXPECT_EQ(query(R"("filter":)" + row.filter), row.wanted) << row.filter;
    auto total = run("Email/query", R"("limit":1,"calculateTotal":true,"filter":)" + row.filter);
    EXPECT_EQ(total["total"], row.wanted.size()) << row.filter;
  }
  for (const auto* bad : {R"({"before":"yesterday"})", R"({"minSize":-1})", R"({"header":[]})", R"({"header":["a","b","c"]})", R"({"hasKeyword":"a b"})", R"({"operator":"XOR","conditions":[]})", R"({"operator":"AND"})", "[]", "7"})
    EXPECT_EQ(error("Email/query", std::string(R"("filter":)") + bad), "invalidArguments") << bad;
  EXPECT_EQ(error("Email/query", R"("filter":{"nope":1})"), "unsupportedFilter");
}

TEST_F(Mail, S4_4_2_EverySortProperty) {
  const auto a = deliver("From: Zed <a@x>\r\nTo: b@x\r\nSubject: Re: beta\r\nDate: Tue, 10 Jul 2018 11:00:00 +0000\r\n", "xxxx\r\n", {"\\Flagged"});
  const auto b = deliver("From: y@x\r\nTo: Adam <z@x>\r\nSubject: alpha\r\nDate: Tue, 10 Jul 2018 10:00:00 +0000\r\n", "x\r\n");
  const auto c = deliver("Subject: Gamma\r\nDate: Tue, 10 Jul 2018 12:00:00 +0000\r\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
  const struct {
    std::string sort;
    Ids wanted;
  } table[] = {
      {R"({"property":"receivedAt"})", {a, b, c}},        {R"({"property":"receivedAt","isAscending":false})", {c, b, a}}, {R"({"property":"size","isAscending":false})", {c, a, b}},
      {R"({"property":"from"})", {c, b, a}},              {R"({"property":"to"})", {c, b, a}},                             {R"({"property":"subject"})", {b, a, c}},
      {R"({"property":"sentAt"})", {b, a, c}},            {R"({"property":"hasKeyword","keyword":"$flagged","isAscending":false})", {a, c, b}},
      {R"({"property":"someInThreadHaveKeyword","keyword":"$flagged"},{"property":"receivedAt"})", {b, c, a}},
      {R"({"property":"allInThreadHaveKeyword","keyword":"$flagged","isAscending":false},{"property":"subject","collation":"i;ascii-casemap"})", {a, b, c}},
  };
  for (const auto& row : table) EXPECT_EQ(query(R"("sort":[)" + row.sort + "]"), row.wanted) << row.sort;
  EXPECT_EQ(error("Email/query", R"("sort":[{"property":"hasKeyword"}])"), "invalidArguments");
  EXPECT_EQ(error("Email/query", R"("sort":[{"property":"nope"}])"), "unsupportedSort");
  EXPECT_EQ(error("Email/query", R"("sort":[{"property":"subject","collation":"i;nope"}])"), "unsupportedSort");
}

// rfc:8620#5.5 the window, rfc:8621#4.4.3 collapsing
TEST_F(Mail, S4_4_WindowsAndCollapsedThreads) {
  Ids all;
  for (int i = 0; i < 6; ++i) all.insert(all.begin(), deliver("Subject: s" + std::to_string(i % 3) + "\r\nMessage-ID: <" + std::to_string(i) + "@x>\r\n" + (i >= 3 ? "References: <" + std::to_string(i - 3) + "@x>\r\n" : "")));
  const Ids threads(all.begin(), all.begin() + 3);
  const struct {
    std::string arguments;
    Ids wanted;
    int position;
  } table[] = {
      {R"("position":1,"limit":2)", {all[1], all[2]}, 1},
      {R"("position":-2)", {all[4], all[5]}, 4},
      {R"("position":-20,"limit":1)", {all[0]}, 0},
      {R"("position":20)", {}, 6},
      {R"("anchor":")" + all[3] + R"(","anchorOffset":-1,"limit":2)", {all[2], all[3]}, 2},
      {R"("anchor":")" + all[3] + R"(","position":77)", {all[3], all[4], all[5]}, 3},
      {R"("collapseThreads":true)", threads, 0},
      {R"("collapseThreads":true,"position":1,"limit":1)", {all[1]}, 1},
      {R"("collapseThreads":true,"anchor":")" + all[2] + "\"", {all[2]}, 2},
      {R"("collapseThreads":true,"sort":[{"property":"receivedAt","isAscending":true}])", {all[5], all[4], all[3]}, 0},
      {R"("limit":0)", {}, 0},
  };
  for (const auto& row : table) {
    EXPECT_EQ(query(row.arguments), row.wanted) << row.arguments;
    EXPECT_EQ(run("Email/query", row.arguments)["position"], row.position) << row.arguments;
  }
  EXPECT_EQ(run("Email/query", R"("collapseThreads":true,"calculateTotal":true,"limit":1)")["total"], 3);
  EXPECT_EQ(error("Email/query", R"("anchor":"M999")"), "anchorNotFound");
  EXPECT_EQ(error("Email/query", R"("collapseThreads":true,"anchor":")" + all[5] + "\""), "anchorNotFound");
}

TEST_F(Mail, S4_6_ADraftOfTheRfc) {
  auto answer = run("Email/set", R"("create":{"k192":{"mailboxIds":{")" + box("Drafts") + R"(":true},"keywords":{"$seen":true,"$draft":true},"from":[{"name":"Joe Bloggs","email":"joe@example.com"}],
    "subject":"World domination","receivedAt":"2018-07-10T01:03:11Z","sentAt":"2018-07-10T11:03:11+10:00","bodyStructure":{"type":"text/plain","partId":"bd48","header:Content-Language":" en"},
    "bodyValues":{"bd48":{"value":"I have the most brilliant plan. Let me tell you all about it. What we do is, we","isTruncated":false}}}})");
  ASSERT_TRUE(answer["created"].is_object()) << json::serialize(answer);
  const auto& made = answer["created"].as_object()["k192"].as_object();
  EXPECT_EQ(made.size(), 4u);
  const std::string id(made.at("id").as_string());
  const auto bytes = *w.test.store.view(w.alice).message(*store::email_id_of(id));
  EXPECT_EQ(made.at("size"), bytes.size());
  for (const auto* line : {"From: Joe Bloggs <joe@example.com>\r\n", "Subject: World domination\r\n", "Date: Tue, 10 Jul 2018 11:03:11 +1000\r\n", "Content-Language: en\r\n", "MIME-Version: 1.0\r\n", "Message-ID: <"})
    EXPECT_TRUE(bytes.contains(line)) << line << bytes;
  const auto e = email(id, R"(["receivedAt","keywords","subject"])");
  EXPECT_EQ(e.at("receivedAt"), json::value("2018-07-10T01:03:11Z"));
  EXPECT_EQ(e.at("keywords"), (json::object{{"$seen", true}, {"$draft", true}}));
}

TEST_F(Mail, S4_6_TextHtmlAndAttachmentsBecomeMime) {
  const auto first = deliver("Subject: has\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n--b\r\nContent-Type: image/png; name=a.png\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n");
  const std::string blob(email(first, R"(["attachments"])")["attachments"].as_array()[0].as_object()["blobId"].as_string());
  auto answer = run("Email/set", R"("create":{"k":{"mailboxIds":{")" + box("Drafts") + R"(":true},"subject":"Grüße","to":[{"name":"J. \"x\"","email":"j@x.test"}],"textBody":[{"partId":"t","type":"text/plain"}],
    "htmlBody":[{"partId":"h","type":"text/html"}],"attachments":[{"blobId":")" + blob + R"(","type":"image/png","name":"Bär.png"},{"blobId":")" + blob + R"(","type":"image/png","cid":"c1"},{"blobId":")" + blob + R"("}],
    "bodyValues":{"t":{"value":"Häuser\nzwei"},"h":{"value":"<p>x</p>"}}}})");
  ASSERT_TRUE(answer["created"].is_object()) << json::serialize(answer);
  const std::string id(answer["created"].as_object()["k"].as_object()["id"].as_string());
  auto got = run("Email/get", R"("ids":[")" + id + R"("],"fetchAllBodyValues":true,"properties":["subject","to","bodyStructure","bodyValues","textBody","htmlBody","attachments","hasAttachment"],"bodyProperties":["type","name","size","cid","disposition","partId"])")["list"].as_array()[0].as_object();
  EXPECT_EQ(got["subject"], json::value("Grüße"));
  EXPECT_EQ(got["to"], json::parse(R"([{"name":"J. \"x\"","email":"j@x.test"}])"));
  EXPECT_EQ(got["bodyStructure"].as_object()["type"], json::value("multipart/mixed"));
  EXPECT_EQ(got["hasAttachment"], true);
  ASSERT_EQ(got["attachments"].as_array().size(), 3u) << json::serialize(got);
  EXPECT_TRUE(json::serialize(got["attachments"]).contains("Bär.png"));
  EXPECT_TRUE(json::serialize(got["bodyValues"]).contains("Häuser\\nzwei"));
  for (const auto& one : got["attachments"].as_array()) EXPECT_EQ(one.as_object().at("size"), 3);
}

// rfc:8621#4.6, rule by rule
TEST_F(Mail, S4_6_WhatACreationMayNotSay) {
  const auto in = R"("mailboxIds":{")" + box("Drafts") + "\":true}";
  const auto text = std::string(R"("bodyValues":{"t":{"value":"x"}})");
  const struct {
    std::string email, wanted;
  } table[] = {
      {"{}", "invalidProperties"},
      {R"({"mailboxIds":{}})", "invalidProperties"},
      {R"({"mailboxIds":{"F999":true}})", "invalidProperties"},
      {R"({"mailboxIds":{")" + box("Drafts") + R"(":false}})", "invalidProperties"},
      {"{" + in + R"(,"keywords":{"a b":true}})", "invalidProperties"},
      {"{" + in + R"(,"headers":[]})", "invalidProperties"},
      {"{" + in + R"(,"id":"M1"})", "invalidProperties"},
      {"{" + in + R"(,"from":[{"email":"a@b"}],"header:From:asAddresses":[{"email":"a@b"}]})", "invalidProperties"},
      {"{" + in + R"(,"header:From:asDate":"2018-07-10T11:03:11Z"})", "invalidProperties"},
      {"{" + in + R"(,"header:Content-Type":" text/plain"})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"bodyStructure":{"partId":"t"},"textBody":[{"partId":"t"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"header:X":" a","bodyStructure":{"partId":"t","header:x":" b"}})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t"},{"partId":"t"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t","type":"text/html"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"htmlBody":[{"partId":"t","type":"text/plain"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t","blobId":"BM1"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"u"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t","charset":"utf-8"}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t","size":1}]})", "invalidProperties"},
      {"{" + in + "," + text + R"(,"textBody":[{"partId":"t","header:Content-Transfer-Encoding":" 7bit"}]})", "invalidProperties"},
      {"{" + in + R"(,"bodyValues":{"t":{"value":"x","isTruncated":true}},"textBody":[{"partId":"t"}]})", "invalidProperties"},
      {"{" + in + R"(,"bodyValues":{"t":{"value":"x","isEncodingProblem":true}},"textBody":[{"partId":"t"}]})", "invalidProperties"},
      {"{" + in + R"(,"attachments":[{"blobId":"BM999"}]})", "blobNotFound"},
      {"{" + in + R"(,"subject":"a\r\nBcc: x@y"})", "invalidProperties"},
      {"{" + in + R"(,"header:X":" a\r\nBcc: x@y"})", "invalidProperties"},
      {"{" + in + R"(,"to":[{"email":"a@b>, <c@d"}]})", "invalidProperties"},
      {"{" + in + R"(,"to":[{"name":"a\nb","email":"a@b"}]})", "invalidProperties"},
      {"{" + in + R"(,"attachments":[{"blobId":"BM1","name":"a\nb"}]})", "invalidProperties"},
      {"{" + in + R"(,"nope":1})", "invalidProperties"},
      {"{" + in + R"(,"receivedAt":"yesterday"})", "invalidProperties"},
  };
  for (const auto& row : table) EXPECT_EQ(create_error(row.email), row.wanted) << row.email;
  const auto missing = run("Email/set", R"("create":{"k":{)" + in + R"(,"attachments":[{"blobId":"BM999"},{"blobId":"x"}]}})");
  EXPECT_EQ(missing.at("notCreated").as_object().at("k").as_object().at("notFound").as_array().size(), 2u);
}

TEST_F(Mail, S4_6_UpdatesPatchOrReplace) {
  const auto id = deliver("Subject: a\r\n", "x\r\n", {"\\Seen"});
  const auto patch = [&](const std::string& what) { return run("Email/set", R"("update":{")" + id + "\":" + what + "}"); };
  EXPECT_TRUE(patch(R"({"keywords/$flagged":true,"keywords/$seen":null})")["notUpdated"].is_null());
  EXPECT_EQ(email(id, R"(["keywords"])")["keywords"], (json::object{{"$flagged", true}}));
  EXPECT_TRUE(patch(R"({"keywords":{"Work":true},"mailboxIds":{")" + box("Archive") + R"(":true}})")["notUpdated"].is_null());
  EXPECT_EQ(email(id, R"(["keywords"])")["keywords"], (json::object{{"work", true}}));
  EXPECT_TRUE(patch(R"({"mailboxIds/)" + box("INBOX") + R"(":true,"mailboxIds/)" + box("Archive") + R"(":null})")["notUpdated"].is_null());
  EXPECT_EQ(email(id, R"(["mailboxIds"])")["mailboxIds"], (json::object{{box("INBOX"), true}}));
  EXPECT_TRUE(patch(R"({"subject":"a","keywords/x":true})")["notUpdated"].is_null()) << "what is the same may be sent along";
  EXPECT_EQ(set_error(patch(R"({"subject":"b"})"), "notUpdated", id), "invalidProperties");
  EXPECT_EQ(set_error(patch(R"({"keywords":{},"keywords/x":true})"), "notUpdated", id), "invalidPatch");
  EXPECT_EQ(set_error(patch(R"({"from/0/name":"x"})"), "notUpdated", id), "invalidPatch");
  EXPECT_EQ(set_error(patch(R"({"mailboxIds/)" + box("INBOX") + R"(":null})"), "notUpdated", id), "invalidProperties") << "it must stay in a mailbox";
  EXPECT_EQ(set_error(patch(R"({"keywords/x":false})"), "notUpdated", id), "invalidProperties");
  auto both = run("Email/set", R"("update":{")" + id + R"(":{"keywords/x":true}},"destroy":[")" + id + R"(","M999"])");
  EXPECT_EQ(set_error(both, "notUpdated", id), "willDestroy");
  EXPECT_EQ(both["destroyed"], json::array{id});
  EXPECT_EQ(set_error(both, "notDestroyed", "M999"), "notFound");
}

TEST_F(Mail, S4_6_StatesAreCheckedAndTold) {
  const auto id = deliver("Subject: a\r\n");
  const std::string state(run("Email/get", R"("ids":[])")["state"].as_string());
  EXPECT_EQ(error("Email/set", R"("ifInState":"1","destroy":[])"), "stateMismatch");
  auto answer = run("Email/set", R"("ifInState":")" + state + R"(","update":{")" + id + R"(":{"keywords/$seen":true}})");
  EXPECT_EQ(answer["oldState"], json::value(state));
  EXPECT_EQ(answer["newState"], run("Email/get", R"("ids":[])")["state"]);
  EXPECT_EQ(answer["updated"], (json::object{{id, nullptr}}));
}

TEST_F(Mail, S4_7_ThereIsNoOtherAccountToCopyFrom) {
  EXPECT_EQ(error("Email/copy", R"("fromAccountId":"A99","create":{})"), "fromAccountNotFound");
  EXPECT_EQ(error("Email/copy", R"("fromAccountId":")" + account_text(w.alice) + R"(","create":{})"), "invalidArguments");
}

TEST_F(Mail, S4_8_ImportTakesBlobsAsTheyAre) {
  const auto id = deliver("Subject: a\r\nContent-Type: message/rfc822\r\n", "Received: from x by y; Tue, 10 Jul 2018 11:03:11 +0000\r\nSubject: inner\r\n\r\nIn\r\n");
  const auto blob = "BM" + id.substr(1);
  const auto in = R"("mailboxIds":{")" + box("Archive") + "\":true}";
  auto answer = run("Email/import", R"("emails":{"k":{"blobId":")" + blob + "\"," + in + R"(,"keywords":{"$seen":true}},"none":{"blobId":"BM99",)" + in + R"(},"box":{"blobId":")" + blob + R"(","mailboxIds":{}},"word":{"blobId":")" + blob + "\"," + in + R"(,"keywords":{" ":true}}})");
  ASSERT_TRUE(answer["created"].is_object()) << json::serialize(answer);
  EXPECT_EQ(answer["created"].as_object().size(), 1u);
  for (const auto* bad : {"none", "box", "word"}) EXPECT_EQ(set_error(answer, "notCreated", bad), "invalidProperties") << bad;
  EXPECT_EQ(error("Email/import", R"("ifInState":"1","emails":{})"), "stateMismatch");
}

TEST_F(Mail, S4_9_ParseReadsAnEmbeddedMessage) {
  const auto id = deliver("Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n", "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?inn=C3=A9r?=\r\nFrom: =?utf-8?q?=C3=A4?= <a@b>\r\n\r\nIn\r\n--b--\r\n");
  const std::string blob(email(id, R"(["attachments"])")["attachments"].as_array()[0].as_object()["blobId"].as_string());
  auto answer = run("Email/parse", R"("blobIds":[")" + blob + R"(","nope"],"properties":["id","mailboxIds","keywords","receivedAt","threadId","subject","textBody","bodyValues"],"fetchTextBodyValues":true,"bodyProperties":["partId"])");
  EXPECT_EQ(answer["notFound"], json::array{"nope"});
  auto parsed = answer["parsed"].as_object()[blob].as_object();
  for (const auto* metadata : {"id", "mailboxIds", "keywords", "receivedAt", "threadId"}) EXPECT_TRUE(parsed[metadata].is_null()) << metadata;
  EXPECT_EQ(parsed["subject"], json::value("innér"));
  EXPECT_EQ(parsed["bodyValues"].as_object()["0"].as_object()["value"], json::value("In"));
  EXPECT_EQ(error("Email/parse", R"("blobIds":[],"properties":["header:From:asDate"])"), "invalidArguments");
  EXPECT_EQ(run("Email/parse", R"("blobIds":[")" + blob + "\"]")["parsed"].as_object()[blob].as_object().size(), 17u) << "the default properties";
}

TEST_F(Mail, S5_SnippetsMarkAndEscape) {
  const auto id = deliver("Subject: The Foosball & more\r\n", "<1 widget of foo rather than the complete\r\n"), other = deliver("Subject: x\r\n", "nothing\r\n");
  auto answer = run("SearchSnippet/get", R"("filter":{"text":"foo"},"emailIds":[")" + id + R"(",")" + other + R"(","M999"])");
  EXPECT_EQ(answer["notFound"], json::array{"M999"});
  const auto& one = answer["list"].as_array()[0].as_object();
  EXPECT_EQ(one.at("subject"), json::value("The <mark>Foo</mark>sball &amp; more"));
  EXPECT_EQ(one.at("preview"), json::value("&lt;1 widget of <mark>foo</mark> rather than the complete  "));
  EXPECT_TRUE(answer["list"].as_array()[1].as_object().at("subject").is_null());
  EXPECT_TRUE(run("SearchSnippet/get", R"("filter":null,"emailIds":[")" + id + "\"]")["notFound"].is_null());
}

// rfc:8620#3.6.2 and attacks.md F8: another's account and ids are as if they were not there
TEST_F(Mail, AnotherAccountIsNotThere) {
  const auto bob = w.test.add("bob@blue.test");
  const auto made = w.test.append(bob, "Subject: secret\r\n\r\nx\r\n");
  EXPECT_EQ(w.mail("Email/get", R"({"accountId":")" + account_text(bob) + R"(","ids":[]})")["error"], json::value("accountNotFound"));
  const auto id = store::object_id(made->email);
  EXPECT_EQ(run("Email/get", R"("ids":[")" + id + "\"]")["notFound"], json::array{id});
  EXPECT_EQ(run("Email/parse", R"("blobIds":["BM)" + id.substr(1) + "\"]")["notFound"], json::array{"BM" + id.substr(1)});
}

// attacks.md F9
TEST_F(Mail, LimitsOfObjectsAndFilters) {
  std::string ids, wide = R"({"operator":"OR","conditions":[)";
  for (int i = 0; i < 501; ++i) ids += (i == 0 ? "\"M" : ",\"M") + std::to_string(i) + "\"";
  EXPECT_EQ(error("Email/get", "\"ids\":[" + ids + "]"), "requestTooLarge");
  for (int i = 0; i < 600; ++i) wide += std::string(i == 0 ? "" : ",") + R"({"minSize":1})";
  EXPECT_EQ(error("Email/query", "\"filter\":" + wide + "]}"), "unsupportedFilter");
}

}  // namespace
}  // namespace posthorn::jmap
