// store/search/rows.h - how the index of words lies in the store: account | segment | block. Segment 0 is the account's manifest; block 0 of
// a segment its directory, the others are its blocks. All but the manifest is compressed and sealed with a key that is wrapped for the
// account: words of mail are as secret as mail, and go with the account's key. Pure but for the reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/engine/engine.h"
#include "store/search/segment.h"

namespace posthorn::store::search {

struct Segment {
  std::uint32_t number = 0, emails = 0, blocks = 0;
  EmailId first{}, last{};
};

struct Manifest {
  std::string wrapped_key;
  EmailId until{1};                // Emails before it are in the index, if they are there at all
  std::uint32_t next_segment = 1;
  std::uint32_t begun = 0;         // rows of this segment are rubbish of a write that did not end; 0: none
  bool dropping = false;           // all rows but this one are rubbish
  WallTime cleaned{};              // when what is gone was last looked for
  std::vector<Segment> segments;   // by their ranges of Emails, which do not overlap
  std::uint64_t emails() const;
};
std::string encode(const Manifest& manifest);
Result<Manifest> decode_manifest(std::string_view bytes);
Result<std::optional<Manifest>> read_manifest(const Reader& reader, AccountId account);

std::string manifest_key(AccountId account);
std::string block_key(AccountId account, std::uint32_t segment, std::uint32_t block);  // 0: the directory
std::uint32_t segment_of(std::string_view key);
std::uint32_t block_of(std::string_view key);

std::string seal_row(std::string_view data_key, std::string_view row_key, std::string_view plain);
Result<std::string> open_row(std::string_view data_key, std::string_view row_key, std::string_view sealed);
// not_found is corrupt here: a manifest named it.
Result<std::string> read_row(const Reader& reader, std::string_view data_key, AccountId account, std::uint32_t segment, std::uint32_t block);

}  // namespace posthorn::store::search
