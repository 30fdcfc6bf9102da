// store/batches.h - cuts work on many UIDs into commits. How much a message writes is chosen by who sent it (a hundred references are a
// hundred rows), so a batch that the engine says wrote too much is tried again with half as many. Pure. Inside the store only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace posthorn::store {

class Batches {
 public:
  static constexpr std::size_t usual = 2000;  // of ordinary mail: well within the engine's 2 MB

  explicit Batches(std::vector<Uid> uids, std::size_t size = usual) : uids_(std::move(uids)), size_(size) {}

  bool done() const { return at_ >= uids_.size(); }
  std::span<const Uid> next() const { return std::span(uids_).subspan(at_, std::min(size_, uids_.size() - at_)); }
  // After a commit of next(): goes on behind it, or back to it with less. False: its error stands.
  bool settle(const Status& status) {
    const auto tried = next().size();
    if (status) at_ += tried;
    else if (status.error().code == Errc::too_big && tried > 1) size_ = tried / 2;
    else return false;
    return true;
  }

 private:
  std::vector<Uid> uids_;
  std::size_t size_, at_ = 0;
};

}  // namespace posthorn::store
