// posthorn lab status, stop, start.
#include <cstdio>

#include "app/lab/files.h"
#include "app/lab/lab.h"
#include "app/lab/running.h"

namespace posthorn::app {
namespace {

using namespace lab;

Result<Host*> named(Lab& lab, const std::string& name) {
  if (auto* host = lab.find_host(name)) return host;
  std::string all;
  for (const auto& host : lab.hosts) all += (all.empty() ? "" : ", ") + host.name;
  return fail(Errc::invalid, "the lab has no host \"" + name + "\"", "It has: " + all);
}

int done(const LabOptions& options, const Host& host, bool running) {
  if (options.json) print_json(boost::json::object{{"domain", host.domain}, {"running", running}});
  else std::printf("%s is %s.\n", host.domain.c_str(), running ? "running" : "stopped; mail for it waits at its senders");
  return 0;
}

}  // namespace

int lab_status(const LabOptions& options) {
  const auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  const auto running = running_hosts(*lab);
  if (options.json) {
    print_json(status_json(*lab, running));
    return 0;
  }
  if (!anything_runs(*lab)) std::printf("The lab in %s is not running; posthorn lab up brings it up as it was.\n\n", lab->dir.c_str());
  else if (!dns_is_running(*lab)) std::printf("The lab's DNS server has ended; take the lab down and up again (lab down --keep keeps the mail).\n\n");
  std::fputs(summary(*lab, running).c_str(), stdout);
  if (!running.empty()) std::printf("\n%s", what_to_try(*lab).c_str());
  return 0;
}

int lab_stop(const LabOptions& options, const std::string& name) {
  auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  auto host = named(*lab, name);
  if (!host) return report(host.error(), options.format());
  if (auto stopped = stop_host(*lab, **host); !stopped) return report(stopped.error(), options.format());
  return done(options, **host, false);
}

int lab_start(const LabOptions& options, const std::string& name) {
  auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  auto host = named(*lab, name);
  if (!host) return report(host.error(), options.format());
  if (!dns_is_running(*lab)) return report(Error{Errc::unavailable, "the lab is not up", "Bring it up with: posthorn lab up"}, options.format());
  if (!is_running(*lab, **host)) {
    Desk desk;
    if (auto started = start_host(desk, *lab, **host); !started) return report(started.error(), options.format());
  }
  return done(options, **host, true);
}

}  // namespace posthorn::app
