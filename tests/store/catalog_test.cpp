// The catalog's orders with threads collapsed, followed through random work, against the same made plainly.
#include "store/catalog.h"
#include "store/catalogs.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "store/random_work.h"

namespace posthorn::store {
namespace {

using End = Catalog::Order::End;

std::vector<Catalog::Index> plainly(const Catalog& catalog, const Catalog::Order& order, End end) {
  std::vector<Catalog::Index> rows = order.rows(), out;
  if (end == End::newest) std::ranges::reverse(rows);
  std::set<ThreadId> seen;
  for (const auto row : rows)
    if (seen.insert(catalog.row(row).thread).second) out.push_back(row);
  return out;
}

void compare(const Catalog& catalog, const Catalog::Order& order) {
  for (const auto end : {End::newest, End::oldest}) {
    const auto wanted = plainly(catalog, order, end);
    ASSERT_EQ(order.threads(), wanted.size());
    ASSERT_EQ(order.collapsed(end, 0, wanted.size() + 1), wanted);
    for (std::size_t place = 0; place <= wanted.size(); place += 3) {
      const auto last = std::min(wanted.size(), place + 2);
      ASSERT_EQ(order.collapsed(end, place, 2), std::vector(wanted.begin() + static_cast<std::ptrdiff_t>(place), wanted.begin() + static_cast<std::ptrdiff_t>(last)));
    }
    for (std::size_t at = 0; at < order.rows().size(); ++at) {
      const auto found = std::ranges::find(wanted, order.rows()[at]);
      const auto place = order.collapsed_place(end, at);
      ASSERT_EQ(place.has_value(), found != wanted.end());
      if (place) {
        ASSERT_EQ(*place, static_cast<std::size_t>(found - wanted.begin()));
      }
    }
  }
}

TEST(Catalog, KnowsWhichRowStandsForAThreadWhateverHappens) {
  for (const std::uint64_t seed : {31u, 32u, 33u}) {
    RandomWork work(seed);
    Catalogs catalogs(work.t.store);
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(i));
      work.step();
      const auto lease = catalogs.open(work.alice);
      ASSERT_TRUE(lease);
      compare(*lease->catalog, lease->catalog->order());
      const auto mailboxes = lease->view.mailboxes();
      for (const auto& mailbox : *mailboxes) compare(*lease->catalog, lease->catalog->order_in(mailbox.id));
    }
  }
}

TEST(Catalog, FindsAPlaceFarDown) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  for (int i = 0; i < 1300; ++i) EXPECT_TRUE(t.append(alice, "Subject: s\r\nMessage-ID: <" + std::to_string(i) + "@x>\r\nReferences: <t" + std::to_string(i % 400) + "@x>\r\n\r\nx\r\n"));
  Catalogs catalogs(t.store);
  const auto lease = catalogs.open(alice);
  ASSERT_TRUE(lease);
  compare(*lease->catalog, lease->catalog->order());
}

// A search holds its lease for seconds, and the mailboxes are to be listed meanwhile.
TEST(Catalog, WhoReadsAnOlderOneKeepsNobodyWaiting) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  const auto append = [&] { EXPECT_TRUE(t.append(alice, "Subject: s\r\n\r\nx\r\n")); };
  append();
  Catalogs catalogs(t.store);
  std::optional<Catalogs::Lease> searching = *catalogs.open(alice);
  const auto* first = searching->catalog;
  {
    const auto same = catalogs.open(alice);
    EXPECT_EQ(same->catalog, first) << "nothing changed";
  }
  append();
  {
    const auto later = catalogs.open(alice);
    EXPECT_EQ(later->catalog->all().size(), 2u);
    EXPECT_TRUE(later->catalog->agrees_with(later->view));
  }
  EXPECT_EQ(searching->catalog->all().size(), 1u) << "as of its view";
  EXPECT_TRUE(searching->catalog->agrees_with(searching->view));
  searching.reset();
  const auto* second = catalogs.open(alice)->catalog;
  append();
  const auto third = catalogs.open(alice);
  EXPECT_EQ(third->catalog, second) << "nobody read it: no copy";
  EXPECT_EQ(third->catalog->all().size(), 3u);
}

// A search may hold one for long: what comes meanwhile is seen by who asks later, and not by it.
TEST(Catalogs, WhoReadsKeepsWhatItBeganWithAndOthersSeeWhatCame) {
  TestStore t;
  const auto alice = t.add("alice@blue.test");
  Catalogs catalogs(t.store);
  ASSERT_TRUE(t.append(alice, "Subject: a\r\n\r\nHi\r\n"));
  auto first = catalogs.open(alice);
  ASSERT_TRUE(t.append(alice, "Subject: b\r\n\r\nHi\r\n"));
  auto second = catalogs.open(alice);
  EXPECT_EQ(first->catalog->all().size(), 1u);
  EXPECT_EQ(second->catalog->all().size(), 2u);
  // Given back on another thread, and nobody reads the newest any more: it is brought up to date where it is.
  const auto* newest = second->catalog;
  std::thread([lease = std::move(*second)]() mutable { lease.kept.reset(); }).join();
  ASSERT_TRUE(t.append(alice, "Subject: c\r\n\r\nHi\r\n"));
  const auto third = catalogs.open(alice);
  EXPECT_EQ(third->catalog, newest);
  EXPECT_EQ(third->catalog->all().size(), 3u);
  EXPECT_EQ(first->catalog->all().size(), 1u);
  // When the first search is through, its catalog is there for who comes while another is held.
  const auto* oldest = first->catalog;
  first->kept.reset();
  ASSERT_TRUE(t.append(alice, "Subject: d\r\n\r\nHi\r\n"));
  const auto fourth = catalogs.open(alice);
  EXPECT_EQ(fourth->catalog, oldest);
  EXPECT_EQ(fourth->catalog->all().size(), 4u);
  EXPECT_EQ(fourth->catalog->counts(inbox_id).emails, 4u);
  EXPECT_EQ(third->catalog->all().size(), 3u);
  // Both are held now: a third one is made.
  ASSERT_TRUE(t.append(alice, "Subject: e\r\n\r\nHi\r\n"));
  const auto fifth = catalogs.open(alice);
  EXPECT_TRUE(fifth->catalog != oldest && fifth->catalog != newest);
  EXPECT_EQ(fifth->catalog->all().size(), 5u);
  EXPECT_EQ(fourth->catalog->all().size(), 4u);
}

}  // namespace
}  // namespace posthorn::store
