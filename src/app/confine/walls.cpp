#include "app/confine/walls.h"

#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/confine/privileges.h"

namespace posthorn::app::confine {
namespace {

// Names and addresses, certificate authorities, time zones, the entropy and the identifiers that libraries ask for.
constexpr const char* of_the_system[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/ssl/certs",
                                         "/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/localtime",
                                         "/usr/share/zoneinfo", "/usr/share/publicsuffix", "/dev/urandom", "/dev/null", "/proc/sys/kernel/random/uuid",
                                         "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu"};

// The folder of a file, and of what it is a link to: certbot's live/ leads to archive/.
void add_folder_of(const std::string& file, std::vector<std::string>& to) {
  if (file.empty()) return;
  to.push_back(std::filesystem::path(file).parent_path().string());
  std::error_code error;
  const auto target = std::filesystem::canonical(file, error);
  if (!error) to.push_back(target.parent_path().string());
}

std::string name_of_user() {
  const passwd* entry = ::getpwuid(::geteuid());  // before there are threads
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

// With `required` an error; else a line of what is missing.
Status settle(Status done, bool required, Walls& walls) {
  if (done || required) return done;
  walls.missing.push_back(done.error().what);
  return {};
}

}  // namespace

Files files_of(const Config& config) {
  Files out;
  out.write.push_back(config.data);
  for (const auto& path : config.confine.write) out.write.push_back(path);
  for (const auto* path : of_the_system) out.read.emplace_back(path);
  for (const auto& path : config.confine.read) out.read.push_back(path);
  out.read.push_back(config.file);
  for (const auto& files : config.certificates) {
    add_folder_of(files.certificate, out.read);
    add_folder_of(files.key, out.read);
  }
  if (!config.dns.trust_anchor.empty()) out.read.push_back(config.dns.trust_anchor);
  for (const auto* file : {&config.post.ca_file, &config.push.ca_file, &config.oidc.ca_file})
    if (!file->empty()) out.read.push_back(*file);
  return out;
}

Result<Walls> put_up(Files files, Part part, bool required) {
#if defined(POSTHORN_SANITIZED)
  // Who looks for leaks at the end reads the list of threads, and what is found is written (tests/sanitizers.py). Such builds are never shipped.
  files.read.emplace_back("/proc");
  if (const char* reports = std::getenv("POSTHORN_SANITIZER_LOGS")) files.write.emplace_back(reports);
#endif
  Walls walls;
  walls.user = name_of_user();
  TRY(drop_capabilities());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(Errc::refused, std::string("cannot forbid new privileges: ") + std::strerror(errno));
  TRY(settle(close_files(files), required, walls));
  walls.landlock = landlock_version();
  TRY(hide_memory());  // sets what the filter then keeps from being set
  if (part != Part::keeper) TRY(settle(close_kernel(part), required, walls));
  return walls;
}

Result<Walls> wall_in(const Config& config) {
  TRY(prepare_folder(config.data, config.confine.user));
  TRY(become(config.confine.user));
  return put_up(files_of(config), Part::server, config.confine.required);
}

}  // namespace posthorn::app::confine
