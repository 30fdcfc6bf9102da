// Quotas (RFC 9425): one where there is a limit, its changes told without a log.
#include <gtest/gtest.h>

#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class Quotas : public testing::Test {
 protected:
  json::object one(const std::string& name, const std::string& arguments) {
    auto answers = world.answers("[[\"" + name + "\",{\"accountId\":\"" + account_text(world.alice) + "\"" + (arguments.empty() ? "" : ",") + arguments + "},\"0\"]]",
                                 R"("urn:ietf:params:jmap:core","urn:ietf:params:jmap:quota")");
    const auto& first = answers.at(0).as_array();
    if (first[0].as_string() == "error") return {{"error", first[1].at("type")}};
    return first[1].as_object();
  }
  void limit(std::uint64_t bytes) { ASSERT_TRUE(world.test.run(world.test.store.set_account("alice@blue.test", std::nullopt, bytes))); }
  World world;
};

TEST_F(Quotas, get_section_4_2) {
  EXPECT_TRUE(one("Quota/get", R"("ids":null)").at("list").as_array().empty()) << "no limit, no quota";
  limit(1'000'000);
  world.test.append(world.alice, "From: a@blue.test\r\n\r\nhello\r\n");
  const auto quota = one("Quota/get", R"("ids":null)").at("list").at(0).as_object();
  EXPECT_EQ(quota.at("hardLimit"), 1'000'000);
  EXPECT_EQ(quota.at("used"), 28);
  EXPECT_EQ(quota.at("resourceType"), "octets");
  EXPECT_EQ(quota.at("scope"), "account");
  EXPECT_EQ(quota.at("types"), json::array{"Email"});
  EXPECT_LT(quota.at("warnLimit").as_uint64(), 1'000'000u);
  const auto some = one("Quota/get", R"("ids":["mail","x"],"properties":["used"])");
  EXPECT_EQ(some.at("list").at(0), (json::object{{"id", "mail"}, {"used", 28}}));
  EXPECT_EQ(some.at("notFound"), json::array{"x"});
  EXPECT_EQ(one("Quota/get", R"("ids":null,"properties":["colour"])").at("error"), "invalidArguments");
}

// rfc:9425#4.3
TEST_F(Quotas, changes_say_when_only_the_use_has_changed_section_4_3) {
  const auto state = [this] { return std::string(one("Quota/get", R"("ids":null)").at("state").as_string()); };
  const auto changes = [this](const std::string& since) { return one("Quota/changes", R"("sinceState":")" + since + "\""); };
  const auto none = state();
  limit(1'000'000);
  const auto fresh = state();
  EXPECT_EQ(changes(none).at("created"), json::array{"mail"});
  world.test.append(world.alice, "From: a@blue.test\r\n\r\nhello\r\n");
  const auto used = changes(fresh);
  EXPECT_EQ(used.at("updated"), json::array{"mail"});
  EXPECT_EQ(used.at("updatedProperties"), json::array{"used"});
  EXPECT_EQ(used.at("newState").as_string(), state());
  limit(2'000'000);
  EXPECT_EQ(changes(fresh).at("updated"), json::array{"mail"});
  EXPECT_TRUE(changes(fresh).at("updatedProperties").is_null());
  const auto same = changes(state());
  EXPECT_TRUE(same.at("created").as_array().empty() && same.at("updated").as_array().empty() && same.at("destroyed").as_array().empty());
  limit(0);
  EXPECT_EQ(changes(fresh).at("destroyed"), json::array{"mail"});
  EXPECT_EQ(changes("nonsense").at("error"), "cannotCalculateChanges");
}

// rfc:9425#4.4
TEST_F(Quotas, query_filters_by_every_condition_and_operator_section_4_4) {
  limit(1'000'000);
  const std::pair<const char*, const char*> cases[] = {
      {"null", "1"}, {"{}", "1"}, {R"({"name":"alice"})", "1"}, {R"({"name":"bob"})", "0"}, {R"({"scope":"account"})", "1"}, {R"({"scope":"domain"})", "0"},
      {R"({"resourceType":"octets","type":"Email"})", "1"}, {R"({"resourceType":"count"})", "0"}, {R"({"type":"Contact"})", "0"},
      {R"({"operator":"NOT","conditions":[{"type":"Contact"}]})", "1"}, {R"({"operator":"AND","conditions":[{"type":"Email"},{"scope":"domain"}]})", "0"},
      {R"({"operator":"OR","conditions":[{"scope":"domain"},{"operator":"AND","conditions":[{"type":"Email"}]}]})", "1"}, {R"({"operator":"OR","conditions":[]})", "0"},
      {R"({"operator":"XOR","conditions":[]})", "invalidArguments"}, {R"({"operator":"AND"})", "invalidArguments"}, {R"({"operator":"AND","conditions":[1]})", "invalidArguments"},
      {R"({"colour":"red"})", "unsupportedFilter"}, {R"({"name":1})", "invalidArguments"},
  };
  for (const auto& [filter, want] : cases) {
    const auto answer = one("Quota/query", std::string(R"("calculateTotal":true,"filter":)") + filter);
    EXPECT_EQ(answer.contains("error") ? std::string(answer.at("error").as_string()) : std::to_string(answer.at("ids").as_array().size()), want) << filter;
  }
  EXPECT_EQ(one("Quota/query", R"("sort":[{"property":"used","isAscending":false}])").at("ids"), json::array{"mail"});
  EXPECT_EQ(one("Quota/query", R"("sort":[{"property":"id"}])").at("error"), "unsupportedSort");
  EXPECT_EQ(one("Quota/query", R"("position":-5)").at("position"), 0);
  EXPECT_TRUE(one("Quota/query", R"("position":1)").at("ids").as_array().empty());
  EXPECT_EQ(one("Quota/query", R"("anchor":"x")").at("error"), "anchorNotFound");
  EXPECT_EQ(one("Quota/query", R"("anchor":"mail","anchorOffset":-3)").at("ids"), json::array{"mail"});
  EXPECT_EQ(one("Quota/queryChanges", R"("sinceQueryState":"0-0")").at("error"), "cannotCalculateChanges");
}

}  // namespace
}  // namespace posthorn::jmap
