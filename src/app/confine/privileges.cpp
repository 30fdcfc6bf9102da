#include "app/confine/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

namespace posthorn::app::confine {
namespace {

struct Person {
  uid_t user = 0;
  gid_t group = 0;
};

std::optional<Person> find(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());  // before there are threads
  if (entry == nullptr) return std::nullopt;
  return Person{entry->pw_uid, entry->pw_gid};
}

std::unexpected<Error> no_such_user(const std::string& name) {
  return fail(Errc::not_found, "the server is to run as the user \"" + name + "\" (confine.user), and there is none",
              "Make it: useradd --system --home-dir /var/lib/posthorn --shell /usr/sbin/nologin " + name +
                  "; or name another one. With confine.user = \"\" it stays who starts it");
}

std::unexpected<Error> not_done(const std::string& what) {
  return fail(Errc::refused, what + ": " + std::strerror(errno), "Start the server as root, as the user it is to run as, or by systemd");
}

// Root's bounding set can only be emptied with CAP_SETPCAP. Without it there is nothing to gain from the set, as nothing is executed.
void empty_bounding_set() {
  for (unsigned long one = 0; ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one) ::prctl(PR_CAPBSET_DROP, one, 0, 0, 0);
}

// hardening.md 5.1: groups first, because without the user's rights they could not be left any more.
Status change_to(Person person) {
  if (::setgroups(0, nullptr) != 0) return not_done("cannot leave root's groups");
  if (::setresgid(person.group, person.group, person.group) != 0) return not_done("cannot change the group");
  if (::setresuid(person.user, person.user, person.user) != 0) return not_done("cannot change the user");
  if (person.user != 0 && ::setresuid(0, 0, 0) == 0) return fail(Errc::refused, "root could be had again after it was given up", "This kernel cannot be trusted with it");
  return {};
}

}  // namespace

Status become(const std::string& user) {
  if (::geteuid() != 0 || user.empty()) return {};
  const auto person = find(user);
  if (!person) return no_such_user(user);
  empty_bounding_set();
  return change_to(*person);
}

Status prepare_folder(const std::string& folder, const std::string& user) {
  std::error_code error;
  const bool fresh = std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::io, "cannot make the data folder " + folder + ": " + error.message(), "Make it yourself, or set server.data to another folder");
  if (fresh) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (::geteuid() != 0 || user.empty()) return {};
  const auto person = find(user);
  if (!person) return no_such_user(user);
  if (fresh && ::chown(folder.c_str(), person->user, person->group) != 0) return not_done("cannot give the data folder " + folder + " to " + user);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0 || info.st_uid != person->user)
    return fail(Errc::refused, "the data folder " + folder + " does not belong to " + user + ", whom the server becomes (confine.user)", "Run: chown -R " + user + ": " + folder);
  return {};
}

Status become_owner_of(const std::string& folder) {
  struct stat info {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &info) != 0 || info.st_uid == 0) return {};
  return change_to(Person{info.st_uid, info.st_gid});
}

Status drop_capabilities() {
  empty_bounding_set();
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return not_done("cannot give up capabilities");
  return {};
}

Status hide_memory() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return not_done("cannot forbid core dumps");
#if !defined(POSTHORN_SANITIZED)
  // Sanitizers look at the process from outside when it ends; builds with them are never shipped.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return not_done("cannot hide the memory");
#endif
  return {};
}

}  // namespace posthorn::app::confine
