#include "world/simulation.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <functional>
#include <optional>

#include "world/base_image.h"
#include "world/hostile.h"
#include "world/node.h"
#include "world/observer.h"
#include "world/seeded_random.h"
#include "world/senders.h"

namespace posthorn::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours decade{87'600};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Show show)
      : seed_(seed), dice_(seed, "plan"), trace_(clock_, show == Show::trace), ledger_(trace_), network_(context_, clock_, trace_, ledger_, seed),
        names_(clock_, trace_, ledger_, seed, NamesOptions{seed % 2 == 1}), world_{context_, clock_, trace_, network_, names_},
        hosts_(context_, clock_, trace_, network_, ledger_, seed), senders_(context_, clock_, trace_, network_, ledger_, seed) {
    options_.expire_after = dice_.of(std::vector<Duration>{hours(8), hours(24), hours(120)});
    options_.warn_after = options_.expire_after / 4;
    chaos_ = dice_.between(hours(6), options_.expire_after + hours(24));
  }
  ~Simulation() { end_all(); }

  Outcome run() {
    open_world();
    plan();
    run_until(start_ + chaos_);
    calm_down();
    const auto limit = clock_.steady() + options_.expire_after + hours(72);
    while (clock_.steady() < limit && !settled()) run_until(std::min(limit, clock_.steady() + hours(1)));
    if (!settled()) problem("STUCK: " + stuck());
    trace_.count("virtual.hours", static_cast<std::uint64_t>((clock_.steady() - start_) / hours(1)));
    for (auto& node : nodes_) audit(*node);
    for (auto& one : ledger_.audit(options_.expire_after)) problem(std::move(one));
    end_all();
    Outcome out;
    out.seed = seed_;
    out.trace = trace_.hash();
    out.problems = std::move(problems_);
    out.counts = std::move(trace_.counts);
    return out;
  }

 private:
  struct Cut {
    std::size_t node = 0;
    std::size_t steps = 0;   // handlers from now
    bool waits_for_fault = false;
  };

  void problem(std::string text) {
    trace_.note("PROBLEM " + text);
    if (problems_.size() < 20) problems_.push_back(std::move(text));
  }

  // -- what there is
  void open_world() {
    const auto machine = [](const char* color, const char* address, const BaseImage& image) {
      Machine out;
      out.color = color;
      out.address = address;
      out.keyring = image.keyring;
      out.people = image.people;
      return out;
    };
    machines_.push_back(machine("blue", blue_ip, blue_image()));
    machines_.push_back(machine("green", green_ip, green_image()));
    seed_random(seed_);
    nodes_.push_back(boot(0, *blue_image().engine));
    nodes_.push_back(boot(1, *green_image().engine));
    for (const auto& one : machines_) network_.sends_again(one.address);
    hosts_.open("8.8.3.1", "red.test", Manners::moody);
    hosts_.open("8.8.3.2", "red.test", Manners::moody);
    hosts_.open("8.8.4.1", "gold.test", Manners::moody);
    hosts_.open("8.8.5.1", "rude.test", Manners::rude);
    for (const auto* domain : {"null.test", "nowhere.test"}) ledger_.ruled_out(domain);
    start_ = clock_.steady();
  }
  std::unique_ptr<Node> boot(std::size_t which, const store::MemoryEngine& disk) {
    auto fault = std::make_shared<store::Fault>();
    store::MemoryOptions options;
    options.executor = context_.get_executor();
    options.fault = fault.get();
    auto next_disk = disk.crash(dice_.number(), options);
    auto* const its_disk = next_disk.get();
    auto node = std::make_unique<Node>(world_, machines_[which], std::move(next_disk), options_);
    node->disk = its_disk;
    node->fault = std::move(fault);
    node->life = ++lives_;
    look_at_store(*node);
    if (auto started = node->start(); !started) problem("a server does not start: " + started.error().text());
    return node;
  }

  // -- what will happen
  void at(Duration after, std::function<void()> what) { events_.emplace(start_ + after, std::move(what)); }
  Duration any_time() { return dice_.upto(chaos_); }
  void spawn(Task<void> actor) { boost::asio::co_spawn(context_, std::move(actor), [this](std::exception_ptr bug) { if (bug) bugs_.push_back(bug); }); }

  void plan() {
    const std::size_t letters = 4 + dice_.below(12);
    for (std::size_t i = 0; i < letters; ++i) {
      const bool blue = !dice_.one_in(4);
      const auto login = blue ? (dice_.one_in(3) ? "anna@blue.test" : "alice@blue.test") : "bob@green.test";
      const auto count = 1 + dice_.below(3);
      at(any_time(), [this, blue, login, count] { spawn(senders_.submit(blue ? blue_ip : green_ip, login, count)); });
    }
    for (std::size_t i = dice_.below(5); i > 0; --i) {
      const bool blue = dice_.one_in(2);
      at(any_time(), [this, blue] { spawn(senders_.stranger(blue ? blue_ip : green_ip, blue ? "blue.test" : "green.test")); });
    }
    for (std::size_t i = dice_.below(4); i > 0; --i) at(any_time(), [this] { spawn(senders_.append(blue_ip, "alice@blue.test")); });
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      const Endpoint to{dice_.one_in(2) ? blue_ip : green_ip, static_cast<std::uint16_t>(dice_.one_in(3) ? 587 : dice_.one_in(2) ? 143 : 25)};
      at(any_time(), [this, to] { spawn(hosts_.vandal(to)); });
    }
    for (std::size_t which = 0; which < 2; ++which) {
      for (std::size_t i = dice_.below(4); i > 0; --i) at(any_time(), [this, which] { begin_cut(which); });
      if (dice_.one_in(3)) at(any_time(), [this, which] { break_disk(which); });
      if (dice_.one_in(3)) at(any_time(), [this, which] { stop_in_order(which); });
      for (std::size_t i = dice_.one_in(2) ? dice_.below(3) : 0; i > 0; --i) at(any_time(), [this, which] { jump(which); });
    }
  }

  // A power cut some handlers from now, or at the n-th step of the disk from now.
  void begin_cut(std::size_t which) {
    if (!nodes_[which]->alive) return;
    Cut cut;
    cut.node = which;
    cut.waits_for_fault = dice_.one_in(2);
    cut.steps = dice_.below(150);
    if (cut.waits_for_fault) nodes_[which]->fault->at(dice_.below(8));
    cuts_.push_back(cut);
  }
  void look_at_cuts() {
    for (std::size_t i = 0; i < cuts_.size();) {
      auto& cut = cuts_[i];
      const bool ready = !cut.waits_for_fault || nodes_[cut.node]->fault->fired();
      if (!ready || cut.steps-- > 0) {
        ++i;
        continue;
      }
      const auto which = cut.node;
      trace_.count(cut.waits_for_fault ? "cut.in_a_commit" : "cut.anywhere");
      cuts_.erase(cuts_.begin() + static_cast<std::ptrdiff_t>(i));
      cut_power(which);
    }
  }
  void cut_power(std::size_t which) {
    auto& node = *nodes_[which];
    if (!node.alive) return;
    trace_.note(node.machine.color + " loses its power");
    // The disk as it is at this moment: what the dead object's memory still writes to its own is of no world.
    left_[which] = node.disk->crash(dice_.number());
    node.die(dice_.one_in(2) ? Network::Cut::reset : Network::Cut::silent);
    const auto away = dice_.one_in(3) ? Duration{} : dice_.upto(dice_.one_in(5) ? hours(12) : minutes(30));
    at(clock_.steady() - start_ + away, [this, which] { power_on(which); });
  }
  void power_on(std::size_t which) {
    auto& before = nodes_[which];
    if (before->alive) return;
    trace_.note(before->machine.color + " starts again");
    auto next = boot(which, *left_[which]);
    // What a reply confirmed and the queue does not know will be sent again, as RFC 5321 has it.
    for (const auto& [letter, address] : network_.take_confirmed(before->machine.address))
      if (still_waits(*next, letter, address)) ledger_.doubted(letter, address);
    graveyard_.push_back(std::move(before));
    before = std::move(next);
  }
  static bool still_waits(Node& node, const std::string& letter, const std::string& address) {
    const auto entries = node.sender.queue().list();
    if (!entries) return false;
    for (const auto& entry : *entries) {
      const auto message = node.sender.queue().message(entry);
      if (!message || letter_in(*message) != letter) continue;
      for (const auto& r : entry.recipients)
        if (r.state == post::RecipientState::waiting && r.to.recipient.text() == address) return true;
    }
    return false;
  }
  // The disk fails and the machine stays: it must refuse everything until somebody starts it anew.
  void break_disk(std::size_t which) {
    if (!nodes_[which]->alive) return;
    trace_.count("disk.broken");
    nodes_[which]->fault->at(dice_.below(8));
    at(clock_.steady() - start_ + dice_.between(minutes(10), hours(3)), [this, which] {
      if (!nodes_[which]->alive || !nodes_[which]->fault->fired()) return;
      cut_power(which);
    });
  }
  void stop_in_order(std::size_t which) {
    if (!nodes_[which]->alive) return;
    trace_.count("stop.in_order");
    nodes_[which]->stop();
    at(clock_.steady() - start_ + seconds(10), [this, which] { cut_power(which); });
  }
  void jump(std::size_t which) {
    const auto off = dice_.of(std::vector<hours>{hours(1), hours(-1), hours(2), hours(-3), decade, -decade});
    trace_.count("clock.jumps");
    trace_.note(machines_[which].color + "'s clock jumps " + std::to_string(off.count()) + " h");
    // At most one decade off, so that years stay within what dates can say.
    auto& mine = machines_[which].clock_off;
    mine = mine.count() != 0 && dice_.one_in(2) ? std::chrono::milliseconds(0) : std::chrono::milliseconds(off);
    nodes_[which]->clock.off = mine;
  }

  // -- time goes on
  void drain() {
    for (context_.restart(); context_.poll_one() > 0; context_.restart()) {
      for (const auto& node : nodes_)
        if (node->fault->fired()) network_.disk_failed(node->machine.address, node->life);
      if (!cuts_.empty()) look_at_cuts();
      if (!bugs_.empty()) throw_bug();
    }
  }
  void throw_bug() {
    const auto bug = bugs_.back();
    bugs_.clear();
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& e) {
      problem(std::string("an exception: ") + e.what());
    }
  }
  void run_until(SteadyTime until) {
    for (;;) {
      drain();
      const bool event_next = !events_.empty() && events_.begin()->first <= until;
      const auto limit = event_next ? events_.begin()->first : until;
      if (clock_.post_next(limit - clock_.steady())) continue;
      if (clock_.steady() < limit) clock_.advance(limit - clock_.steady());
      if (!event_next) return;
      const auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
    }
  }
  void calm_down() {
    trace_.note("all is calm");
    cuts_.clear();
    network_.calm();
    names_.calm();
    hosts_.calm();
    // Whoever is down, or has a broken disk, is started by an operator, who also lets go what three crashes have held.
    for (std::size_t which = 0; which < 2; ++which) {
      if (nodes_[which]->alive) cut_power(which);
    }
    const auto all = std::move(events_);
    events_.clear();
    for (std::size_t which = 0; which < 2; ++which) power_on(which);
  }
  void release_held() {
    for (auto& node : nodes_) {
      const auto entries = node->sender.queue().list();
      for (const auto& entry : *entries) {
        if (!entry.held) continue;
        trace_.count("queue.released_by_operator");
        spawn(retry(*node, entry.id));
      }
    }
  }
  static Task<void> retry(Node& node, QueueId id) { static_cast<void>(co_await node.sender.retry(id)); }
  bool settled() {
    release_held();
    drain();
    bool all = senders_.busy() == 0 && hosts_.playing() == 0;
    for (auto& node : nodes_) all = all && node->idle() && node->sender.queue().list()->empty();
    for (auto& node : graveyard_) all = all && node->idle();
    return all;
  }
  std::string stuck() {
    std::string out = std::to_string(senders_.busy()) + " senders, " + std::to_string(hosts_.playing()) + " hosts, " + std::to_string(network_.wires()) + " wires";
    for (const auto* all : {&nodes_, &graveyard_})
      for (const auto& node : *all) {
        out += "; " + node->machine.color + (node->alive ? ": " : " (dead): ") + std::to_string(node->sessions) + " sessions, " + std::to_string(node->sender.active()) + " deliveries";
        const auto entries = node->sender.queue().list();
        if (node->alive)
          for (const auto& e : *entries) out += ", queued " + post::text_of(e.id) + (e.held ? " held: " + e.held_because : "") + " rounds " + std::to_string(e.rounds);
      }
    return out;
  }

  // -- what was promised
  // On every start: what was durable before is there with the same UIDs, no clock of an account went back, and all adds up.
  void look_at_store(Node& node) {
    auto& machine = node.machine;
    const auto wrong = node.store.verify();
    if (!wrong) problem("verify of " + machine.color + ": " + wrong.error().text());
    else for (const auto& one : *wrong) problem("verify of " + machine.color + ": " + one);
    trace_.count("verified");
    std::uint64_t modseq = 0;
    std::map<std::pair<AccountId, Uid>, EmailId> now;
    for (const auto& [name, account] : machine.people) {
      const auto view = node.store.view(account);
      modseq += number(view.modseq());
      const auto members = view.members(store::inbox_id);
      if (!members) return problem("INBOX of " + name + ": " + members.error().text());
      for (const auto& m : *members) now[{account, m.uid}] = m.email;
    }
    for (const auto& [at, email] : machine.seen) {
      const auto found = now.find(at);
      if (found == now.end()) problem(machine.color + ": a message that was there is gone");
      else if (found->second != email) problem(machine.color + ": a UID was used again");
    }
    if (modseq < machine.modseq) problem(machine.color + ": a modseq went back");
    machine.modseq = modseq;
    machine.seen = std::move(now);
  }

  void audit(Node& node) {
    look_at_store(node);
    if (!node.office.reserve(options_.receive_budget)) problem(node.machine.color + ": text under way was never given back");
    else node.office.release(options_.receive_budget);
    for (const auto& [name, account] : node.machine.people) {
      const auto view = node.store.view(account);
      const auto mailboxes = view.mailboxes();
      for (const auto& mailbox : *mailboxes) {
        const auto members = view.members(mailbox.id);
        for (const auto& m : *members) {
          const auto message = view.message(m.email);
          if (!message) problem("a message of " + name + " cannot be read: " + message.error().text());
          else take(node, name, *message);
        }
      }
    }
  }
  // One message of a mailbox into the books.
  void take(Node& node, const std::string& owner, const std::string& message) {
    const auto letter = letter_in(message);
    if (!message.contains("report-type=delivery-status")) return ledger_.found(letter, owner);
    trace_.count("dsn.received");
    const std::string field = "Final-Recipient: rfc822; ";
    for (auto at = message.find(field); at != message.npos; at = message.find(field, at + 1)) {
      const auto from = at + field.size(), end = message.find("\r\n", from);
      if (!std::string_view(message).substr(end).starts_with("\r\nAction: failed")) continue;
      const std::string intro = "had the id ";
      const auto id = message.substr(message.find(intro) + intro.size(), 16);
      auto& machine = node.machine;
      const auto accepted = machine.accepted.find(id), noticed = machine.noticed.find(id);
      if (noticed == machine.noticed.end()) {
        problem("a notice about " + id + ", which nobody gave");
        continue;
      }
      // Of what was stored and not answered, because the power went, no log tells when.
      const auto since = accepted != machine.accepted.end() ? accepted->second : ledger_.letters[letter].sent;
      ledger_.returned(letter, message.substr(from, end - from), noticed->second - since);
    }
  }

  void end_all() {
    for (auto& node : nodes_)
      if (node && node->alive) node->die(Network::Cut::reset);
    for (int i = 0; i < 2000 && clock_.post_next(hours(48)); ++i) {
      for (context_.restart(); context_.poll_one() > 0; context_.restart()) {
      }
    }
    context_.restart();
    context_.poll();
  }

  std::uint64_t seed_;
  boost::asio::io_context context_{1};
  VirtualClock clock_{context_};
  Dice dice_;
  Trace trace_;
  Ledger ledger_;
  Network network_;
  Names names_;
  World world_;
  Hosts hosts_;
  Senders senders_;
  post::Options options_;
  Duration chaos_{};
  SteadyTime start_{};
  std::uint64_t lives_ = 0;
  std::vector<Machine> machines_;
  std::vector<std::unique_ptr<Node>> nodes_, graveyard_;
  std::array<std::unique_ptr<store::MemoryEngine>, 2> left_;  // of a machine without power: its disk
  std::multimap<SteadyTime, std::function<void()>> events_;
  std::vector<Cut> cuts_;
  std::vector<std::exception_ptr> bugs_;
  std::vector<std::string> problems_;
};

}  // namespace

Outcome simulate(std::uint64_t seed, Show show) { return Simulation(seed, show).run(); }

}  // namespace posthorn::sim
