// store/search/writer.h - the transactions on one account's index of words. Each first looks whether the manifest is still what this writer
// knows, so that two never mix (conflict), and whether the account is still there (not_found).
#pragma once

#include "store/search/build.h"
#include "store/store.h"

namespace posthorn::store::search {

class IndexWriter {
 public:
  IndexWriter(Store& store, AccountId account) : store_(store), account_(account) {}

  // Reads the manifest, or makes the first one; clears away what a crash left.
  Task<Status> open(const crypto::Keyring& keyring);
  const Manifest& manifest() const { return manifest_; }
  const std::string& data_key() const { return data_key_; }
  // The number of a new segment, whose rows are rubbish until add() or replace().
  Task<Result<std::uint32_t>> begin_segment();
  // In as many transactions as they need.
  Task<Status> put(std::vector<Entry> rows);
  // The segment begun is good, and Emails before `until` are in the index. Without Emails only that is written.
  Task<Status> add(Segment made, EmailId until);
  // The segment begun stands for these, which go.
  Task<Status> replace(Segment made, std::vector<Segment> old);
  Task<Status> cleaned(WallTime at);

 private:
  struct Step {
    Manifest next;
    std::vector<Entry> rows{};
    std::vector<Segment> erased{};
  };
  Step step() const { return Step{manifest_}; }
  Task<Status> commit(Step step);
  Result<std::string> read(const crypto::Keyring& keyring);  // the manifest as it lies in the store
  Result<Manifest> first_manifest(const crypto::Keyring& keyring);
  Task<Status> erase_rubbish();

  Store& store_;
  AccountId account_;
  Manifest manifest_;
  std::string written_, data_key_;  // the manifest as it lies in the store; empty: there is none
};

}  // namespace posthorn::store::search
