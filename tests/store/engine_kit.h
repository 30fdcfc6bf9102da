// tests/store/engine_kit.h - what the engine tests share: engines by name, a folder that goes away, blocking transactions.
#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/engine/engine.h"

namespace posthorn::store::test {

// A folder of its own under the temporary folder, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "posthorn-engine-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs one transaction and waits for its answer, on any engine that does not need the calling thread.
inline Status transact(Engine& engine, Work work) {
  auto answer = std::make_shared<std::promise<Status>>();
  auto future = answer->get_future();
  engine.transact(std::move(work), [answer](Status status) { answer->set_value(std::move(status)); });
  return future.get();
}

inline Status put(Engine& engine, Space space, std::string key, std::string value) {
  return transact(engine, [=](Transaction& tx) -> Status {
    tx.put(space, key, value);
    return {};
  });
}

using Entries = std::vector<std::pair<std::string, std::string>>;

inline Entries all(const Reader& reader, Space space, std::string_view from = {}, std::string_view to = {}) {
  Entries entries;
  const auto status = reader.scan(space, from, to, [&entries](std::string_view key, std::string_view value) {
    entries.emplace_back(key, value);
    return true;
  });
  if (!status) entries.emplace_back("scan failed", status.error().text());
  return entries;
}

// The value, or "-" if there is none, or the error.
inline std::string value_of(const Reader& reader, Space space, std::string_view key) {
  const auto value = reader.get(space, key);
  if (!value) return value.error().text();
  return value->value_or("-");
}

inline std::string last_of(const Reader& reader, Space space, std::string_view from, std::string_view to) {
  const auto entry = reader.last(space, from, to);
  if (!entry) return entry.error().text();
  return *entry ? (*entry)->key + "=" + (*entry)->value : "-";
}

inline const std::vector<Space>& spaces() {
  static const std::vector<Space> all_of_them = [] {
    std::vector<Space> result;
    for (const char letter : all_spaces) result.push_back(static_cast<Space>(letter));
    return result;
  }();
  return all_of_them;
}

}  // namespace posthorn::store::test
