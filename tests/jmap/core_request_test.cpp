// Whole requests (RFC 8620 section 3): what is refused as a whole, what fails by itself, references, creation ids.
#include "jmap/core/json_strict.h"
#include "jmap/core/reference.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::string text(const json::value& value) { return json::serialize(value); }

TEST(Request, EchoGivesBackWhatItGot_section_4) {
  World world;
  const auto answers = world.answers(R"([["Core/echo",{"hello":true,"high":5},"b3ff"]])");
  EXPECT_EQ(text(answers), R"([["Core/echo",{"hello":true,"high":5},"b3ff"]])");
}

struct Refused {
  const char* body;
  const char* type;
};

TEST(Request, IsRefusedAsAWhole_section_3_6_1) {
  World world;
  const Refused table[] = {
      {"", "notJSON"},
      {"{", "notJSON"},
      {R"({"using":[],"using":[],"methodCalls":[]})", "notJSON"},  // I-JSON: no duplicate names
      {"{\"using\":[\"\xff\"],\"methodCalls\":[]}", "notJSON"},
      {R"({"using":[],"methodCalls":[]} x)", "notJSON"},
      {"[]", "notRequest"},
      {R"({"methodCalls":[]})", "notRequest"},
      {R"({"using":"x","methodCalls":[]})", "notRequest"},
      {R"({"using":[1],"methodCalls":[]})", "notRequest"},
      {R"({"using":[]})", "notRequest"},
      {R"({"using":[],"methodCalls":[["Core/echo",{}]]})", "notRequest"},
      {R"({"using":[],"methodCalls":[["Core/echo",[],"0"]]})", "notRequest"},
      {R"({"using":[],"methodCalls":[],"createdIds":[]})", "notRequest"},
      {R"({"using":["urn:example:nothing"],"methodCalls":[]})", "unknownCapability"},
  };
  for (const auto& one : table) {
    const auto answer = world.ask(one.body);
    ASSERT_FALSE(answer.has_value()) << one.body;
    EXPECT_EQ(answer.error().type, std::string("urn:ietf:params:jmap:error:") + one.type) << one.body;
    EXPECT_EQ(answer.error().status, 400u);
    EXPECT_FALSE(answer.error().detail.empty());
  }
}

TEST(Request, OverALimitSaysWhichLimit_section_3_6_1) {
  World world;
  std::string calls = "[";
  for (int i = 0; i < 17; ++i) calls += std::string(i == 0 ? "" : ",") + R"(["Core/echo",{},"x"])";
  auto answer = world.ask(R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":)" + calls + "]}");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(text(to_json(answer.error())),
            R"({"type":"urn:ietf:params:jmap:error:limit","status":400,"detail":"at most 16 method calls in one request","limit":"maxCallsInRequest"})");
  world.services.limits.request = 10;
  answer = world.ask(R"({"using":[],"methodCalls":[]})");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().limit, "maxSizeRequest");
}

TEST(Request, AMethodThatFailsDoesNotStopTheNext_section_3_6_2) {
  World world;
  const auto answers = world.answers(R"([["No/method",{},"a"],["Core/echo",{"x":1},"b"]])");
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].as_array()[0], "error");
  EXPECT_EQ(answers[0].as_array()[1].as_object().at("type"), "unknownMethod");
  EXPECT_EQ(answers[0].as_array()[2], "a");
  EXPECT_EQ(text(answers[1]), R"(["Core/echo",{"x":1},"b"])");
}

TEST(Request, AMethodOfACapabilityThatIsNotUsedDoesNotExist_section_3_3) {
  World world;
  const auto answers = world.answers(R"([["Core/echo",{},"a"]])", "");
  EXPECT_EQ(answers[0].as_array()[1].as_object().at("type"), "unknownMethod");
}

TEST(Request, CreatedIdsComeBackOnlyIfTheyWereSent_section_3_4) {
  World world;
  auto without = world.ask(R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":[]})");
  EXPECT_FALSE(without->contains("createdIds"));
  auto with = world.ask(R"({"using":["urn:ietf:params:jmap:core"],"methodCalls":[],"createdIds":{"k":"M1"}})");
  EXPECT_EQ(text((*with)["createdIds"]), R"({"k":"M1"})");
  EXPECT_EQ((*with)["sessionState"], "s");
}

TEST(Reference, ReplacesTheArgument_section_3_7) {
  World world;
  const auto answers = world.answers(R"([["Core/echo",{"list":[{"id":"a","ids":["x","y"]},{"id":"b","ids":["z"]}]},"t0"],
    ["Core/echo",{"#ids":{"resultOf":"t0","name":"Core/echo","path":"/list/*/id"},"#all":{"resultOf":"t0","name":"Core/echo","path":"/list/*/ids"},
                  "#one":{"resultOf":"t0","name":"Core/echo","path":"/list/1"}},"t1"]])");
  EXPECT_EQ(answers[1].as_array()[1], json::parse(R"({"ids":["a","b"],"all":["x","y","z"],"one":{"id":"b","ids":["z"]}})"));
}

TEST(Reference, ThatLeadsNowhereFailsItsMethodOnly_section_3_7) {
  World world;
  const char* bad[] = {
      R"({"resultOf":"none","name":"Core/echo","path":"/x"})", R"({"resultOf":"t0","name":"Other/get","path":"/x"})",
      R"({"resultOf":"t0","name":"Core/echo","path":"/y"})",   R"({"resultOf":"t0","name":"Core/echo","path":"x"})",
      R"({"resultOf":"t0","name":"Core/echo","path":"/x/0/0"})", R"({"resultOf":"t0","name":"Core/echo","path":"/x/01"})",
      R"({"resultOf":"t0","path":"/x"})",                       R"("t0")",
      R"({"resultOf":"t0","name":"Core/echo","path":"/x~2"})",
  };
  for (const auto* reference : bad) {
    const auto answers = world.answers(std::string(R"([["Core/echo",{"x":[1,2]},"t0"],["Core/echo",{"#ids":)") + reference + R"(},"t1"],["Core/echo",{},"t2"]])");
    EXPECT_EQ(answers[1].as_array()[1].as_object().at("type"), "invalidResultReference") << reference;
    EXPECT_EQ(answers[2].as_array()[0], "Core/echo");
  }
}

TEST(Reference, BesideTheArgumentItselfIsInvalid_section_3_7) {
  World world;
  const auto answers = world.answers(R"([["Core/echo",{"x":1},"t0"],["Core/echo",{"ids":[],"#ids":{"resultOf":"t0","name":"Core/echo","path":"/x"}},"t1"]])");
  EXPECT_EQ(answers[1].as_array()[1].as_object().at("type"), "invalidArguments");
}

// attacks.md F9
TEST(Reference, FanOutIsBoundedOverTheWholeRequest) {
  World world;
  std::string list = "[0";
  for (int i = 1; i < 5000; ++i) list += ",0";
  std::string calls = R"([["Core/echo",{"x":)" + list + R"(]},"t0"])";
  for (int i = 0; i < 3; ++i) calls += R"(,["Core/echo",{"#x":{"resultOf":"t0","name":"Core/echo","path":"/x"}},"t"])";
  const auto answers = world.answers(calls + "]");
  EXPECT_EQ(answers[2].as_array()[0], "Core/echo");
  EXPECT_EQ(answers[3].as_array()[1].as_object().at("type"), "invalidResultReference");
}

// attacks.md F10
TEST(StrictJson, RefusesWhatTwoReadersCouldReadInTwoWays) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  for (const auto& bad : {std::string(R"({"a":1,"a":2})"), std::string(R"({"b":{"a":1,"\u0061":2}})"), std::string(R"(["\ud800"])"), deep,
                          std::string("[1e999999]x"), std::string("[1e999999]"), std::string("[-1e400]"), std::string("nul"), std::string("[1,]"), std::string("\xef\xbb\xbf{}")})
    EXPECT_FALSE(parse_json(bad).has_value()) << bad.substr(0, 40);
  EXPECT_TRUE(parse_json(R"({"a":[{"x":1},{"x":2}],"b":{"a":null}})").has_value());
}

TEST(StrictJson, CountsValues) {
  std::string many = "[0";
  for (int i = 0; i < 100'001; ++i) many += ",0";
  EXPECT_FALSE(parse_json(many + "]").has_value());
}

TEST(Account, AnothersIsAnsweredAsOneThatIsNotThere_section_3_6_2) {
  World world;
  Call call{world.services, sasl::Login{world.alice, "alice@blue.test"}, {}, {}, ""};
  for (const auto* id : {R"({"accountId":"A999"})", R"({"accountId":"A01"})", R"({"accountId":"x"})"}) {
    Arguments arguments(call, json::parse(id).as_object());
    EXPECT_EQ(arguments.account().error().type, "accountNotFound") << id;
  }
  Arguments missing(call, {});
  EXPECT_EQ(missing.account().error().type, "invalidArguments");
  Arguments own(call, json::object{{"accountId", account_text(world.alice)}, {"strange", 1}});
  EXPECT_TRUE(own.account().has_value());
  EXPECT_EQ(own.finish().error().type, "invalidArguments");
}

}  // namespace
}  // namespace posthorn::jmap
