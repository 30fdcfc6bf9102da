#include "app/confine/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/descriptor.h"

namespace posthorn::app::confine {
namespace {

// Debian 12's header knows version 2; what came later is written out here (include/uapi/linux/landlock.h of Linux 6.12).
struct Ruleset {
  std::uint64_t files = 0, ports = 0, scopes = 0;
};
constexpr std::uint64_t refer = 1u << 13, truncate = 1u << 14, device_ioctl = 1u << 15;
constexpr std::uint64_t bind_tcp = 1u << 0, abstract_sockets = 1u << 0, signals = 1u << 1;
constexpr int rule_net_port = 2;
struct PortRule {
  std::uint64_t allowed = 0, port = 0;
};

// What the first version knows: execute, write, read, list, remove (2), make (7).
constexpr std::uint64_t first_rights = (1u << 13) - 1;
constexpr std::uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE, read_folder = LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t write_below = LANDLOCK_ACCESS_FS_WRITE_FILE | read_file | read_folder | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                      LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | refer | truncate;

Ruleset handled_by(int version) {
  Ruleset out;
  out.files = first_rights;
  if (version >= 2) out.files |= refer;
  if (version >= 3) out.files |= truncate;
  if (version >= 5) out.files |= device_ioctl;
  if (version >= 4) out.ports = bind_tcp;
  if (version >= 6) out.scopes = abstract_sockets | signals;
  return out;
}

// Older kernels refuse a structure with fields that they do not know, even empty ones of another size.
std::size_t size_for(int version) { return version >= 6 ? 24 : version >= 4 ? 16 : 8; }

std::unexpected<Error> not_done(const std::string& what) { return fail(Errc::refused, what + ": " + std::strerror(errno)); }

Status allow(int ruleset, const std::string& path, std::uint64_t rights, std::uint64_t handled) {
  const Descriptor opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (opened.number() < 0) return errno == ENOENT || errno == EACCES ? Status() : not_done("cannot look at " + path);
  struct stat info {};
  if (::fstat(opened.number(), &info) != 0) return not_done("cannot look at " + path);
  constexpr std::uint64_t of_files = LANDLOCK_ACCESS_FS_WRITE_FILE | read_file | truncate;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights & handled & (S_ISDIR(info.st_mode) ? ~std::uint64_t{0} : of_files);
  rule.parent_fd = opened.number();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) return not_done("cannot open " + path + " in Landlock");
  return {};
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Status close_files(const Files& files) {
  const int version = landlock_version();
  if (version == 0)
    return fail(Errc::unavailable, "this kernel has no Landlock, which keeps the server from all files but its own",
                "Use Linux 5.13 or later and boot with landlock in lsm=; or set confine.required = false and rely on the walls of systemd (packaging/posthorn.service)");
  const auto handled = handled_by(version);
  const Descriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, size_for(version), 0)));
  if (ruleset.number() < 0) return not_done("cannot make a Landlock ruleset");
  for (const auto& path : files.write) TRY(allow(ruleset.number(), path, write_below, handled.files));
  for (const auto& path : files.read) TRY(allow(ruleset.number(), path, read_file | read_folder, handled.files));
  // Outgoing connections that come from an address of ours (queue.source_address) bind port 0.
  const PortRule any_port{bind_tcp, 0};
  if (version >= 4 && ::syscall(SYS_landlock_add_rule, ruleset.number(), rule_net_port, &any_port, 0) != 0) return not_done("cannot open port 0 in Landlock");
  if (::syscall(SYS_landlock_restrict_self, ruleset.number(), 0) != 0) return not_done("cannot put Landlock up");
  return {};
}

}  // namespace posthorn::app::confine
