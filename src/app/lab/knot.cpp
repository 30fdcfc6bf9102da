#include "app/lab/knot.h"

#include <chrono>
#include <filesystem>

#include "app/lab/authority.h"
#include "app/lab/files.h"
#include "app/lab/process.h"
#include "app/lab/zone.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

// Debian keeps them out of the PATH of those who are not root.
std::string program(const std::string& name) {
  for (const auto* folder : {"/usr/sbin/", "/usr/local/sbin/", "/usr/bin/"})
    if (exists(folder + name)) return folder + name;
  return name;
}

Result<std::string> keymgr(const Lab& lab, std::vector<std::string> words) {
  words.insert(words.begin(), {program("keymgr"), "-c", lab.knot_config()});
  return run_process(words, lab.knot_folder() + "/keymgr.out");
}

std::vector<std::string> records_in(std::string_view output, std::string_view type) {
  std::vector<std::string> out;
  for (const auto line : split(output, '\n'))
    if (line.contains(" " + std::string(type) + " ")) out.emplace_back(trim(line));
  return out;
}

Status make_key(const Lab& lab, const std::string& zone) {
  // Without a key keymgr fails; what else may be wrong with it shows when one is made.
  if (const auto there = keymgr(lab, {zone, "dnskey"}); there && !records_in(*there, "DNSKEY").empty()) return {};
  TRY_ASSIGN(const auto made, keymgr(lab, {zone, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes"}));
  return {};
}

}  // namespace

Status prepare_dns(const Lab& lab) {
  const auto folder = lab.knot_folder();
  // A killed Knot leaves its pid file, and the next one would believe it.
  std::error_code ignored;
  std::filesystem::remove_all(folder + "/run", ignored);
  for (const auto* below : {"", "/run", "/zones", "/state", "/keys"}) TRY(make_folder(folder + below));
  TRY(write_file(lab.knot_config(), knot_config(lab)));
  for (const auto& zone : signed_zones(lab)) TRY(make_key(lab, zone));

  const auto serial = static_cast<std::uint32_t>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  std::vector<std::string> ds;
  for (const auto& host : lab.hosts) {
    TRY_ASSIGN(const auto output, keymgr(lab, {host.domain + ".", "ds"}));
    for (auto& line : records_in(output, "DS")) ds.push_back(std::move(line));
    TRY_ASSIGN(const auto key, read_file(lab.dkim_key(host)));
    TRY_ASSIGN(const auto dkim, public_part(key));
    TRY(write_file(folder + "/zones/" + host.domain + ".zone", mail_zone(host, serial, dkim)));
  }
  TRY(write_file(folder + "/zones/test.zone", test_zone(lab, serial, ds)));
  TRY(write_file(folder + "/zones/root.zone", root_zone(lab, serial)));
  TRY_ASSIGN(const auto anchor, keymgr(lab, {"test.", "dnskey"}));
  const auto lines = records_in(anchor, "DNSKEY");
  if (lines.empty()) return fail(Errc::unavailable, "keymgr shows no key of the zone test.");
  return write_file(lab.trust_anchor(), lines.front() + "\n");
}

Result<int> start_dns(const Lab& lab) { return start_process({program("knotd"), "-c", lab.knot_config()}, lab.knot_log()); }

}  // namespace posthorn::app::lab
