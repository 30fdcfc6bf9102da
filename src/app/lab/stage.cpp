#include "app/lab/stage.h"

#include <boost/json/array.hpp>

#include "app/control/backend.h"
#include "app/lab/authority.h"
#include "app/lab/files.h"
#include "app/lab/host_config.h"
#include "app/lab/knot.h"
#include "app/lab/probe.h"
#include "app/lab/process.h"
#include "app/lab/zone.h"
#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::app::lab {
namespace {

namespace json = boost::json;

// sun_path of unix(7) holds 107 octets; the longest socket is DIR/green/data/control.sock.
constexpr std::size_t longest_dir = 107 - 24;

Status check_dir(const std::string& dir) {
  if (dir.size() > longest_dir) return fail(Errc::invalid, dir + " is too long a name: the sockets in it could not be opened", "Choose a shorter one with --dir");
  for (const char c : dir)
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return fail(Errc::invalid, "the lab's folder may have no quotes, backslashes or control characters");
  return {};
}

Result<Issued> authority_of(const Lab& lab) {
  if (!exists(lab.ca()) || !exists(lab.ca_key())) {
    TRY_ASSIGN(auto made, make_authority("Posthorn lab CA"));
    TRY(write_file(lab.ca_key(), made.key));
    TRY(write_file(lab.ca(), made.certificate));
    return made;
  }
  Issued out;
  TRY_ASSIGN(out.certificate, read_file(lab.ca()));
  TRY_ASSIGN(out.key, read_file(lab.ca_key()));
  return out;
}

// What a person may have edited is written only once; unless the lab had to move to other addresses.
Status prepare_host(const Lab& lab, Host& host, const Issued& authority, bool moved) {
  TRY(make_folder(lab.data(host)));
  const auto certificate = lab.folder(host) + "/tls.pem", key = lab.folder(host) + "/tls.key";
  if (moved || !exists(certificate) || !exists(key)) {
    TRY_ASSIGN(const auto issued, issue(authority, host.mx(), host.ip));
    TRY(write_file(key, issued.key));
    TRY(write_file(certificate, issued.certificate + authority.certificate));
  }
  if (!exists(lab.dkim_key(host))) {
    TRY_ASSIGN(const auto dkim, make_rsa_key());
    TRY(write_file(lab.dkim_key(host), dkim));
  }
  if (moved || !exists(lab.config(host))) TRY(write_file(lab.config(host), host_config(lab, host)));
  for (auto& user : host.users)
    if (user.password.empty()) user.password = readable_password(crypto::random_bytes(5));
  return {};
}

Status call(Backend& backend, std::string operation, json::object arguments, std::string payload = {}) {
  auto answer = backend.call(admin::Request{std::move(operation), std::move(arguments), std::move(payload)});
  if (!answer) return fail(answer.error());
  return {};
}

// Nothing happens to what is there already: a kept lab comes back as it was.
Status make_accounts(const Lab& lab, const Host& host) {
  TRY_ASSIGN(const auto config, load_config(lab.config(host)));
  TRY_ASSIGN(const auto backend, connect_server(config));
  auto added = call(*backend, "domain.add", {{"domain", host.domain}});
  const bool fresh = added.has_value();
  if (!fresh && added.error().code != Errc::exists) return added;
  for (const auto& user : host.users) {
    auto made = call(*backend, "account.add", {{"address", user.address}, {"password", user.password}});
    if (!made && made.error().code != Errc::exists) return made;
  }
  if (!fresh) return {};
  // Its public half stands in the zone, so that the first letter is signed.
  TRY_ASSIGN(auto key, read_file(lab.dkim_key(host)));
  TRY(call(*backend, "dkim.import", {{"domain", host.domain}, {"selector", dkim_selector}}, std::move(key)));
  TRY(call(*backend, "dkim.look", {{"domain", host.domain}}));
  for (const auto& alias : host.aliases) {
    json::array targets;
    for (const auto& target : alias.targets) targets.push_back(json::string(target));
    TRY(call(*backend, "alias.set", {{"alias", alias.address}, {"targets", std::move(targets)}, {"foreign", true}}));
  }
  return {};
}

std::vector<Process> host_processes(const Lab& lab) {
  std::vector<Process> out;
  for (const auto& host : lab.hosts) out.push_back(Process{host.pid, lab.config(host)});
  return out;
}

Status run_all(Lab& lab, Desk& desk, const Tell& tell) {
  tell("DNS on " + lab.dns());
  TRY_ASSIGN(lab.dns_pid, start_dns(lab));
  TRY(save(lab));
  TRY(wait_for_dns(desk, lab));
  for (auto& host : lab.hosts) {
    tell("Posthorn of " + host.domain + " on " + host.ip);
    TRY(start_host(desk, lab, host));
    TRY(make_accounts(lab, host));
  }
  return {};
}

Status prepare_all(Lab& lab, bool moved, const Tell& tell) {
  TRY(make_folder(lab.dir));
  TRY(save(lab));  // from here on `lab down` knows what this folder is
  tell("certificates and keys");
  TRY_ASSIGN(const auto authority, authority_of(lab));
  for (auto& host : lab.hosts) TRY(prepare_host(lab, host, authority, moved));
  TRY(save(lab));
  tell("signed zones");
  return prepare_dns(lab);
}

}  // namespace

bool is_running(const Lab& lab, const Host& host) { return is_ours(host.pid, lab.config(host)); }
bool dns_is_running(const Lab& lab) { return is_ours(lab.dns_pid, lab.knot_config()); }

bool anything_runs(const Lab& lab) {
  for (const auto& host : lab.hosts)
    if (is_running(lab, host)) return true;
  return dns_is_running(lab);
}

Status start_host(Desk& desk, Lab& lab, Host& host) {
  TRY_ASSIGN(host.pid, start_process({own_program(), "serve", "--config", lab.config(host)}, lab.log(host)));
  TRY(save(lab));
  return wait_for_host(desk, lab, host);
}

Status stop_host(Lab& lab, Host& host) {
  stop_processes({Process{host.pid, lab.config(host)}});
  host.pid = 0;
  return save(lab);
}

void take_down(Lab& lab) {
  stop_processes(host_processes(lab));
  stop_processes({Process{lab.dns_pid, lab.knot_config()}});
  for (auto& host : lab.hosts) host.pid = 0;
  lab.dns_pid = 0;
}

Status bring_up(Lab& lab, const Tell& tell) {
  TRY(check_dir(lab.dir));
  const unsigned before = lab.index;
  TRY_ASSIGN(const auto place, find_place(before));
  move_to(lab, place->index());
  const bool moved = place->index() != before && exists(lab.file());
  TRY(prepare_all(lab, moved, tell));
  Desk desk;
  auto running = run_all(lab, desk, tell);
  if (!running) take_down(lab);
  return running;
}

}  // namespace posthorn::app::lab
