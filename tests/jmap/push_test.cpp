// Push subscriptions (RFC 8620 section 7.2): made, verified, told what changed, left alone when they ask for it, gone when they are.
#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/push/desk.h"
#include "jmap/push/subscription.h"
#include "jmap/web/sessions.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class Push : public testing::Test {
 protected:
  Push() {
    world.services.push = &desk;
    EXPECT_TRUE(world.test.run(desk.start()));
  }
  ~Push() override {
    desk.stop();
    world.test.clock.settle();
  }
  Task<Result<http::FetchAnswer>> take(http::FetchRequest request) {
    sent.push_back(std::move(request));
    if (answers.empty()) co_return http::FetchAnswer{201, "", "", 0};
    auto answer = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    co_return answer;
  }
  json::array call(const std::string& name, const std::string& arguments) { return world.answers("[[\"" + name + "\",{" + arguments + "},\"0\"]]")[0].as_array(); }
  json::object set(const std::string& arguments) { return call("PushSubscription/set", arguments).at(1).as_object(); }
  // Makes one and gives its id; it is not verified yet.
  std::string make(const std::string& more = {}) {
    const auto answer = set(R"("create":{"a":{"deviceClientId":"phone","url":"https://push.example/secret")" + (more.empty() ? "" : "," + more) + "}}");
    settle();
    return answer.at("created").is_null() ? "" : std::string(answer.at("created").at("a").at("id").as_string());
  }
  void settle(Duration time = 2s) { world.test.clock.advance(time); }
  json::object last() { return json::parse(sent.back().body).as_object(); }
  std::string verified(const std::string& more = {}) {
    const auto id = make(more);
    const auto code = std::string(last().at("verificationCode").as_string());
    EXPECT_TRUE(set("\"update\":{\"" + id + "\":{\"verificationCode\":\"" + code + "\"}}").at("notUpdated").is_null());
    settle();
    sent.clear();
    return id;
  }
  std::string error_of(const std::string& subscription) {
    const auto answer = set("\"create\":{\"a\":" + subscription + "}");
    return answer.at("notCreated").is_null() ? "created" : std::string(answer.at("notCreated").at("a").at("type").as_string());
  }
  void deliver() {
    ASSERT_TRUE(world.test.append(world.alice, "From: a@blue.test\r\n\r\nhello\r\n"));
    world.test.store.committed(std::array{world.alice});
    settle();
  }
  static std::string field(const http::FetchRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.fields)
      if (key == name) return value;
    return "-";
  }

  World world;
  std::vector<http::FetchRequest> sent;
  std::vector<Result<http::FetchAnswer>> answers;
  PushDesk desk{world.test.context.get_executor(), world.test.store, *world.test.keyring, *world.log, [this](http::FetchRequest request) { return take(std::move(request)); },
                {}, "mailto:postmaster@blue.test"};
};

TEST_F(Push, a_code_is_pushed_and_nothing_else_before_it_comes_back_section_7_2_2) {
  const auto id = make();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].method, "POST");
  EXPECT_EQ(sent[0].url, "https://push.example/secret");
  EXPECT_EQ(field(sent[0], "Content-Type"), "application/json");  // MUST
  EXPECT_NE(field(sent[0], "TTL"), "-");                          // MUST
  EXPECT_TRUE(field(sent[0], "Authorization").starts_with("vapid t="));
  EXPECT_EQ(last().at("@type"), "PushVerification");
  EXPECT_EQ(last().at("pushSubscriptionId"), id.c_str());
  EXPECT_GE(last().at("verificationCode").as_string().size(), 32u);
  deliver();
  EXPECT_EQ(sent.size(), 1u) << "MUST NOT send more before it is verified";
  const auto wrong = set("\"update\":{\"" + id + R"(":{"verificationCode":"guess"}})");
  EXPECT_EQ(wrong.at("notUpdated").at(id).at("type"), "invalidProperties");
  deliver();
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(Push, changes_are_told_by_type_once_gathered_section_7_1) {
  verified();
  ASSERT_TRUE(world.test.append(world.alice, "From: a@blue.test\r\n\r\nhello\r\n"));
  deliver();
  ASSERT_EQ(sent.size(), 1u);
  const auto told = last();
  EXPECT_EQ(told.at("@type"), "StateChange");
  const auto& types = told.at("changed").at(account_text(world.alice)).as_object();
  EXPECT_TRUE(types.contains("Email"));
  EXPECT_TRUE(types.contains("Mailbox"));
  EXPECT_FALSE(types.contains("Identity"));
  settle(1h);
  EXPECT_EQ(sent.size(), 1u) << "the same is not told twice";
}

TEST_F(Push, only_the_types_that_were_asked_for) {
  verified(R"("types":["Identity","EmailDelivery"])");
  deliver();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(last().at("changed").at(account_text(world.alice)).as_object().size(), 1u);
  EXPECT_TRUE(last().at("changed").at(account_text(world.alice)).as_object().contains("EmailDelivery"));
}

// rfc:8620#7.2 "If supplied, the server MUST use them"
TEST_F(Push, is_encrypted_for_who_gives_keys) {
  const auto receiver = crypto::P256Key::generate();
  const auto auth = crypto::random_bytes(16);
  make(R"("keys":{"p256dh":")" + base64url_encode(receiver.public_point()) + R"(","auth":")" + base64url_encode(auth) + R"("})");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(field(sent[0], "Content-Encoding"), "aes128gcm");
  EXPECT_FALSE(sent[0].body.contains("PushVerification"));
  EXPECT_EQ(sent[0].body.substr(16, 5), std::string("\0\0\x10\0\x41", 5));
}

TEST_F(Push, subscriptions_that_are_none_are_refused_section_7_2) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"deviceClientId":"d","url":"http://push.example/"})", "invalidProperties"},  // MUST begin with https://
      {R"({"deviceClientId":"d","url":"https://127.0.0.1/"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://[::ffff:7f00:1]/"})", "invalidProperties"},
      {R"({"deviceClientId":"d"})", "invalidProperties"},
      {R"({"url":"https://push.example/"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","verificationCode":"x"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","verificationCode":null,"keys":null,"types":null,"expires":null})", "created"},
      {R"({"deviceClientId":"d","url":"https://push.example/","keys":{"p256dh":"AAAA","auth":"AAAA"}})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","keys":{}})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","types":"Email"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","expires":"tomorrow"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","expires":"2020-01-01T00:00:00Z"})", "invalidProperties"},
      {R"({"deviceClientId":"d","url":"https://push.example/","colour":1})", "invalidProperties"},
      {R"({"deviceClientId":1,"url":"https://push.example/"})", "invalidProperties"},
  };
  for (const auto& [subscription, want] : cases) EXPECT_EQ(error_of(subscription), want) << subscription;
}

TEST_F(Push, url_and_keys_are_never_given_out_section_7_2_1) {
  const auto id = verified(R"("expires":"2030-01-01T00:00:00Z")");
  const auto list = call("PushSubscription/get", "\"ids\":null").at(1).at("list").as_array();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_FALSE(list[0].as_object().contains("url"));
  EXPECT_FALSE(list[0].as_object().contains("keys"));
  EXPECT_EQ(list[0].at("deviceClientId"), "phone");
  EXPECT_EQ(list[0].at("expires"), "2026-01-15T00:00:00Z") << "14 days at most";
  EXPECT_EQ(call("PushSubscription/get", R"("ids":null,"properties":["url"])").at(1).at("type"), "forbidden");
  EXPECT_EQ(call("PushSubscription/get", R"("ids":null,"properties":["keys"])").at(1).at("type"), "forbidden");
  EXPECT_EQ(call("PushSubscription/get", R"("ids":["O99"])").at(1).at("notFound"), json::array{"O99"});
  EXPECT_EQ(call("PushSubscription/get", R"("accountId":"A1","ids":null)").at(1).at("type"), "invalidArguments");
  EXPECT_EQ(call("PushSubscription/get", R"("ids":[")" + id + R"("],"properties":["id"])").at(1).at("list").at(0).as_object().size(), 1u);
}

TEST_F(Push, who_answers_429_is_left_alone_and_told_later_MUST_of_section_7_2) {
  verified();
  answers = {http::FetchAnswer{429, "", "", 600}, http::FetchAnswer{201, "", "", 0}};
  deliver();
  ASSERT_EQ(sent.size(), 1u);
  deliver();
  settle(5min);
  EXPECT_EQ(sent.size(), 1u);
  settle(6min);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(last().at("@type"), "StateChange");
  deliver();
  EXPECT_EQ(sent.size(), 3u);
}

TEST_F(Push, failures_are_tried_again_less_and_less_often) {
  verified();
  answers = {fail(Errc::timeout, "no answer")};
  deliver();
  settle(24h);
  EXPECT_GE(sent.size(), 8u);
  EXPECT_LE(sent.size(), 14u);
}

TEST_F(Push, who_says_it_is_gone_is_forgotten) {
  verified();
  answers = {http::FetchAnswer{410, "", "", 0}};
  deliver();
  deliver();
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_TRUE(call("PushSubscription/get", "\"ids\":null").at(1).at("list").as_array().empty());
}

TEST_F(Push, ends_when_it_expires_or_is_destroyed_section_7_2) {
  const auto id = verified(R"("expires":"2026-01-03T00:00:00Z")");
  deliver();
  EXPECT_EQ(sent.size(), 1u);
  settle(48h);
  deliver();
  EXPECT_EQ(sent.size(), 1u) << "MUST NOT push after it expired";
  EXPECT_EQ(*subscribers(world.test.store), std::vector<AccountId>{}) << "MUST erase URL and keys";
  sent.clear();
  const auto other = verified();
  EXPECT_EQ(set("\"destroy\":[\"" + other + "\"]").at("destroyed"), json::array{other});
  EXPECT_EQ(*subscribers(world.test.store), std::vector<AccountId>{});
  deliver();
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(set("\"destroy\":[\"" + other + "\"]").at("notDestroyed").at(other).at("type"), "notFound");
}

TEST_F(Push, goes_on_after_a_restart_with_the_same_key) {
  verified();
  PushDesk again{world.test.context.get_executor(), world.test.store, *world.test.keyring, *world.log, [this](http::FetchRequest request) { return take(std::move(request)); }, {}, "mailto:a@blue.test"};
  desk.stop();
  ASSERT_TRUE(world.test.run(again.start()));
  settle();
  EXPECT_EQ(again.application_key(), desk.application_key());
  deliver();
  EXPECT_EQ(sent.size(), 1u);
  again.stop();
  settle();
}

// rfc:8620#7.2 "Should these credentials expire or be revoked, the push subscription MUST be destroyed"
TEST_F(Push, ends_with_the_password_it_was_made_under) {
  const auto id = verified();
  ASSERT_TRUE(world.test.run(world.test.store.set_password("alice@blue.test", "another secret")));
  deliver();
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(call("PushSubscription/get", "\"ids\":[\"" + id + "\"]").at(1).at("notFound"), json::array{json::string(id)});
}

// rfc:8620#7.2 a browser's session is a credential as well: it ends by hand, or by its own time
TEST_F(Push, ends_with_the_browsers_session_it_was_made_in) {
  const auto log_in = [this] {
    ASSERT_TRUE(world.test.run(begin_session(world.services, sasl::Login{world.alice, "alice@blue.test"}, "browser", "127.0.0.1")));
    world.session = sessions_of(world.services, world.alice)->back().id;
  };
  log_in();
  verified();
  deliver();
  EXPECT_EQ(sent.size(), 1u);
  ASSERT_TRUE(world.test.run(end_session(world.services, world.alice, world.session)));
  deliver();
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(*subscribers(world.test.store), std::vector<AccountId>{}) << "nothing of it is kept";
  log_in();
  settle(10 * 24h);
  verified();
  settle(5 * 24h);
  deliver();
  EXPECT_TRUE(sent.empty()) << "nobody used that session for two weeks; the subscription alone would live nine days more";
}

// rfc:8620#7.2.1 "MUST only return push subscriptions that were created using the same authentication credentials"
TEST_F(Push, is_seen_and_changed_only_by_who_made_it) {
  const auto id = verified();
  const auto seen = [&] { return call("PushSubscription/get", "\"ids\":null").at(1).at("list").as_array().size(); };
  EXPECT_EQ(seen(), 1u);
  const auto by_others = [&](const std::string& who) {
    EXPECT_EQ(seen(), 0u) << who;
    EXPECT_EQ(set("\"destroy\":[\"" + id + "\"]").at("notDestroyed").at(id).at("type"), "notFound") << who;
    EXPECT_EQ(set("\"update\":{\"" + id + R"(":{"types":null}})").at("notUpdated").at(id).at("type"), "notFound") << who;
  };
  world.session = ObjectId{7};
  by_others("a browser");
  world.session = {};
  world.app_password = "phone";
  by_others("an app password");
  world.app_password.clear();
  EXPECT_EQ(seen(), 1u);
  deliver();
  EXPECT_EQ(sent.size(), 1u);
}

// rfc:8620#8.6 "The rate of creation MUST also be limited": each one made is a request to an address that the client chooses
TEST_F(Push, new_ones_are_made_slowly) {
  const auto one = R"({"deviceClientId":"d","url":"https://push.example/"})";
  const auto make_and_destroy = [&] {
    const auto answer = set(std::string("\"create\":{\"a\":") + one + "}");
    if (answer.at("created").is_null()) return std::string(answer.at("notCreated").at("a").at("type").as_string());
    set("\"destroy\":[\"" + std::string(answer.at("created").at("a").at("id").as_string()) + "\"]");
    return std::string("created");
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(make_and_destroy(), "created") << i;
  EXPECT_EQ(make_and_destroy(), "rateLimit");
  settle(1h);
  EXPECT_EQ(make_and_destroy(), "created");
}

TEST_F(Push, no_more_than_a_user_can_need) {
  int made = 0;
  for (int i = 0; i < 25; ++i) made += error_of(R"({"deviceClientId":"d","url":"https://push.example/"})") == "created" ? 1 : 0;
  EXPECT_EQ(made, 20);
}

}  // namespace
}  // namespace posthorn::jmap
