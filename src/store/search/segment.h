// store/search/segment.h - one immutable piece of an account's index of words: the Emails of a range of ids, and for each term those that
// hold it. Pure: it writes and reads blocks of bytes; sealing and rows are others' (search/rows.h).
// A block is a run of entries in the order of their terms: the octets shared with the term before, the rest of it, and the numbers of the
// Emails within the segment as differences. A term of many Emails is several entries. The directory tells the Emails and each block's
// first term. Security: blocks are checked as they are read; what does not check is Errc::corrupt.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace posthorn::store::search {

inline constexpr std::size_t block_size = 16u << 10;  // about so much before it is compressed

struct Directory {
  std::vector<EmailId> emails;           // ascending; the place of one is its number in the blocks
  std::vector<std::string> first_terms;  // of each block
  std::size_t bytes() const;
};
std::string encode(const Directory& directory);
Result<Directory> decode_directory(std::string_view bytes);

// Takes terms in ascending order and hands out blocks.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::vector<EmailId> emails) { directory_.emails = std::move(emails); }
  // `emails`: ascending numbers, at least one.
  void add(std::string_view term, const std::vector<std::uint32_t>& emails);
  // Blocks that are full; after finish() the last one too.
  std::vector<std::string> take_blocks() { return std::exchange(blocks_, {}); }
  const Directory& finish();

 private:
  void entry(std::string_view term, const std::vector<std::uint32_t>& emails, std::size_t from, std::size_t to);

  Directory directory_;
  std::vector<std::string> blocks_;
  std::string open_, last_;
};

// The entries of a block, in order.
class BlockReader {
 public:
  explicit BlockReader(std::string block) : block_(std::move(block)) {}
  // False: the block is at its end. The term and the numbers are good until the next call.
  Result<bool> next();
  const std::string& term() const { return term_; }
  const std::vector<std::uint32_t>& emails() const { return emails_; }

 private:
  std::optional<std::uint64_t> number();

  std::string block_;
  std::size_t at_ = 0;
  std::string term_;
  std::vector<std::uint32_t> emails_;
};

// Blocks by their number, from 0.
using ReadBlock = std::function<Result<std::string>(std::size_t block)>;

// Calls `take` with the Emails of each term that is `term`, or begins with it.
enum class Match : std::uint8_t { whole, beginning };
Status each_match(const Directory& directory, const ReadBlock& read, std::string_view term, Match match, const std::function<void(std::uint32_t email)>& take);

// All terms of a segment in order, each once.
class SegmentReader {
 public:
  SegmentReader(std::size_t blocks, ReadBlock read) : blocks_(blocks), read_(std::move(read)) {}
  Result<bool> next();
  const std::string& term() const { return term_; }
  const std::vector<std::uint32_t>& emails() const { return emails_; }

 private:
  Result<bool> advance();

  std::size_t blocks_, block_ = 0;
  ReadBlock read_;
  std::optional<BlockReader> reader_;
  bool ahead_ = false;  // reader_ stands at an entry that was not taken yet
  std::string term_;
  std::vector<std::uint32_t> emails_;
};

}  // namespace posthorn::store::search
