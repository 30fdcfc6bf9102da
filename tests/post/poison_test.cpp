// attacks.md A18: one bad record or message stops nobody else's mail.
#include "post/queue/queue.h"
#include "post/world.h"

namespace posthorn::post {
namespace {

TEST(Poison, A18_a_queue_record_with_any_byte_changed_is_set_aside_and_the_queue_goes_on) {
  World w;
  w.start();
  ASSERT_EQ(w.send({"bob@green.test"}, World::letter("poisoned")).code, 250);  // green is down
  ASSERT_TRUE(w.wait([&] { return World::queue(w.blue).size() == 1 && World::queue(w.blue)[0].begun == 0 && World::queue(w.blue)[0].recipients[0].attempts == 1; }, std::chrono::minutes(10)));
  std::string key, good;
  ASSERT_TRUE(w.blue.store.snapshot()->scan(store::Space::queue, "", "", [&](std::string_view k, std::string_view v) {
    key = k;
    good = v;
    return false;
  }));
  const auto put = [&](std::string bytes) {
    store::Work work = [&](store::Transaction& tx) -> Status {
      tx.put(store::Space::queue, key, bytes);
      return {};
    };
    return w.run(w.blue.store.transact(std::move(work))).has_value();
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    ASSERT_TRUE(put(bad));
    EXPECT_TRUE(World::queue(w.blue).empty()) << "byte " << i << " of the record was believed";
  }
  auto bad = good;
  bad[good.size() / 2] = static_cast<char>(~bad[good.size() / 2]);
  ASSERT_TRUE(put(bad));
  w.green_up();
  ASSERT_EQ(w.send({"bob@green.test"}, World::letter("the next")).code, 250);
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 1, std::chrono::hours(1)));
  EXPECT_TRUE(World::inbox(w.green, w.bob)[0].contains("the next"));
  w.pass(std::chrono::hours(3));
  EXPECT_GE(w.blue.log.count("queue.unreadable"), 1u) << "the operator is told";
  EXPECT_EQ(w.reports("failed"), 0u);
  // Restored from a backup, it goes.
  ASSERT_TRUE(put(good));
  Sender again(w.context.get_executor(), w.blue.store, *w.blue.keyring, w.resolver, w.dialer, w.clock, w.blue.log, w.blue.options);
  ASSERT_TRUE(again.start());
  EXPECT_TRUE(w.wait_for_mail(w.green, w.bob, 2, std::chrono::hours(1)));
}

}  // namespace
}  // namespace posthorn::post
