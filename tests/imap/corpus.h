// Every message of the MIME test suites, as it stands and with CRLF line ends: for tests that must hold for any message.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace posthorn::imap::test {

inline std::string crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

// Empty if the suites are not on this machine.
inline std::vector<std::pair<std::string, std::string>> corpus() {
  std::vector<std::pair<std::string, std::string>> messages;
  for (const std::filesystem::path root : {"/work/shared/suites/mime", POSTHORN_SOURCE_DIR "/tests/suites/mime"}) {
    if (!std::filesystem::is_directory(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::string bytes{std::istreambuf_iterator<char>(file), {}};
      messages.emplace_back(entry.path().string() + " as CRLF", crlf(bytes));
      messages.emplace_back(entry.path().string(), std::move(bytes));
    }
    break;
  }
  return messages;
}

}  // namespace posthorn::imap::test
