// store/engine/disk_reserve.h - room on the disk that is held back, so that a full disk can still be emptied (faults.md 4): a folder of
// files which are given up when a write finds no space, and taken again when there is room. While they are held, what the file
// system calls free is what new mail may use; while they are not, new mail has that much less, so deletes and the queue come first.
// The room is split over files so that it holds inodes too. Any thread may ask room(); one thread takes and gives up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace posthorn::store {

class DiskReserve {
 public:
  // At most an eighth of a small disk. Nothing is taken yet; without bytes there is never a reserve, and room() is what is free.
  DiskReserve(std::string folder, std::uint64_t bytes);

  // What new mail may use. Looked up at most twenty times a second.
  std::uint64_t room() const;
  bool held() const { return held_; }
  std::uint64_t bytes() const { return bytes_; }

  // Hardly anything is free: what failed may well have failed for that.
  bool is_short() const;

  // Takes the reserve if it fits well and is not held. True: it was taken now.
  bool take();
  // True: it was given up now.
  bool give_up();

 private:
  std::uint64_t look() const;

  std::string folder_;
  std::uint64_t bytes_;
  std::atomic<bool> held_ = false;
  mutable std::atomic<std::uint64_t> room_ = 0;
  mutable std::atomic<std::int64_t> looked_ = -1;  // milliseconds of the steady clock
};

}  // namespace posthorn::store
