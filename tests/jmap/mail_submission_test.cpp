// Submissions by JMAP between two whole servers in virtual time: sent at once, held, taken back, refused; what becomes of each recipient.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <regex>

#include "jmap/core/request.h"
#include "jmap/mail/email_json.h"
#include "post/outbox.h"
#include "post/world.h"
#include "store/catalogs.h"
#include "store/object_id.h"
#include "store/record/keys.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Submission : public testing::Test {
 protected:
  Submission() {
    EXPECT_TRUE(outbox.start());
    w.start();
    w.green_up();
    accounts = store::make_logins(w.blue.store, *w.blue.keyring);
    services.emplace(Services{w.blue.store, *accounts, *w.blue.keyring, w.clock, w.blue.log, &w.blue.office, {}, "mx.blue.test", &catalogs, &outbox});
  }
  json::array ask(const std::string& calls) {
    Call call{*services, sasl::Login{w.alice, "alice@blue.test"}, {}, {}, "192.0.2.7"};
    auto answer = w.run(process(call, R"({"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail","urn:ietf:params:jmap:submission","urn:posthorn:journey"],"methodCalls":)" + calls + "}", "s"));
    EXPECT_TRUE(answer);
    return (*answer)["methodResponses"].as_array();
  }
  json::object run(const std::string& method, const std::string& arguments) {
    auto all = ask("[[\"" + method + "\",{\"accountId\":\"" + account_text(w.alice) + "\"" + (arguments.empty() ? "" : "," + arguments) + "},\"0\"]]");
    auto answer = all[0].as_array()[1].as_object();
    if (all[0].as_array()[0] == "error") answer["error"] = answer["type"];
    return answer;
  }
  std::string box(const std::string& name) { return store::object_id((*w.blue.store.view(w.alice).mailbox(name))->id); }
  std::string draft(const std::string& from = "alice@blue.test", const std::string& to = "bob@green.test") {
    auto made = run("Email/set", R"("create":{"d":{"mailboxIds":{")" + box("Drafts") + R"(":true},"keywords":{"$draft":true},"from":[{"email":")" + from + R"("}],"to":[{"email":")" + to +
                                     R"("}],"bcc":[{"email":"eve@green.test"}],"subject":"Hello","textBody":[{"partId":"t"}],"bodyValues":{"t":{"value":"Hi"}}}})");
    EXPECT_TRUE(made["created"].is_object()) << json::serialize(made);
    return std::string(made["created"].as_object()["d"].as_object()["id"].as_string());
  }
  static std::string envelope(const std::string& to, const std::string& parameters = "null", const std::string& from = "alice@blue.test") {
    return R"({"mailFrom":{"email":")" + from + R"(","parameters":)" + parameters + R"(},"rcptTo":[{"email":")" + to + R"(","parameters":null}]})";
  }
  json::object submit(const std::string& email, const std::string& more, const std::string& rest = "") { return run("EmailSubmission/set", R"("create":{"k":{"identityId":"I0","emailId":")" + email + "\"" + more + "}}" + rest); }
  std::string error(const json::object& answer) {
    const auto* errors = answer.if_contains("notCreated");
    if (errors == nullptr || !errors->is_object()) return "none: " + json::serialize(answer);
    return std::string(errors->get_object().at("k").as_object().at("type").as_string());
  }
  json::object get(const std::string& id) { return run("EmailSubmission/get", R"("ids":[")" + id + "\"]")["list"].as_array()[0].as_object(); }
  std::string id_of(json::object& answer) {
    EXPECT_TRUE(answer["created"].is_object()) << json::serialize(answer);
    return answer["created"].is_object() ? std::string(answer["created"].as_object()["k"].as_object()["id"].as_string()) : "none";
  }
  std::string delivered(const std::string& id, const std::string& to) { return std::string(get(id)["deliveryStatus"].as_object()[to].as_object()["delivered"].as_string()); }

  post::World w;
  store::Catalogs catalogs{w.blue.store};
  post::Outbox outbox{w.context.get_executor(), w.blue.store, *w.blue.keyring, w.blue.sender, w.blue.options, w.clock, w.blue.log};
  std::unique_ptr<sasl::Accounts> accounts;
  std::optional<Services> services;
};

TEST_F(Submission, S7_5_IsSentMovedAndTold) {
  const auto email = draft();
  const std::string state(run("EmailSubmission/get", "")["state"].as_string());
  auto all = ask(R"([["EmailSubmission/set",{"accountId":")" + account_text(w.alice) + R"(","create":{"k":{"identityId":"I0","emailId":")" + email + R"(","envelope":)" + envelope("bob@green.test") +
                 R"(}},"onSuccessUpdateEmail":{"#k":{"mailboxIds/)" + box("Drafts") + R"(":null,"mailboxIds/)" + box("Sent") + R"(":true,"keywords/$draft":null}}},"x"]])");
  ASSERT_EQ(all.size(), 2u) << json::serialize(all);
  EXPECT_EQ(all[1].as_array()[0], json::value("Email/set"));
  EXPECT_EQ(all[1].as_array()[2], json::value("x")) << "with the same tag";
  EXPECT_TRUE(all[1].as_array()[1].as_object()["updated"].as_object().contains(email));
  auto answer = all[0].as_array()[1].as_object();
  const auto id = id_of(answer);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1));
  const auto got = post::World::inbox(w.green, w.bob).front();
  EXPECT_FALSE(got.contains("eve@green.test")) << "rfc:8621#7.5 Bcc must go";
  EXPECT_TRUE(w.wait([&] { return delivered(id, "bob@green.test") == "unknown"; })) << "taken by the next server";
  const auto one = get(id);
  EXPECT_EQ(one.at("undoStatus"), json::value("final"));
  EXPECT_TRUE(one.at("deliveryStatus").as_object().at("bob@green.test").as_object().at("smtpReply").as_string().starts_with("250 "));
  auto changes = run("EmailSubmission/changes", R"("sinceState":")" + state + "\"");
  EXPECT_EQ(changes["created"], json::array{id});
  EXPECT_EQ(run("EmailSubmission/query", R"("filter":{"emailIds":[")" + email + R"("],"undoStatus":"final"})")["ids"], json::array{id});
  EXPECT_EQ(run("EmailSubmission/query", R"("filter":{"undoStatus":"pending"})")["ids"], json::array{});
  auto journey = run("Journey/get", R"("ids":[")" + email + "\"]")["list"].as_array()[0].as_object();
  EXPECT_EQ(journey["sent"].as_array()[0].as_object()["recipients"].as_array()[0].as_object()["attempts"].as_array().size(), 1u) << json::serialize(journey);
  EXPECT_EQ(run("EmailSubmission/set", R"("destroy":[")" + id + "\"]")["destroyed"], json::array{id});
}

TEST_F(Submission, WhatIsKnownOfTheWayToADomainIsItsLastLetter) {
  const auto way = [this] { return run("DeliverySecurity/get", R"("domains":["green.test"])")["list"].as_array()[0].as_object(); };
  EXPECT_TRUE(way().at("last").is_null());
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  const auto id = id_of(answer);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1));
  EXPECT_TRUE(w.wait([&] { return delivered(id, "bob@green.test") == "unknown"; }));
  const auto known = way();
  ASSERT_TRUE(known.at("last").is_object()) << json::serialize(known);
  EXPECT_TRUE(std::string_view(known.at("last").as_object().at("host").as_string()).contains("green.test")) << json::serialize(known);
  EXPECT_EQ(known.at("last").as_object().at("accepted"), true);
  EXPECT_EQ(known.at("relayed"), false);
  // Of what a smarthost does with a letter nobody here knows.
  w.blue.options.smarthost.emplace();
  EXPECT_EQ(way().at("relayed"), true);
  EXPECT_TRUE(way().at("last").is_null());
  w.blue.options.smarthost.reset();
}

TEST_F(Submission, S7_AnEnvelopeIsMadeFromTheEmail) {
  auto answer = submit(draft("alice@blue.test", "bob@green.test"), "");
  const auto one = get(id_of(answer));
  EXPECT_EQ(one.at("envelope"), json::parse(R"({"mailFrom":{"email":"alice@blue.test","parameters":null},"rcptTo":[{"email":"bob@green.test","parameters":null},{"email":"eve@green.test","parameters":null}]})"));
}

TEST_F(Submission, S7_HeldForItsTimeAndThenSent) {
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test", R"({"HOLDFOR":"600"})"));
  const auto id = id_of(answer);
  EXPECT_EQ(get(id)["undoStatus"], json::value("pending"));
  w.pass(std::chrono::minutes(9));
  EXPECT_EQ(post::World::inbox(w.green, w.bob).size(), 0u);
  EXPECT_EQ(delivered(id, "bob@green.test"), "queued");
  w.pass(std::chrono::minutes(2));
  EXPECT_EQ(post::World::inbox(w.green, w.bob).size(), 1u);
  EXPECT_EQ(get(id)["undoStatus"], json::value("final"));
}

TEST_F(Submission, S7_TakenBackIsNeverSentAlsoToOurOwnPeople) {
  const auto carol = w.account(w.blue, "carol@blue.test");
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("carol@blue.test", R"({"holdfor":"60"})"));
  const auto id = id_of(answer);
  EXPECT_EQ(run("EmailSubmission/set", R"("destroy":[")" + id + "\"]")["notDestroyed"].as_object()[id].as_object()["type"], json::value("forbidden"));
  EXPECT_TRUE(run("EmailSubmission/set", R"("update":{")" + id + R"(":{"undoStatus":"canceled"}})")["updated"].is_object());
  w.pass(std::chrono::hours(1));
  EXPECT_EQ(post::World::inbox(w.blue, carol).size(), 0u);
  EXPECT_EQ(get(id)["undoStatus"], json::value("canceled"));
}

TEST_F(Submission, S7_5_WhatHasLeftCannotBeTakenBack) {
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  const auto id = id_of(answer);
  EXPECT_EQ(run("EmailSubmission/set", R"("update":{")" + id + R"(":{"undoStatus":"canceled"}})")["notUpdated"].as_object()[id].as_object()["type"], json::value("cannotUnsend"));
  EXPECT_EQ(run("EmailSubmission/set", R"("update":{")" + id + R"(":{"sendAt":"2030-01-01T00:00:00Z"}})")["notUpdated"].as_object()[id].as_object()["type"], json::value("invalidProperties"));
}

TEST_F(Submission, S7_OurOwnPeopleHaveItAtOnce) {
  const auto carol = w.account(w.blue, "carol@blue.test");
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("carol@blue.test"));
  EXPECT_EQ(delivered(id_of(answer), "carol@blue.test"), "yes");
  EXPECT_EQ(post::World::inbox(w.blue, carol).size(), 1u);
}

TEST_F(Submission, S7_AFailureIsTold) {
  w.green_down();
  w.dialer.fake("8.8.8.1", post::mostly_good([](const std::string& line) -> std::optional<std::string> { return line.starts_with("RCPT") ? std::optional<std::string>("550 5.1.1 nobody") : std::nullopt; }));
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  const auto id = id_of(answer);
  EXPECT_TRUE(w.wait([&] { return delivered(id, "bob@green.test") == "no"; }));
  EXPECT_EQ(get(id)["deliveryStatus"].as_object()["bob@green.test"].as_object()["smtpReply"], json::value("550 5.1.1 nobody"));
}

// rfc:8621#7.5 and attacks.md A12
TEST_F(Submission, S7_5_WhatMayNotBeSent) {
  w.account(w.blue, "carol@blue.test");
  const auto email = draft();
  EXPECT_EQ(error(submit(draft("carol@blue.test"), R"(,"envelope":)" + envelope("bob@green.test"))), "forbiddenFrom");
  EXPECT_EQ(error(submit(email, R"(,"envelope":)" + envelope("bob@green.test", "null", "carol@blue.test"))), "forbiddenMailFrom");
  EXPECT_EQ(error(submit(email, R"(,"envelope":{"mailFrom":{"email":"alice@blue.test"},"rcptTo":[]})")), "noRecipients");
  auto invalid = submit(email, R"(,"envelope":{"mailFrom":{"email":"alice@blue.test"},"rcptTo":[{"email":"no address"},{"email":"b@green.test"}]})");
  EXPECT_EQ(error(invalid), "invalidRecipients");
  EXPECT_EQ(invalid["notCreated"].as_object()["k"].as_object()["invalidRecipients"], json::array{"no address"});
  EXPECT_EQ(error(submit(email, R"(,"envelope":)" + envelope("nobody@blue.test"))), "invalidRecipients");
  EXPECT_EQ(error(submit("M999", "")), "invalidProperties");
  EXPECT_EQ(error(run("EmailSubmission/set", R"("create":{"k":{"identityId":"I99","emailId":")" + email + "\"}}")), "invalidProperties");
  EXPECT_EQ(error(submit(email, R"(,"sendAt":"2030-01-01T00:00:00Z")")), "invalidProperties");
  for (const auto* parameters : {R"({"HOLDFOR":"x"})", R"({"HOLDFOR":"999999999999"})", R"({"HOLDFOR":"1","HOLDUNTIL":"2030-01-01T00:00:00Z"})", R"({"NOPE":null})", R"({"RET":"SOME"})", R"({"HOLDFOR":1})"})
    EXPECT_EQ(error(submit(email, R"(,"envelope":)" + envelope("bob@green.test", parameters))), "invalidProperties") << parameters;
  EXPECT_TRUE(post::World::queue(w.blue).empty());
  std::string many;
  for (int i = 0; i < 1001; ++i) many += std::string(i == 0 ? "" : ",") + R"({"email":"a)" + std::to_string(i) + R"(@green.test"})";
  EXPECT_EQ(error(submit(email, R"(,"envelope":{"mailFrom":{"email":"alice@blue.test"},"rcptTo":[)" + many + "]}")), "tooManyRecipients");
}

TEST_F(Submission, S6_IdentitiesAreOfAddressesOneOwns) {
  w.account(w.blue, "carol@blue.test");
  w.run(w.blue.store.set_alias("sales@blue.test", {"alice@blue.test"}));
  auto all = run("Identity/get", "")["list"].as_array();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].as_object()["email"], json::value("alice@blue.test"));
  EXPECT_EQ(all[0].as_object()["mayDelete"], false);
  const std::string state(run("Identity/get", "")["state"].as_string());
  auto made = run("Identity/set", R"("create":{"a":{"email":"sales@blue.test","name":"Sales","replyTo":[{"name":null,"email":"x@y.test"}]},"b":{"email":"carol@blue.test"},"c":{"name":"none"}},"update":{"I0":{"textSignature":"-- \nA"}},"destroy":["I0"])");
  EXPECT_EQ(made["notCreated"].as_object()["b"].as_object()["type"], json::value("forbiddenFrom"));
  EXPECT_EQ(made["notCreated"].as_object()["c"].as_object()["type"], json::value("invalidProperties"));
  EXPECT_EQ(made["notDestroyed"].as_object()["I0"].as_object()["type"], json::value("forbidden"));
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  const std::string id(made["created"].as_object()["a"].as_object()["id"].as_string());
  auto changes = run("Identity/changes", R"("sinceState":")" + state + "\"");
  EXPECT_EQ(changes["created"], json::array{id});
  EXPECT_EQ(changes["updated"], json::array{"I0"});
  EXPECT_EQ(run("Identity/get", R"("ids":["I0"])")["list"].as_array()[0].as_object()["textSignature"], json::value("-- \nA"));
  EXPECT_EQ(run("Identity/set", R"("update":{")" + id + R"(":{"email":"carol@blue.test"}})")["notUpdated"].as_object()[id].as_object()["type"], json::value("invalidProperties")) << "it is immutable";
  EXPECT_EQ(run("Identity/set", R"("destroy":[")" + id + "\"]")["destroyed"], json::array{id});
}

// Stores of before had no index of submissions by Email.
TEST_F(Submission, AJourneyReadsItsOwnSubmissionsByAnIndexThatOldStoresGet) {
  const auto email = draft();
  auto answer = submit(email, R"(,"envelope":)" + envelope("bob@green.test"));
  const auto id = id_of(answer);
  ASSERT_TRUE(w.wait_for_mail(w.green, w.bob, 1));
  post::SubmissionRecord other;
  other.email = EmailId{1'000'000};
  for (int i = 0; i < 50; ++i) other.recipients.push_back(post::SubmittedRecipient{"person" + std::to_string(i) + "@green.test", post::Delivered::unknown, "250 2.1.5 fine", {}});
  for (int batch = 0; batch < 100; ++batch)
    w.run(w.blue.store.write_objects(w.alice, std::vector(100, store::ObjectWrite{store::DataType::submission, ObjectId{}, encode(other)})));
  const auto rows = [&] {
    std::vector<std::string> out;
    const auto prefix = store::key::of(w.alice, store::DataType::submission);
    EXPECT_TRUE(w.blue.store.snapshot()->scan(store::Space::object_index, prefix, store::key::after(prefix), [&out](std::string_view key, std::string_view) { return out.emplace_back(key), true; }));
    return out;
  };
  store::Work as_before = [&](store::Transaction& tx) -> Status {
    for (const auto& key : rows()) tx.erase(store::Space::object_index, key);
    return {};
  };
  EXPECT_EQ(rows().size(), 2u) << "one row, and one that says that none is missing";
  w.run(w.blue.store.transact(std::move(as_before)));
  const auto journey = [&] {
    return run("Journey/get", R"("ids":[")" + email + "\"]")["list"].as_array()[0].as_object();
  };
  const auto before = journey();
  ASSERT_EQ(before.at("sent").as_array().size(), 1u);
  w.run(post::index_old_submissions(w.blue.store));
  EXPECT_EQ(rows().size(), 10'002u);
  EXPECT_EQ(journey(), before);
  EXPECT_EQ(run("EmailSubmission/set", R"("destroy":[")" + id + "\"]")["destroyed"], json::array{id});
  EXPECT_EQ(rows().size(), 10'001u);
  EXPECT_TRUE(journey().at("sent").as_array().empty());
}

TEST_F(Submission, WhatWaitsIsThereAfterARestart) {
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test", R"({"HOLDFOR":"600"})"));
  const auto id = id_of(answer);
  outbox.stop();
  post::Outbox again(w.context.get_executor(), w.blue.store, *w.blue.keyring, w.blue.sender, w.blue.options, w.clock, w.blue.log);
  ASSERT_TRUE(again.start());
  w.pass(std::chrono::minutes(11));
  EXPECT_EQ(post::World::inbox(w.green, w.bob).size(), 1u);
  again.stop();
  EXPECT_EQ(get(id)["undoStatus"], json::value("final"));
}

// rfc:8621#7.5 errors that tell a limit
TEST_F(Submission, S7_5_LimitsAreTold) {
  const auto email = draft();
  std::string many;
  for (int i = 0; i < 1001; ++i) many += std::string(i == 0 ? "" : ",") + R"({"email":"a)" + std::to_string(i) + R"(@green.test"})";
  auto refused = submit(email, R"(,"envelope":{"mailFrom":{"email":"alice@blue.test"},"rcptTo":[)" + many + "]}");
  EXPECT_EQ(refused["notCreated"].at("k").at("maxRecipients"), 1000);
  services->limits.upload = 10;
  refused = submit(email, "");
  EXPECT_EQ(error(refused), "tooLarge");
  EXPECT_EQ(refused["notCreated"].at("k").at("maxSize"), 20);
}

// rfc:8621#7.5
TEST_F(Submission, S7_5_WhatIsHeldIsSentThoughItsEmailIsGone) {
  const auto email = draft();
  auto answer = submit(email, R"(,"envelope":)" + envelope("bob@green.test", R"({"HOLDFOR":"600"})"));
  id_of(answer);
  EXPECT_EQ(run("Email/set", R"("destroy":[")" + email + "\"]")["destroyed"], json::array{email});
  w.pass(std::chrono::minutes(11));
  EXPECT_EQ(post::World::inbox(w.green, w.bob).size(), 1u);
}

// rfc:8621#7.5
TEST_F(Submission, S7_5_DestroyingASubmissionChangesNoDelivery) {
  w.green_down();
  auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  const auto id = id_of(answer);
  EXPECT_EQ(run("EmailSubmission/set", R"("destroy":[")" + id + "\"]")["destroyed"], json::array{id});
  w.green_up();
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 1));
}

// rfc:8621#7 sendAt, undoStatus
TEST_F(Submission, S7_SendAtIsWhenItLeaves) {
  const auto now = utc_date(w.clock.now()), later = utc_date(w.clock.now() + std::chrono::minutes(10));
  auto at_once = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  auto held = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test", R"({"HOLDFOR":"600"})"));
  const auto one = get(id_of(at_once)), other = get(id_of(held));
  EXPECT_EQ(one.at("sendAt"), json::value(now));
  EXPECT_EQ(other.at("sendAt"), json::value(later));
  EXPECT_EQ(one.at("undoStatus"), json::value("final"));
  EXPECT_EQ(other.at("undoStatus"), json::value("pending"));
  for (const auto& [to, status] : one.at("deliveryStatus").as_object()) {
    const std::string delivered_to(status.at("delivered").as_string()), displayed(status.at("displayed").as_string());
    EXPECT_TRUE(delivered_to == "queued" || delivered_to == "yes" || delivered_to == "no" || delivered_to == "unknown") << delivered_to;
    EXPECT_TRUE(displayed == "unknown" || displayed == "yes") << displayed;
  }
}

// rfc:8621#7 the envelope is from the Sender, if there is one
TEST_F(Submission, S7_TheSenderGoesBeforeTheAuthors) {
  w.run(w.blue.store.set_alias("sales@blue.test", {"alice@blue.test"}));
  auto made = run("Email/set", R"("create":{"d":{"mailboxIds":{")" + box("Drafts") + R"(":true},"from":[{"email":"alice@blue.test"}],"sender":[{"email":"sales@blue.test"}],"to":[{"email":"bob@green.test"},{"email":"bob@green.test"}],"subject":"x","textBody":[{"partId":"t"}],"bodyValues":{"t":{"value":"Hi"}}}})");
  ASSERT_TRUE(made["created"].is_object()) << json::serialize(made);
  auto answer = submit(std::string(made["created"].at("d").at("id").as_string()), "");
  EXPECT_EQ(get(id_of(answer)).at("envelope"), json::parse(R"({"mailFrom":{"email":"sales@blue.test","parameters":null},"rcptTo":[{"email":"bob@green.test","parameters":null}]})")) << "each address once";
}

// rfc:8621#7 "If the address found from this is not allowed by the Identity [...] the email property from the Identity MUST be used instead"
TEST_F(Submission, S7_WhoTheIdentityMayNotSendAsIsReplacedByIt) {
  // Others are refused such a letter; who may write in any name is still nobody else to the servers on the way.
  EXPECT_EQ(error(submit(draft("someone@green.test"), "")), "forbiddenFrom");
  w.blue.options.senders_for_any = {"alice@blue.test"};
  auto answer = submit(draft("someone@green.test"), "");
  EXPECT_EQ(get(id_of(answer)).at("envelope").at("mailFrom").at("email"), json::value("alice@blue.test"));
}

// rfc:8621#7 the example of several lines; and what we say ourselves has the form that it must have
TEST_F(Submission, S7_RepliesAreOneLineOfCodeEnhancedCodeAndText) {
  w.account(w.blue, "carol@blue.test");
  w.green_down();
  w.dialer.fake("8.8.8.1", post::mostly_good([](const std::string& line) -> std::optional<std::string> { return line.starts_with("RCPT") ? std::optional<std::string>("550-5.7.1 Our system has detected that this message is\r\n550 5.7.1 likely spam.") : std::nullopt; }));
  const auto reply = [&](const std::string& id, const std::string& to) { return std::string(get(id)["deliveryStatus"].at(to).at("smtpReply").as_string()); };
  auto refused = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
  auto local = submit(draft("alice@blue.test", "carol@blue.test"), R"(,"envelope":)" + envelope("carol@blue.test"));
  auto held = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test", R"({"HOLDFOR":"600"})"));
  const auto refused_id = id_of(refused), local_id = id_of(local), held_id = id_of(held);
  EXPECT_TRUE(w.wait([&] { return delivered(refused_id, "bob@green.test") == "no"; }));
  EXPECT_EQ(reply(refused_id, "bob@green.test"), "550 5.7.1 Our system has detected that this message is likely spam.");
  EXPECT_TRUE(run("EmailSubmission/set", R"("update":{")" + held_id + R"(":{"undoStatus":"canceled"}})")["updated"].is_object());
  const std::regex form("[245][0-9][0-9] [245]\\.[0-9]{1,3}\\.[0-9]{1,3} [^\r\n]+");
  for (const auto& said : {reply(local_id, "carol@blue.test"), reply(held_id, "bob@green.test")}) EXPECT_TRUE(std::regex_match(said, form)) << said;
}

// rfc:8621#7.3
TEST_F(Submission, S7_3_SortsByWhatItMust) {
  for (int i = 0; i < 3; ++i) {
    auto answer = submit(draft(), R"(,"envelope":)" + envelope("bob@green.test"));
    id_of(answer);
    w.pass(std::chrono::minutes(1));
  }
  for (const auto* property : {"emailId", "threadId", "sentAt"}) {
    auto up = run("EmailSubmission/query", std::string(R"("sort":[{"property":")") + property + "\"}]")["ids"].as_array();
    auto down = run("EmailSubmission/query", std::string(R"("sort":[{"property":")") + property + R"(","isAscending":false}])")["ids"].as_array();
    EXPECT_EQ(up.size(), 3u) << property;
    std::ranges::reverse(down);
    EXPECT_EQ(up, down) << property;
  }
}

}  // namespace
}  // namespace posthorn::jmap
