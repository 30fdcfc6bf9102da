#include "post/countries.h"

#include <fcntl.h>
#include <maxminddb.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/descriptor.h"

namespace posthorn::post {
namespace {

constexpr std::int64_t largest_file = std::int64_t{1} << 30;

std::unexpected<Error> cannot_read(const std::string& file, Errc code) {
  return fail(code, "the file of countries " + file + " cannot be read: " + std::strerror(errno), "Name a file in the MaxMind DB format in [trust] countries, or leave it away");
}
std::unexpected<Error> no_good(const std::string& file, const std::string& why) {
  return fail(Errc::invalid, "the file of countries " + file + " is no good: " + why, "Fetch it anew from where it came from, or leave [trust] countries away");
}

// A copy that nobody can change or shorten under the library, which maps it: a file that shrinks while it is mapped ends the process.
Status copy_whole(const std::string& file, int from, int to) {
  std::array<char, 65'536> buffer{};
  std::int64_t size = 0;
  for (;;) {
    const auto got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, Errc::io);
    if (got == 0) break;
    size += got;
    if (size > largest_file) return no_good(file, "it is larger than 1 GiB");
    for (::ssize_t at = 0; at < got;) {
      const auto put = ::write(to, buffer.data() + at, static_cast<std::size_t>(got - at));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return cannot_read(file, Errc::io);
      at += put;
    }
  }
  if (::fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) return cannot_read(file, Errc::io);
  return {};
}

// What an entry says; nothing: it is damaged. Files differ in where they put it.
std::optional<std::string> country_at(MMDB_entry_s entry) {
  constexpr std::array<const char*, 3> in_map = {"country", "iso_code", nullptr};
  constexpr std::array<const char*, 2> plain = {"country_code", nullptr};
  for (const char* const* path : {in_map.data(), plain.data()}) {
    MMDB_entry_data_s data{};
    const int status = MMDB_aget_value(&entry, &data, path);
    if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR) continue;
    if (status != MMDB_SUCCESS) return std::nullopt;
    if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) continue;
    std::string code(data.utf8_string, data.data_size);
    if (code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; })) return code;
  }
  return std::string();
}

class File final : public Countries {
 public:
  ~File() override {
    if (open_) MMDB_close(&db_);
  }

  Status read(const std::string& file) {
    const Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from.good()) return cannot_read(file, errno == ENOENT ? Errc::not_found : Errc::io);
    const Descriptor copy(::memfd_create("countries", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy.good()) return cannot_read(file, Errc::io);
    TRY(copy_whole(file, from.number(), copy.number()));
    const int status = MMDB_open(("/proc/self/fd/" + std::to_string(copy.number())).c_str(), MMDB_MODE_MMAP, &db_);
    if (status != MMDB_SUCCESS) return no_good(file, MMDB_strerror(status));
    open_ = true;
    return look_through(file);
  }

  std::string of(std::string_view address) const override {
    boost::system::error_code error;
    const auto ip = boost::asio::ip::make_address(std::string(address), error);
    if (error) return {};
    // The address as the library wants it, without a look at the system's tables of names.
    const boost::asio::ip::tcp::endpoint at(ip, 0);
    int trouble = MMDB_SUCCESS;
    auto found = MMDB_lookup_sockaddr(&db_, at.data(), &trouble);
    if (trouble != MMDB_SUCCESS || !found.found_entry) return {};
    return country_at(found.entry).value_or(std::string());
  }

 private:
  // Each node of its tree, and each entry that one leads to, once.
  Status look_through(const std::string& file) const {
    std::unordered_set<std::uint32_t> seen;
    bool some = false;
    for (std::uint32_t i = 0; i < db_.metadata.node_count; ++i) {
      MMDB_search_node_s node{};
      if (MMDB_read_node(&db_, i, &node) != MMDB_SUCCESS) return no_good(file, "it is damaged: its tree cannot be read");
      for (const auto& [type, entry] : {std::pair(node.left_record_type, node.left_record_entry), std::pair(node.right_record_type, node.right_record_entry)}) {
        if (type == MMDB_RECORD_TYPE_INVALID) return no_good(file, "it is damaged: its tree leads out of it");
        if (type != MMDB_RECORD_TYPE_DATA || !seen.insert(entry.offset).second) continue;
        const auto country = country_at(entry);
        if (!country) return no_good(file, "it is damaged: an entry cannot be read");
        some = some || !country->empty();
      }
    }
    if (!some) return no_good(file, std::string("it names no countries; it is of the kind \"") + (db_.metadata.database_type != nullptr ? db_.metadata.database_type : "") + "\"");
    return {};
  }

  MMDB_s db_{};
  bool open_ = false;
};

}  // namespace

Result<std::unique_ptr<Countries>> Countries::open(const std::string& file) {
  auto out = std::make_unique<File>();
  TRY(out->read(file));
  return std::unique_ptr<Countries>(std::move(out));
}

}  // namespace posthorn::post
