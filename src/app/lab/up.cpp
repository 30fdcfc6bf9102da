// posthorn lab up.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "app/lab/files.h"
#include "app/lab/lab.h"
#include "app/lab/process.h"
#include "app/lab/running.h"
#include "app/lab/stage.h"

namespace posthorn::app {
namespace {

using namespace lab;

// Signals wait here instead of ending us half-way: what was started must be taken down.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, one);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  // Whether one came within that time.
  bool came(std::chrono::milliseconds within) const {
    const timespec time{within.count() / 1000, (within.count() % 1000) * 1'000'000};
    return sigtimedwait(&set_, nullptr, &time) > 0;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

void show(const LabOptions& options, const Lab& lab) {
  if (options.json) {
    print_json(status_json(lab, running_hosts(lab)));
  } else {
    std::printf("\n%s\n%s", summary(lab, running_hosts(lab)).c_str(), what_to_try(lab).c_str());
  }
  std::fflush(stdout);
}

bool is_empty_or_absent(const std::string& dir) {
  std::error_code error;
  return !std::filesystem::exists(dir, error) || std::filesystem::is_empty(dir, error);
}

void remove_folder(const std::string& dir) {
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
}

// Until a signal comes, or somebody else takes the lab down. Gives whether it is ours to take down.
bool stay(const Signals& signals, const LabOptions& options) {
  while (!signals.came(std::chrono::milliseconds(500))) {
    reap_children();
    auto now = load(options.dir);
    if (now && (!*now || ((*now)->dns_pid == 0 && !anything_runs(**now)))) return false;
  }
  return true;
}

int foreground(const Signals& signals, const LabOptions& options) {
  if (!options.json) std::puts("\nThe lab runs. Ctrl-C takes it down.");
  std::fflush(stdout);
  if (stay(signals, options)) {
    std::fputs("\nTaking the lab down ...\n", stderr);
    return lab_down(options);
  }
  if (!options.json) std::puts("The lab was taken down.");
  return 0;
}

}  // namespace

int lab_up(const LabOptions& options) {
  const Signals signals;
  auto there = load(options.dir);
  if (!there) return report(there.error(), options.format());
  if (*there && anything_runs(**there)) {
    if (!options.json) std::printf("A lab is running already in %s.\n", (*there)->dir.c_str());
    show(options, **there);
    return 0;
  }
  const auto dir = absolute(options.dir);
  const bool fresh = !there->has_value();
  if (fresh && !is_empty_or_absent(dir))
    return report(Error{Errc::invalid, dir + " is not empty and no lab", "Name another folder with --dir"}, options.format());
  auto lab = fresh ? new_lab(dir) : std::move(**there);
  const Tell tell = [&options](const std::string& what) {
    if (!options.json) std::fprintf(stderr, "  %s ...\n", what.c_str());
  };
  tell(fresh ? "a new lab in " + dir : "the lab that is kept in " + dir);
  auto running = bring_up(lab, tell);
  const bool interrupted = signals.came(std::chrono::milliseconds(0));
  if (!running || interrupted) {
    take_down(lab);
    if (fresh) remove_folder(dir);
    else static_cast<void>(save(lab));
    return running ? 1 : report(running.error(), options.format());
  }
  show(options, lab);
  return options.detach ? 0 : foreground(signals, options);
}

int lab_down(const LabOptions& options) {
  auto lab = load_existing(options.dir);
  if (!lab) return report(lab.error(), options.format());
  take_down(*lab);
  if (options.keep) {
    if (auto saved = save(*lab); !saved) return report(saved.error(), options.format());
  } else {
    remove_folder(lab->dir);
    if (exists(lab->dir)) return report(Error{Errc::io, "the lab is down, but " + lab->dir + " could not be removed", "Remove it yourself"}, options.format());
  }
  if (options.json) print_json(boost::json::object{{"done", true}, {"kept", options.keep}});
  else std::printf("The lab is down; %s\n", options.keep ? ("its files are kept in " + lab->dir + ".").c_str() : "nothing is left behind.");
  return 0;
}

}  // namespace posthorn::app
