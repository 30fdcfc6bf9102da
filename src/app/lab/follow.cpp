#include "app/lab/follow.h"

#include <filesystem>
#include <fstream>

namespace posthorn::app::lab {
namespace {

constexpr std::size_t chunk = 1u << 20;

std::string read_from(const std::string& file, std::uint64_t at) {
  std::ifstream in(file, std::ios::binary);
  if (!in.seekg(static_cast<std::streamoff>(at))) return {};
  std::string out(chunk, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out;
}

}  // namespace

Follower::Follower(const Lab& lab) {
  for (const auto& host : lab.hosts) {
    std::error_code error;
    const auto size = std::filesystem::file_size(lab.log(host), error);
    tails_.push_back(Tail{host.name, lab.log(host), {}, error ? 0 : size});
  }
}

std::vector<LogLine> Follower::news() {
  std::multimap<WallTime, LogLine> by_time;  // lines of one moment stay in their order
  for (auto& tail : tails_) {
    const auto bytes = read_from(tail.file, tail.at);
    tail.at += bytes.size();
    tail.rest += bytes;
    std::size_t begin = 0;
    for (std::size_t end = tail.rest.find('\n'); end != tail.rest.npos; end = tail.rest.find('\n', begin)) {
      auto line = tail.rest.substr(begin, end - begin);
      begin = end + 1;
      if (const auto time = time_of_line(line)) by_time.emplace(*time, LogLine{*time, tail.host, std::move(line)});
    }
    tail.rest.erase(0, begin);
  }
  std::vector<LogLine> out;
  for (auto& [time, line] : by_time) out.push_back(std::move(line));
  return out;
}

}  // namespace posthorn::app::lab
