// store/search/build.h - segments of the index of words from mail and from other segments, in slices so that a worker is free again after
// some milliseconds. Reads only; what they make is written by search/indexer. Errors: those of the store; mail that does not check has no
// words.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <vector>

#include "store/search/rows.h"
#include "store/store.h"

namespace posthorn::store::search {

// Sealed rows of one segment and what the manifest says of it.
struct Written {
  Segment segment;
  std::vector<Entry> rows;
};

// Seals the blocks of a segment as they come.
class Sealer {
 public:
  Sealer(AccountId account, std::uint32_t segment, std::string data_key) : account_(account), data_key_(std::move(data_key)) { out_.segment.number = segment; }
  void add(const std::vector<std::string>& blocks);
  void finish(const Directory& directory);
  std::vector<Entry> take_rows() { return std::exchange(out_.rows, {}); }
  std::size_t bytes() const { return bytes_; }
  const Segment& segment() const { return out_.segment; }

 private:
  void row(std::uint32_t block, std::string_view plain);
  AccountId account_;
  std::string data_key_;
  Written out_;
  std::size_t bytes_ = 0;  // of all rows so far
};

// The words of the Emails from one id on, kept in memory until there are enough for a segment.
class Gatherer {
 public:
  static constexpr std::size_t most_emails = 2'048, most_postings = 1'000'000;

  Gatherer(AccountId account, EmailId from) : account_(account), next_(from) {}
  enum class State : std::uint8_t { goes_on, full, no_more };
  // Reads Emails for about as long as `slice` says.
  Result<State> slice(const View& view, const Clock& clock, Duration slice);
  // All in one segment; it may be empty.
  Sealer write(std::uint32_t segment, const std::string& data_key) const;
  EmailId until() const { return next_; }
  std::size_t emails() const { return emails_.size(); }
  std::size_t unreadable() const { return unreadable_; }

 private:
  Status add(const View& view, EmailId id);

  AccountId account_;
  EmailId next_;
  std::vector<EmailId> emails_;
  boost::unordered_flat_map<std::string, std::vector<std::uint32_t>> terms_;
  std::size_t postings_ = 0, unreadable_ = 0;
};

// Several segments that lie beside each other made to one, without the Emails that are gone.
class Merger {
 public:
  static Result<Merger> begin(const Reader& reader, AccountId account, std::vector<Segment> inputs, std::uint32_t segment, std::string data_key);
  // Rows for about as long as `slice` says. Nothing more after done().
  Result<std::vector<Entry>> slice(const Reader& reader, const Clock& clock, Duration slice);
  bool done() const { return done_; }
  const Segment& segment() const { return sealer_.segment(); }
  const std::vector<Segment>& inputs() const { return inputs_; }
  std::size_t gone() const { return gone_; }

 private:
  struct Input {
    std::vector<std::uint32_t> numbers;  // of an Email in the new segment; `nowhere`: it is gone
    std::shared_ptr<SegmentReader> terms;
    bool more = true;
  };
  static constexpr std::uint32_t nowhere = 0xffffffff;
  Merger(AccountId account, std::vector<Segment> inputs, std::uint32_t segment, std::string data_key);
  Status open(const Reader& reader);
  Result<bool> step();

  AccountId account_;
  std::vector<Segment> inputs_;
  std::string data_key_;
  std::shared_ptr<const Reader*> reader_ = std::make_shared<const Reader*>(nullptr);  // of this slice
  std::vector<Input> open_;
  std::optional<SegmentWriter> writer_;
  Sealer sealer_;
  std::size_t gone_ = 0;
  bool done_ = false;
};

// Those of the ids in [from, to] that are Emails of the account, ascending.
Result<std::vector<EmailId>> living(const Reader& reader, AccountId account, EmailId from, EmailId to);

}  // namespace posthorn::store::search
