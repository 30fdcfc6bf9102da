// What attempts came to is written for a whole entry each time, so it is written seldom.
#include "post/settlement.h"

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "post/world.h"

namespace posthorn::post {
namespace {

constexpr std::size_t domains = 40;

std::vector<std::string> one_in_each_domain() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < domains; ++i) out.push_back("x@d" + std::to_string(i) + ".many.test");
  return out;
}

TEST(Settlement, WritesWhatEndedTogetherInOneCommitWithOneNotice) {
  World w;
  w.blue.sender.stop();
  ASSERT_EQ(w.send(one_in_each_domain()).code, 250);
  const auto entry = World::queue(w.blue).front();
  std::vector<Ended> ended;
  for (std::size_t i = 0; i < domains; ++i) {
    Attempt attempt;
    attempt.reply = i % 4 == 0 ? smtp::Reply{550, "5.1.1", "unknown", {}} : smtp::Reply{250, "2.0.0", "taken", {}};
    ended.push_back(Ended{{i}, {attempt}});
  }
  Settlement settlement(w.blue.store, *w.blue.keyring, w.blue.sender.queue(), w.clock, w.blue.log, w.blue.options);
  const std::size_t attempting = 0;
  const bool stopping = false;
  const auto before = w.blue.engine->syncs();
  const auto written = w.run(settlement.write(entry.id, ended, Settlement::Round::over, {attempting, stopping}));
  EXPECT_TRUE(written.all);
  EXPECT_EQ(w.blue.engine->syncs(), before + 1);
  EXPECT_EQ(w.reports("failed"), 1u) << "of all who were refused";
  EXPECT_EQ(w.blue.log.count("delivery.failed"), domains / 4);
  EXPECT_EQ(w.blue.log.count("delivery.done"), domains - domains / 4);
  EXPECT_TRUE(World::queue(w.blue).empty());
}

// What was not tried keeps its turn, and the others their results.
TEST(Settlement, WritesWhatWasTriedBesideWhatWasNot) {
  World w;
  w.blue.sender.stop();
  ASSERT_EQ(w.send({"x@d1.many.test", "x@d2.many.test"}).code, 250);
  const auto entry = World::queue(w.blue).front();
  Attempt taken;
  taken.reply = smtp::Reply{250, "2.0.0", "taken", {}};
  Settlement settlement(w.blue.store, *w.blue.keyring, w.blue.sender.queue(), w.clock, w.blue.log, w.blue.options);
  const std::size_t attempting = 0;
  const bool stopping = false;
  std::vector<Ended> ended = {Ended{{0}, {taken}}, Ended{{1}, {}}};
  const auto written = w.run(settlement.write(entry.id, std::move(ended), Settlement::Round::over, {attempting, stopping}));
  EXPECT_FALSE(written.all);
  const auto after = World::queue(w.blue);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].recipients[0].state, RecipientState::relayed);
  EXPECT_EQ(after[0].recipients[1].state, RecipientState::waiting);
  EXPECT_EQ(after[0].recipients[1].attempts, 0u);
  EXPECT_EQ(after[0].rounds, 0u);
}

// While the disk takes nothing, what became of the recipients is not forgotten: who forgot it would send them the message again.
TEST(Settlement, WaitsForTheDiskUntilItIsToStop) {
  store::Fault fault;
  World w({}, {.fault = &fault});
  w.blue.sender.stop();
  ASSERT_EQ(w.send({"x@d1.many.test"}).code, 250);
  const auto entry = World::queue(w.blue).front();
  Attempt taken;
  taken.reply = smtp::Reply{250, "2.0.0", "taken", {}};
  Settlement settlement(w.blue.store, *w.blue.keyring, w.blue.sender.queue(), w.clock, w.blue.log, w.blue.options);
  const std::size_t attempting = 0;
  bool stopping = false;
  ASSERT_TRUE(fault.at(0));
  std::optional<Settlement::Written> written;
  std::vector<Ended> ended = {Ended{{0}, {taken}}};
  auto write = settlement.write(entry.id, std::move(ended), Settlement::Round::over, {attempting, stopping});
  boost::asio::co_spawn(w.context, std::move(write), [&written](const std::exception_ptr&, Settlement::Written got) { written = std::move(got); });
  EXPECT_FALSE(w.wait([&] { return written.has_value(); }, std::chrono::hours(1)));
  stopping = true;
  ASSERT_TRUE(w.wait([&] { return written.has_value(); }, std::chrono::minutes(1)));
  EXPECT_FALSE(written->all);
  EXPECT_GT(w.blue.log.count("queue.not_updated"), 100u);
}

// A letter to n domains: one mark that it is tried, then a commit for each that ends by itself.
TEST(Sender, MarksALetterToManyDomainsOnce) {
  World w;
  w.dialer.fake("8.8.8.1", mostly_good([](const std::string& line) -> std::optional<std::string> {
    if (line == ".") return "SLOW 250 ok";
    return std::nullopt;
  }));
  ASSERT_EQ(w.send(one_in_each_domain()).code, 250);
  const auto before = w.blue.engine->syncs();
  w.start();
  ASSERT_TRUE(w.wait([&] { return World::queue(w.blue).empty(); }, std::chrono::hours(1)));
  EXPECT_EQ(w.dialer.connections, domains);
  EXPECT_LE(w.blue.engine->syncs(), before + domains + 1);
}

}  // namespace
}  // namespace posthorn::post
