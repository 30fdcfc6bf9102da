// Searches by the index of words against the same searches that read all mail: random letters, random work, random filters (RFC 8621 4.4.1).
#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "jmap/world.h"
#include "store/search/index.h"
#include "store/search/indexer.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

class SearchWorld {
 public:
  explicit SearchWorld(std::uint64_t seed) : random_(seed), indexer_(world.test.context.get_executor(), world.test.store, *world.test.keyring, *log_, options()) {
    services_.words = &words_;
  }
  std::size_t pick(std::size_t bound) { return random_() % bound; }

  void step() {
    auto& t = world.test;
    switch (pick(12)) {
      case 0: {
        std::vector<EmailId> gone;
        for (std::size_t i = 0; i < 1 + pick(12); ++i) gone.push_back(EmailId{1 + pick(made_ + 1)});
        EXPECT_TRUE(t.run(t.store.destroy_emails(world.alice, gone)));
        return;
      }
      case 1: {
        std::vector<Uid> some{Uid{static_cast<std::uint32_t>(1 + pick(made_ + 1))}};
        EXPECT_TRUE(t.run(t.store.expunge(world.alice, store::inbox_id, some, store::Store::Expunge::all)));
        return;
      }
      case 2: {
        std::vector<Uid> some{Uid{static_cast<std::uint32_t>(1 + pick(made_ + 1))}};
        EXPECT_TRUE(t.run(t.store.change_flags(world.alice, store::inbox_id, some, {store::FlagChange::add, {pick(2) == 0 ? "\\Deleted" : "\\Seen"}, {}})));
        return;
      }
      case 3: return t.clock.advance(std::chrono::hours(pick(3) == 0 ? 25 : 1));
      case 4: {
        const auto done = t.run(indexer_.look_at(world.alice));
        EXPECT_TRUE(done) << done.error().text();
        return;
      }
      default: letter();
    }
  }

  // Both ways; the index must not change what is found.
  void search() {
    const auto filter = json::serialize(tree(0));
    const auto arguments = R"(,"filter":)" + filter + R"(,"calculateTotal":true,"collapseThreads":)" + (pick(3) == 0 ? "true" : "false");
    EXPECT_EQ(run(services_, arguments), run(world.services, arguments)) << filter;
    ++searches_;
  }
  std::size_t found() const { return found_; }
  Result<store::search::Progress> progress() { return store::search::index_progress(*world.test.store.snapshot(), world.alice); }

  World world;

 private:
  static store::search::IndexerOptions options() {
    store::search::IndexerOptions out;
    out.waiting_emails = 6;
    out.pause = {};
    return out;
  }

  std::string word() {
    static const std::vector<std::string> all{"invoice", "invoices", "inv", "Rechnung", "Größe", "GROSSE", "groß", "e-mail", "don't", "alpha", "beta", "al", "2026", "20", "東京都", "京都", "東", "日本語", "ไทย",
                                              "Привет", "мир", "한국어", "€", "😀", "foo_bar", "x", "naïve", "naive", "sale!", "...", "a.b@c.test", "carol", "list"};
    return all[pick(all.size())];
  }
  std::string words(std::size_t most) {
    std::string out;
    for (std::size_t i = 0; i < 1 + pick(most); ++i) out += (i == 0 ? "" : pick(4) == 0 ? ", " : " ") + word();
    return out;
  }
  std::string person() { return pick(3) == 0 ? "\"" + words(2) + "\" <bob@blue.test>" : pick(2) == 0 ? "Carol <carol@green.test>" : word() + " <x" + std::to_string(pick(5)) + "@red.test>"; }

  void letter() {
    std::string head = "From: " + person() + "\r\nTo: " + person() + "\r\nSubject: " + words(4) + "\r\nMessage-ID: <m" + std::to_string(++made_) + "@x>\r\n";
    if (pick(3) == 0) head += "Cc: " + person() + ", " + person() + "\r\n";
    if (pick(5) == 0) head += "Bcc: " + person() + "\r\n";
    if (pick(4) == 0) head += "List-Id: " + words(2) + " <list.blue.test>\r\n";
    if (pick(3) == 0) head += "References: <t" + std::to_string(pick(8)) + "@x>\r\n";
    if (pick(4) == 0) head += "X-Kind: " + word() + "\r\n";
    if (pick(4) == 0) head += "Authentication-Results: mx; dmarc=" + std::string(pick(2) == 0 ? "pass" : "fail") + "\r\nAuthentication-Results: mx2; spf=pass\r\n";
    std::string body;
    switch (pick(4)) {
      case 0: body = "Content-Type: text/html; charset=utf-8\r\n\r\n<p title=\"" + word() + "\">" + words(6) + " <b>" + word() + "</b></p><style>alpha</style>\r\n"; break;
      case 1:
        body = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_encode(words(8)) +
               "\r\n--b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Disposition: attachment\r\n\r\nalpha\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n" + words(2) + "\r\n--b--\r\n";
        break;
      default: body = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + words(12) + "\r\n" + words(3) + "\r\n";
    }
    EXPECT_TRUE(world.test.append(world.alice, head + body));
  }

  json::value condition() {
    static const std::vector<std::string> texts{"text", "body", "subject", "from", "to", "cc", "bcc", "text", "body"};
    std::string looked_for = words(3);
    if (pick(4) == 0) looked_for = "\"" + looked_for + "\"";
    if (pick(4) == 0) looked_for = looked_for.substr(0, 1 + pick(4));
    if (!is_utf8(looked_for)) looked_for = "in";
    switch (pick(12)) {
      case 0: return json::object{{"hasAttachment", pick(2) == 0}};
      case 1: return json::object{{"header", json::array{"List-Id"}}};
      case 2: return json::object{{"header", json::array{pick(2) == 0 ? "list-id" : "X-Kind", looked_for}}};
      case 3: return json::object{{"header", json::array{"Authentication-Results", pick(2) == 0 ? "dmarc=pass" : "spf dmarc"}}};
      case 4: return json::object{{pick(2) == 0 ? "hasKeyword" : "notKeyword", "$seen"}};
      case 5: return json::object{{"inMailbox", "F1"}};
      default: return json::object{{texts[pick(texts.size())], looked_for}};
    }
  }
  json::value tree(int depth) {
    if (depth == 3 || pick(3) > 0) return condition();
    static const std::vector<std::string> operators{"AND", "OR", "NOT"};
    json::array conditions;
    for (std::size_t i = 0; i < 1 + pick(3); ++i) conditions.push_back(tree(depth + 1));
    return json::object{{"operator", operators[pick(3)]}, {"conditions", std::move(conditions)}};
  }

  std::string run(const Services& services, const std::string& arguments) {
    Call call{services, sasl::Login{world.alice, "alice@blue.test"}, {}, {}, "127.0.0.1"};
    const auto body = R"({"using":["urn:ietf:params:jmap:core","urn:ietf:params:jmap:mail"],"methodCalls":[["Email/query",{"accountId":")" + account_text(world.alice) + "\"" + arguments + R"(},"0"]]})";
    auto answer = world.test.run(process(call, body, "s"));
    EXPECT_TRUE(answer) << arguments;
    if (!answer) return {};
    const auto response = (*answer)["methodResponses"].as_array()[0].as_array();
    EXPECT_EQ(response[0], json::value("Email/query")) << json::serialize(response) << arguments;
    if (const auto* ids = response[1].as_object().if_contains("ids")) found_ += ids->as_array().empty() ? 0 : 1;
    return json::serialize(response);
  }

  std::mt19937_64 random_;
  std::size_t made_ = 0, searches_ = 0, found_ = 0;
  std::unique_ptr<Log> log_ = null_log();
  store::search::Indexer indexer_;
  store::search::Index words_{*world.test.keyring};
  Services services_ = world.services;
};

TEST(SearchModel, TheIndexChangesNothingButTheTime) {
  for (const std::uint64_t seed : {41u, 42u, 43u}) {
    SearchWorld w(seed);
    for (int i = 0; i < 250 && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(i));
      w.step();
      if (i > 20) w.search();
    }
    EXPECT_GT(w.progress()->indexed, 30u);
    EXPECT_GT(w.found(), 100u);
  }
}

}  // namespace
}  // namespace posthorn::jmap
