// store/catalog.h - all Emails of one account as JMAP shows them, in memory: what a query sorts, filters and counts without reading a
// row of the store. Derived from a View by two scans and kept up by the change log; about 130 bytes an Email. Nothing in it is truth:
// it may be dropped at any time. Not for the network threads: catch_up() of a large account takes seconds the first time, so leases
// (catalogs.h) are taken on workers.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "store/store.h"

namespace posthorn::store {

class Catalog {
 public:
  using Index = std::uint32_t;  // of a row; good until the next catch_up()
  static constexpr Index none = 0xffffffff;

  struct Row {
    EmailId id{};
    ThreadId thread{};
    WallTime received{};
    std::uint64_t size = 0;
    Flags keywords;                                        // ShownEmail::keywords
    boost::container::small_vector<MailboxId, 2> mailboxes;  // empty: the row is free
    Index next_in_thread = none;

    bool unread() const { return !keywords.has(SystemFlag::seen) && !keywords.has(SystemFlag::draft); }
    bool is_in(MailboxId mailbox) const;
  };

  // Rows oldest first, by receivedAt and then by id; and which of them stand for their threads when those are collapsed.
  class Order {
   public:
    // Which of a thread stands for it: the first one from that end.
    enum class End : std::uint8_t { newest = 1, oldest = 2 };

    const std::vector<Index>& rows() const { return rows_; }
    std::size_t threads() const { return count(0, rows_.size(), End::newest); }
    // `most` of those that stand for a thread, from the one at `place` on, seen from that end.
    std::vector<Index> collapsed(End end, std::size_t place, std::size_t most) const;
    // The place among them of the row at `at` in rows(); nothing if another stands for its thread.
    std::optional<std::size_t> collapsed_place(End end, std::size_t at) const;
    std::size_t bytes() const { return rows_.capacity() * sizeof(Index) + marks_.capacity(); }

   private:
    friend class Catalog;
    std::size_t count(std::size_t from, std::size_t to, End end) const;

    std::vector<Index> rows_;
    std::vector<std::uint8_t> marks_;  // of each row: the ends it is the first from
  };

  // RFC 8621 2
  struct MailboxCounts {
    std::uint32_t emails = 0, unread = 0, threads = 0, unread_threads = 0;
    bool operator==(const MailboxCounts&) const = default;
  };

  // Makes it agree with the view.
  Status catch_up(const View& view);
  // The same where the change log says what to do and it is little; false: nothing was done.
  Result<bool> follow_to(const View& view);
  bool agrees_with(const View& view) const { return at_ == view.modseq(); }

  const Row& row(Index index) const { return rows_[index]; }
  Index find(EmailId id) const;
  const Order& order() const { return all_; }
  const Order& order_in(MailboxId mailbox) const;
  const std::vector<Index>& all() const { return all_.rows(); }
  const std::vector<Index>& in(MailboxId mailbox) const { return order_in(mailbox).rows(); }
  MailboxCounts counts(MailboxId mailbox) const;
  // Each Email of the thread.
  template <class Take>
  void each_in_thread(ThreadId thread, Take take) const {
    const auto found = threads_.find(number(thread));
    if (found == threads_.end()) return;
    for (auto at = found->second; at != none; at = rows_[at].next_in_thread) take(rows_[at]);
  }
  std::size_t threads() const { return threads_.size(); }
  std::size_t bytes() const;
  bool before(Index a, Index b) const;  // in the order of all()

 private:
  struct Box {
    Order order;
    MailboxCounts counts;
  };
  struct Touch {
    EmailId id{};
    std::optional<Row> row;  // nothing: it is not shown any more
  };
  Status build(const View& view);
  Status follow(const View& view, const std::vector<Change>& changes);
  void apply(std::vector<Touch> touched);
  void remove(Index index);
  void link(Index index);
  void unlink(Index index);
  void count_thread(ThreadId thread, int by);
  void count_rows(const Row& row, int by);
  // Where it stands, or would.
  std::size_t place_of(const Order& order, Index index) const;
  void insert_sorted(Order& order, Index index);
  void erase_sorted(Order& order, Index index);
  void mark_all(Order& order);
  // The thread has got `fresh`, which stands in the order already, or lost one (none). `mailbox`: of the order; 0: all.
  void mark_thread(Order& order, ThreadId thread, MailboxId mailbox, Index fresh);

  std::optional<ModSeq> at_;
  MailboxId trash_{};
  std::vector<Row> rows_;
  std::vector<Index> free_;
  Order all_;
  boost::unordered_flat_map<std::uint64_t, Index> emails_, threads_;
  std::map<MailboxId, Box> boxes_;
};

}  // namespace posthorn::store
