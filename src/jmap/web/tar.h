// jmap/web/tar.h - heads of entries of a tar archive (POSIX.1-2001 "pax"), for archives that are told piece by piece. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthorn::jmap {

struct TarEntry {
  std::string name;      // UTF-8, '/' between folders
  std::uint64_t size = 0;
  WallTime modified{};
  std::string link_to{};  // another name of an entry before, without content of its own
};
// The octets before the content. Names that the old format cannot hold get a record of their own.
std::string tar_head(const TarEntry& entry);
// What fills the content up to whole blocks.
std::string tar_padding(std::uint64_t size);
std::string tar_end();

// A mailbox's name as folders: nothing climbs, nothing is hidden, nothing that file systems cannot hold (attacks.md E7).
std::string tar_folder(std::string_view mailbox);

}  // namespace posthorn::jmap
