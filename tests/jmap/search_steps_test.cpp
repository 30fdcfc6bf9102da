// Searches work in steps, between which others have their turn, and find the same as in one piece.
#include <gtest/gtest.h>

#include "jmap/mail/email_query.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

// At each look at it a little more time is over.
class HurriedClock final : public Clock {
 public:
  HurriedClock(Clock& real, Duration each) : real_(real), each_(each) {}
  WallTime now() const override { return real_.now(); }
  SteadyTime steady() const override { return at_ += each_; }
  std::unique_ptr<Timer> timer(Executor executor) override { return real_.timer(std::move(executor)); }

 private:
  Clock& real_;
  Duration each_;
  mutable SteadyTime at_{};
};

class SearchSteps : public MailTest {
 protected:
  struct Searched {
    json::array ids;
    int steps = 0;
    std::string error;
  };
  Searched search(const std::string& filter, std::vector<Comparator> sort, bool collapse, Window window, Duration each_look) {
    HurriedClock clock(w.test.clock, each_look);
    Services services{w.test.store, *w.test.accounts, *w.test.keyring, clock, *w.log, nullptr, {}, "mx.blue.test", &w.catalogs};
    const Call call{services, sasl::Login{w.alice, "alice@blue.test"}, {}, {}, "127.0.0.1"};
    EmailQuery query;
    query.filter = *EmailFilter::parse(json::parse(filter));
    query.sort = std::move(sort);
    query.collapse = collapse;
    const auto lease = w.catalogs.open(w.alice);
    EmailQueryRun run(call, query, *lease);
    Searched out;
    for (;;) {
      ++out.steps;
      const auto found = run.window(window);
      if (!found) {
        out.error = found.error().type;
        return out;
      }
      if (!*found) continue;
      out.ids = ids_json((*found)->ids);
      return out;
    }
  }
};

TEST_F(SearchSteps, FindWhatOnePieceFinds) {
  for (int i = 0; i < 40; ++i) {
    const auto number = std::to_string(i);
    deliver("From: p" + std::to_string(i % 7) + "@x.test\r\nSubject: " + (i % 3 == 0 ? "red " : "blue ") + std::to_string(i % 11) + "\r\nMessage-ID: <" + number + "@x>\r\n" + (i > 20 ? "References: <" + std::to_string(i - 11) + "@x>\r\n" : ""),
            i % 2 == 0 ? "even fox\r\n" : "odd hare\r\n");
  }
  const auto middle = std::string(run("Email/query", R"("limit":1,"position":6,"filter":{"body":"fox"})")["ids"].at(0).as_string());
  Window plain, some, anchored;
  some.position = 3;
  some.limit = 5;
  some.calculate_total = true;
  anchored.anchor = middle;
  anchored.anchor_offset = -2;
  anchored.limit = 4;
  const std::pair<Window, std::string> windows[] = {{plain, ""}, {some, R"(,"position":3,"limit":5,"calculateTotal":true)"}, {anchored, R"(,"anchor":")" + middle + R"(","anchorOffset":-2,"limit":4)"}};
  const std::pair<std::vector<Comparator>, std::string> sorts[] = {{{}, "[]"}, {{{"receivedAt", "", true}}, R"([{"property":"receivedAt"}])"}, {{{"subject", "", true}, {"from", "", false}}, R"([{"property":"subject"},{"property":"from","isAscending":false}])"}};
  for (const std::string filter : {R"({"body":"fox"})", R"({"text":"red fox"})", R"({"operator":"OR","conditions":[{"subject":"red"},{"body":"fox"}]})"})
    for (const auto& [sort, sort_text] : sorts)
      for (const bool collapse : {false, true})
        for (const auto& [window, window_text] : windows) {
          const auto whole = run("Email/query", "\"filter\":" + filter + ",\"sort\":" + sort_text + ",\"collapseThreads\":" + (collapse ? "true" : "false") + window_text);
          const auto stepwise = search(filter, sort, collapse, window, std::chrono::milliseconds(30));
          if (whole.contains("error")) {
            EXPECT_EQ(stepwise.error, whole.at("error").as_string()) << filter << sort_text << window_text;
            continue;
          }
          EXPECT_EQ(stepwise.ids, whole.at("ids")) << filter << sort_text << window_text << collapse;
          EXPECT_GT(stepwise.steps, 2) << filter << sort_text << window_text;
        }
}

// attacks.md F9
TEST_F(SearchSteps, EndWhenTheyHaveWorkedForTooLong) {
  for (int i = 0; i < 150; ++i) ASSERT_TRUE(w.test.append(w.alice, "Subject: a\r\n\r\nx\r\n"));
  EXPECT_EQ(search(R"({"body":"nothing"})", {}, false, {}, std::chrono::milliseconds(400)).error, "unsupportedFilter");
  EXPECT_EQ(search(R"({"body":"nothing"})", {}, false, {}, std::chrono::milliseconds(10)).error, "");
}

}  // namespace
}  // namespace posthorn::jmap
