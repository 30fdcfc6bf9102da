#include "app/lab/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace posthorn::app::lab {

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream bytes;
  if (!in) return fail(Errc::io, "cannot read " + file);
  bytes << in.rdbuf();
  if (in.bad()) return fail(Errc::io, "cannot read " + file);
  return std::move(bytes).str();
}

Status write_file(const std::string& file, std::string_view bytes) {
  const auto fresh = file + ".new";
  {
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    if (out) ::chmod(fresh.c_str(), S_IRUSR | S_IWUSR);  // before anything secret is in it
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (!out) return fail(Errc::io, "cannot write " + fresh, "Is the disk full, is the folder yours?");
  }
  std::error_code error;
  std::filesystem::rename(fresh, file, error);
  if (error) return fail(Errc::io, "cannot write " + file + ": " + error.message());
  return {};
}

Status make_folder(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::create_directories(folder, error) && error) return fail(Errc::io, "cannot make the folder " + folder + ": " + error.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, "cannot keep " + folder + " to ourselves: " + error.message());
  return {};
}

bool exists(const std::string& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

std::string absolute(const std::string& dir) {
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(dir, error);
  if (error) path = std::filesystem::absolute(dir).lexically_normal();
  auto text = path.string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Status save(const Lab& lab) { return write_file(lab.file(), boost::json::serialize(to_json(lab)) + "\n"); }

Result<std::optional<Lab>> load(const std::string& dir) {
  const auto folder = absolute(dir);
  const auto file = folder + "/lab.json";
  if (!exists(file)) return std::optional<Lab>();
  TRY_ASSIGN(const auto text, read_file(file));
  auto lab = read_lab(text);
  if (!lab) return fail(lab.error().code, file + ": " + lab.error().what, "If it is no lab that you need, remove " + folder);
  lab->dir = folder;  // the folder may have been moved
  return std::optional<Lab>(std::move(*lab));
}

Result<Lab> load_existing(const std::string& dir) {
  TRY_ASSIGN(auto lab, load(dir));
  if (!lab) return fail(Errc::not_found, "there is no lab in " + absolute(dir), "Bring one up with: posthorn lab up");
  return std::move(*lab);
}

}  // namespace posthorn::app::lab
