// store/engine/memory_disk.h - the model of a disk under MemoryEngine: what is durable, what is pending in the log, and what
// a power cut leaves of it. Pure but for its own state; not thread-safe: MemoryEngine locks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/engine/overlay.h"

namespace posthorn::store {

// One map a space, shared with the snapshots taken of it: a commit copies a map only while a snapshot holds it, and values
// are shared even then.
using MemoryMap = std::map<std::string, std::shared_ptr<const std::string>, std::less<>>;
using MemorySpaces = std::array<std::shared_ptr<MemoryMap>, space_count>;

MemorySpaces empty_spaces();

// A Reader over maps that do not change while it is used.
class MemoryReader : public Reader {
 public:
  explicit MemoryReader(const MemorySpaces& spaces) : spaces_(spaces) {}
  Result<std::optional<std::string>> get(Space space, std::string_view key) const override;
  Status scan(Space space, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& take) const override;
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override;

 private:
  const MemorySpaces& spaces_;
};

class MemoryDisk {
 public:
  const MemorySpaces& durable() const { return durable_; }
  // Appends the record of one transaction to the log.
  void append(const std::vector<OverlayTransaction::Written>& written);
  // All that is pending becomes durable.
  void sync();
  // What is found after a power cut now.
  MemoryDisk crash(std::uint64_t seed) const;

 private:
  // Applies the records of a log up to the first that does not check.
  void replay(std::string_view log);

  MemorySpaces durable_ = empty_spaces();
  std::string pending_;
};

}  // namespace posthorn::store
