#include "app/transfer/source.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "mail/build.h"

namespace posthorn::app {
namespace {

namespace fs = std::filesystem;

std::int64_t modified_ms(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return 0;
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1000;
}

Result<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return fail(Errc::io, "cannot read " + file.string());
  return std::move(text).str();
}

Status read_mbox(const fs::path& file, const std::function<Status(SourceItem)>& take) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Errc::io, "cannot read " + file.string());
  MboxReader reader(in);
  const auto total = static_cast<std::uint64_t>(fs::file_size(file));
  while (auto message = reader.next()) {
    const auto at = in.tellg();
    TRY(take(SourceItem{std::move(*message), "", at < 0 ? total : static_cast<std::uint64_t>(at), total}));
  }
  return {};
}

struct File {
  fs::path path;
  std::string mailbox;
  bool maildir = false;
};

bool is_maildir(const fs::path& folder) { return fs::is_directory(folder / "cur") && fs::is_directory(folder / "new"); }

void add_maildir(const fs::path& folder, const std::string& mailbox, std::vector<File>& out) {
  for (const char* part : {"new", "cur"})
    for (const auto& one : fs::directory_iterator(folder / part))
      if (one.is_regular_file()) out.push_back({one.path(), mailbox, true});
}

// Maildir++: ".Lists.devel" below a Maildir is the mailbox Lists/devel.
std::vector<File> maildir_files(const fs::path& folder) {
  std::vector<File> out;
  add_maildir(folder, "", out);
  for (const auto& one : fs::directory_iterator(folder)) {
    std::string name = one.path().filename().string();
    if (!one.is_directory() || !name.starts_with('.') || name.size() < 2 || !is_maildir(one.path())) continue;
    name.erase(0, 1);
    std::ranges::replace(name, '.', '/');
    add_maildir(one.path(), name, out);
  }
  return out;
}

std::vector<File> eml_files(const fs::path& folder) {
  std::vector<File> out;
  for (const auto& one : fs::recursive_directory_iterator(folder)) {
    if (!one.is_regular_file() || one.path().extension() != ".eml") continue;
    const auto below = one.path().parent_path().lexically_relative(folder).string();
    out.push_back({one.path(), below == "." ? "" : below, false});
  }
  return out;
}

Status read_files(std::vector<File> files, const std::function<Status(SourceItem)>& take) {
  std::ranges::sort(files, {}, &File::path);
  for (std::size_t i = 0; i < files.size(); ++i) {
    SourceItem item;
    TRY_ASSIGN(const auto bytes, read_file(files[i].path));
    item.message.bytes = mail::to_crlf(bytes);
    item.message.received_ms = modified_ms(files[i].path);
    if (files[i].maildir) item.message.flags = maildir_flags(files[i].path.filename().string());
    item.mailbox = files[i].mailbox;
    item.position = i + 1;
    item.total = files.size();
    TRY(take(std::move(item)));
  }
  return {};
}

Status read_found(const fs::path& path, const std::function<Status(SourceItem)>& take) {
  if (!fs::exists(path)) return fail(Errc::not_found, "there is no file or folder " + path.string());
  if (fs::is_directory(path)) {
    auto files = is_maildir(path) ? maildir_files(path) : eml_files(path);
    if (files.empty()) return fail(Errc::not_found, path.string() + " holds no mail", "Give an mbox file, a Maildir (with cur and new), or a folder of .eml files");
    return read_files(std::move(files), take);
  }
  std::ifstream in(path, std::ios::binary);
  std::string start(5, '\0');
  in.read(start.data(), 5);
  if (start == "From ") return read_mbox(path, take);
  return read_files({File{path, "", false}}, take);
}

}  // namespace

Status read_source(const std::string& path, const std::function<Status(SourceItem)>& take) {
  try {
    return read_found(path, take);
  } catch (const fs::filesystem_error& error) {
    return fail(Errc::io, "cannot read " + path + ": " + error.code().message());
  }
}

}  // namespace posthorn::app
