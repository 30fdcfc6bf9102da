#include "world/allocation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/out_of_memory.h"
#include "base/text.h"
#include "world/allocation_hook.h"
#include "world/base_image.h"
#include "world/hostile.h"
#include "world/node.h"
#include "world/observer.h"
#include "world/senders.h"

namespace posthorn::sim {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

// Counts what the engine has not answered yet: its answers come from a thread of its own.
class Waited final : public store::Engine {
 public:
  explicit Waited(std::unique_ptr<store::Engine> engine) : engine_(std::move(engine)) {}
  void transact(store::Work work, store::Done done) override {
    ++waiting;
    engine_->transact(std::move(work), [this, done = std::move(done)](Status status) {
      done(std::move(status));
      --waiting;
    });
  }
  std::unique_ptr<store::Reader> snapshot() const override { return engine_->snapshot(); }
  std::optional<std::uint64_t> commits_to(store::Space space) const override { return engine_->commits_to(space); }

  std::atomic<std::size_t> waiting = 0;

 private:
  std::unique_ptr<store::Engine> engine_;
};

// Runs `work` in a process of its own; what it wrote, and how it ended.
struct Ended {
  std::string said;
  int status = 0;
};
Ended in_a_process(const std::function<void(int out)>& work) {
  int ends[2] = {};
  if (pipe(ends) != 0) std::abort();
  const auto child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    close(ends[0]);
    work(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  Ended out;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) out.said.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  waitpid(child, &out.status, 0);
  return out;
}

void say(int out, const std::string& line) {
  const auto text = line + "\n";
  if (write(out, text.data(), text.size()) < 0) _exit(3);
}

// Everything around one server on a folder.
struct Place {
  explicit Place(const std::string& folder) {
    auto keys = crypto::file_keyring(folder + "/keyring");
    store::RocksOptions options;
    options.folder = folder + "/store";
    options.cache_bytes = 1u << 20;
    auto engine = store::open_rocks(options);
    if (!keys || !engine) {
      std::fprintf(stderr, "cannot open %s: %s\n", folder.c_str(), (!keys ? keys.error() : engine.error()).text().c_str());
      _exit(4);
    }
    machine.color = "blue";
    machine.address = blue_ip;
    machine.keyring = std::move(*keys);
    auto wrapped = std::make_unique<Waited>(std::move(*engine));
    waited = wrapped.get();
    network.calm();
    names.calm();
    hosts.calm();
    hosts.open("8.8.3.1", "red.test", Manners::moody);
    node = std::make_unique<Node>(world, machine, std::move(wrapped), post::Options());
    const auto accounts = node->store.accounts();
    for (const auto& one : *accounts) machine.people[one.name] = one.id;
  }
  // Until nothing is to be done within the next hours of virtual time.
  void run() {
    const auto end = clock.steady() + hours(2);
    for (;;) {
      context.restart();
      if (context.poll() > 0) continue;
      if (waited->waiting > 0) context.run_one_for(std::chrono::milliseconds(10));
      else if (!clock.post_next(end - clock.steady())) return;
    }
  }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Trace trace{clock, false};
  Ledger ledger{trace};
  Network network{context, clock, trace, ledger, 1};
  Names names{clock, trace, ledger, 1, NamesOptions{}};
  World world{context, clock, trace, network, names};
  Hosts hosts{context, clock, trace, network, ledger, 1};
  Senders senders{context, clock, trace, network, ledger, 1};
  Machine machine;
  Waited* waited = nullptr;
  std::unique_ptr<Node> node;
};

void deliver(std::uint64_t n, const std::string& folder, int out) {
  end_when_out_of_memory();
  close(STDERR_FILENO);
  Place place(folder);
  place.ledger.on_promise = [out](const std::string& line) {
    const Uncounted ours;
    say(out, line);
  };
  if (!place.node->start()) _exit(5);
  arm_allocation(n);
  const auto go = [&place](Task<void> actor) { boost::asio::co_spawn(place.context, std::move(actor), boost::asio::detached); };
  // Two letters of one session to near and far, one of a stranger, one of a mail program.
  go(place.senders.submit_to(blue_ip, "alice@blue.test", {"anna@blue.test", "x@red.test"}, 2));
  place.run();
  go(place.senders.stranger(blue_ip, "blue.test"));
  place.run();
  go(place.senders.append(blue_ip, "alice@blue.test"));
  place.run();
  say(out, "allocations " + std::to_string(disarm_allocation()));
  _exit(0);  // no need to close anything: what is not on disk by now never was promised
}

// What lies in the folder, one line each.
void look(const std::string& folder, int out) {
  Place place(folder);
  auto& store = place.node->store;
  const auto wrong = store.verify();
  if (!wrong) say(out, "wrong " + wrong.error().text());
  else for (const auto& one : *wrong) say(out, "wrong " + one);
  for (const auto& [name, account] : place.machine.people) {
    const auto view = store.view(account);
    const auto members = view.members(store::inbox_id);
    for (const auto& m : *members) {
      const auto message = view.message(m.email);
      if (message) say(out, "found " + letter_in(*message) + " " + name);
      else say(out, "wrong a message of " + name + " cannot be read");
    }
  }
  const auto entries = place.node->sender.queue().list();
  for (const auto& entry : *entries) {
    const auto message = place.node->sender.queue().message(entry);
    if (!message) say(out, "wrong a queued message cannot be read");
    for (const auto& r : entry.recipients)
      if (message && r.state == post::RecipientState::waiting) say(out, "queued " + letter_in(*message) + " " + r.to.recipient.text());
  }
  _exit(0);
}

struct Seen {
  std::set<std::string> promised;
  std::map<std::string, std::size_t> found, queued, taken;  // "L1 anna@blue.test"
};

void read_lines(const std::string& said, Seen& seen, AllocationCheck& check) {
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space), rest = space == line.npos ? std::string() : line.substr(space + 1);
    if (word == "promised") seen.promised.insert(rest);
    if (word == "found") ++seen.found[rest];
    if (word == "queued") ++seen.queued[rest];
    if (word == "taken") ++seen.taken[rest];
    if (word == "wrong") check.problems.push_back(rest);
    if (word == "allocations") check.allocations = std::stoull(rest);
  }
}

void compare(const Seen& seen, AllocationCheck& check) {
  const auto at = [](const std::map<std::string, std::size_t>& all, const std::string& key) {
    const auto found = all.find(key);
    return found == all.end() ? std::size_t{0} : found->second;
  };
  // The letters in the order in which they are written: two submitted, the stranger's, the mail program's.
  const std::map<std::string, std::vector<std::string>> near{{"L1", {"anna@blue.test"}}, {"L2", {"anna@blue.test"}}, {"L3", {}}, {"L4", {"alice@blue.test"}}};
  for (const auto& letter : seen.promised) {
    for (const auto& who : near.at(letter))
      if (at(seen.found, letter + " " + who) != 1) check.problems.push_back("LOST: " + letter + " of " + who);
    std::size_t of_all = 0;
    for (const auto& [what, count] : seen.found) of_all += what.starts_with(letter + " ") ? count : 0;
    if (of_all == 0) check.problems.push_back("LOST: " + letter);
    const auto far = letter + " x@red.test";
    if (letter < "L3" && at(seen.queued, far) + at(seen.taken, far) == 0) check.problems.push_back("LOST: " + letter + " on its way");
  }
  for (const auto& [what, count] : seen.found)
    if (count != 1) check.problems.push_back("more than once: " + what);
  for (const auto& [what, count] : seen.taken)
    if (count != 1) check.problems.push_back("sent more than once: " + what);
}

}  // namespace

std::string make_template(const std::string& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto done = in_a_process([&folder](int) {
    Place place(folder);
    boost::asio::co_spawn(place.context, fill_blue(place.node->store, *place.machine.keyring), [](std::exception_ptr bug) {
      if (bug) _exit(6);
    });
    place.run();
    place.node.reset();
  });
  if (done.status != 0) return "the template could not be made (" + std::to_string(done.status) + ")";
  return {};
}

AllocationCheck fail_allocation(std::uint64_t n, const std::string& from_template, const std::string& folder) {
  fs::remove_all(folder);
  fs::copy(from_template, folder, fs::copy_options::recursive);
  AllocationCheck check;
  Seen seen;
  const auto ended = in_a_process([&](int out) { deliver(n, folder, out); });
  check.met = WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT;
  if (!check.met && ended.status != 0) check.problems.push_back("it ended otherwise than by the handler: status " + std::to_string(ended.status));
  read_lines(ended.said, seen, check);
  const auto looked = in_a_process([&folder](int out) { look(folder, out); });
  if (looked.status != 0) check.problems.push_back("the folder does not open again: status " + std::to_string(looked.status));
  read_lines(looked.said, seen, check);
  compare(seen, check);
  check.acknowledged = seen.promised.size();
  fs::remove_all(folder);
  return check;
}

}  // namespace posthorn::sim
