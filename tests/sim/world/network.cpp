#include "world/network.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/pipe_stream.h"
#include "world/observer.h"

namespace posthorn::sim {
namespace {

enum class Trouble : std::uint8_t { none, reset, silence, half_close, loses_reply };

const char* name_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::none: return "wire.good";
    case Trouble::reset: return "wire.reset";
    case Trouble::silence: return "wire.silence";
    case Trouble::half_close: return "wire.half_close";
    case Trouble::loses_reply: return "wire.final_reply_lost";
  }
  return "";
}

struct Plan {
  Trouble trouble = Trouble::none;
  std::size_t at = 0;    // strikes when so many octets were carried, both ways counted
  Duration latency{};    // of each chunk
  std::size_t chunk = 16'384;
  bool tls = true;
};

Plan plan_of(Dice& dice) {
  Plan plan;
  plan.latency = dice.one_in(20) ? dice.upto(std::chrono::seconds(60)) : dice.one_in(3) ? dice.upto(std::chrono::milliseconds(300)) : Duration{};
  if (dice.one_in(4)) plan.chunk = 1 + dice.below(2000);
  plan.tls = !dice.one_in(5);
  if (!dice.percent(25)) return plan;
  const std::vector<Trouble> all{Trouble::reset, Trouble::reset, Trouble::silence, Trouble::half_close, Trouble::loses_reply};
  plan.trouble = dice.of(all);
  plan.at = dice.below(dice.one_in(3) ? 200 : 3000);
  return plan;
}

}  // namespace

// One connection: the client's pipe and the server's, and what happens between.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(Network& network, std::uint64_t which, std::string client, std::string server, Plan plan, std::unique_ptr<Stream> near, std::unique_ptr<Stream> far)
      : number(which), from(std::move(client)), to(std::move(server)), network_(network), plan_(plan), near_(std::move(near)), far_(std::move(far)) {
    network_.wires_.insert(this);
  }
  ~Wire() {
    settle_books();
    network_.end(*this);
  }
  void start() {
    boost::asio::co_spawn(network_.context_, carry(shared_from_this(), Way::out), boost::asio::detached);
    boost::asio::co_spawn(network_.context_, carry(shared_from_this(), Way::back), boost::asio::detached);
  }
  void cut() {
    settle_books();
    silent_ = true;
    near_->close();
    far_->close();
  }
  // The machine at that address is gone: its own end closes, the other hears nothing any more, or that the connection was reset.
  void lose(const std::string& machine, Network::Cut how) {
    settle_books();
    silent_ = true;
    if (how == Network::Cut::reset || from == machine) near_->close();
    if (how == Network::Cut::reset || to == machine) far_->close();
  }

  const std::uint64_t number;
  const std::string from, to;

 private:
  enum class Way : std::uint8_t { out, back };

  static Task<void> carry(std::shared_ptr<Wire> self, Way way) {
    auto& in = way == Way::out ? *self->near_ : *self->far_;
    auto& to = way == Way::out ? *self->far_ : *self->near_;
    std::string bytes;
    for (;;) {
      bytes.clear();
      const auto count = co_await in.read_append(bytes, self->plan_.chunk);
      if (!count) break;
      if (self->plan_.latency > Duration{}) co_await sleep(self->network_.clock_, self->plan_.latency);
      if (*count == 0) break;
      if (self->silent_) continue;
      if (!self->strike(way, bytes)) continue;
      const auto written = co_await to.write(bytes);
      if (!written) break;
      if (!self->silent_) self->note(way, bytes);
    }
    if (!self->silent_) net::finish_writing(to);
    if (way == Way::back && !self->silent_) to.close();  // a server that closed hears nobody either
  }

  // Whether the bytes go on. What the trouble leaves of them stays in `bytes`.
  bool strike(Way way, std::string& bytes) {
    carried_ += bytes.size();
    if (plan_.trouble == Trouble::none) return true;
    if (plan_.trouble == Trouble::loses_reply) {
      if (way == Way::out || !observer_.awaits_final()) return true;
      struck();
      cut();
      return false;
    }
    if (carried_ < plan_.at) return true;
    const auto trouble = plan_.trouble;
    struck();
    if (trouble == Trouble::half_close) {
      net::finish_writing(way == Way::out ? *far_ : *near_);
      return false;
    }
    if (trouble == Trouble::silence) {
      settle_books();
      silent_ = true;
      return false;
    }
    cut();
    return false;
  }
  void struck() {
    network_.trace_.count(name_of(plan_.trouble));
    network_.trace_.note("wire " + std::to_string(number) + " " + name_of(plan_.trouble));
    plan_.trouble = Trouble::none;
  }

  // Bytes arrived.
  void note(Way way, std::string_view bytes) {
    if (network_.trace_.shown()) network_.trace_.note("wire " + std::to_string(number) + (way == Way::out ? " > " : " < ") + std::string(bytes.substr(0, 100)));
    auto& ledger = network_.ledger_;
    if (way == Way::out) return observer_.client_said(bytes);
    for (const auto& one : observer_.server_said(bytes)) ledger.refused(one.letter, one.address);
    if (observer_.take_deferred()) deferred();
    if (!observer_.take_delivered()) return;
    for (const auto& address : observer_.accepted()) network_.confirmed_[from].emplace_back(observer_.letter(), address);
  }
  void deferred() {
    const auto failed = network_.failed_disks_.find(to);
    if (failed == network_.failed_disks_.end()) return;
    for (const auto& address : observer_.accepted()) {
      const Fate fate{observer_.letter(), address};
      if (!network_.unsure_.emplace(failed->second, fate).second) continue;
      network_.trace_.count("fate.failed_syncs");
      network_.ledger_.doubted(fate.first, fate.second);
    }
  }
  // The connection is over for the books: a text that arrived and whose reply did not is in doubt.
  void settle_books() {
    if (settled_) return;
    settled_ = true;
    if (!observer_.awaits_final() || observer_.letter().empty() || !network_.send_again_.contains(from)) return;
    for (const auto& address : observer_.accepted()) network_.ledger_.doubted(observer_.letter(), address);
  }

  Network& network_;
  Plan plan_;
  std::unique_ptr<Stream> near_, far_;  // our ends of the client's pipe and of the server's
  Observer observer_;
  std::size_t carried_ = 0;
  bool silent_ = false, settled_ = false;
};

bool Network::InOrder::operator()(const Wire* a, const Wire* b) const { return a->number < b->number; }

Network::Network(boost::asio::io_context& context, VirtualClock& clock, Trace& trace, Ledger& ledger, std::uint64_t seed)
    : context_(context), clock_(clock), trace_(trace), ledger_(ledger), dice_(seed, "network") {}
Network::~Network() = default;

void Network::cut(const std::string& address, Cut how) {
  down_.insert(address);
  const auto all = wires_;
  for (auto* wire : all)
    if (wire->from == address || wire->to == address) wire->lose(address, how);
}

std::vector<Fate> Network::take_confirmed(const std::string& client) {
  auto out = std::move(confirmed_[client]);
  confirmed_[client].clear();
  return out;
}

Task<Result<std::unique_ptr<Stream>>> Network::connect(std::string from, Endpoint to, Duration timeout) {
  if (!calm_ && dice_.one_in(25)) {
    trace_.count("wire.no_answer");
    co_await sleep(clock_, timeout);
    co_return fail(Errc::timeout, to.text() + " did not answer in time");
  }
  const auto listener = listeners_.find(to.text());
  if (listener == listeners_.end() || down_.contains(to.address) || (!calm_ && dice_.one_in(25))) {
    trace_.count("wire.refused");
    co_return fail(Errc::io, "cannot connect to " + to.text() + ": Connection refused");
  }
  const Plan plan = calm_ ? Plan{} : plan_of(dice_);
  trace_.count("wire.connections");
  net::PipeOptions options;
  options.client = {from, 50'000};
  options.server = to;
  options.offers_tls = plan.tls;
  auto [client, near] = net::make_pipe(context_.get_executor(), clock_, options);
  auto [far, server] = net::make_pipe(context_.get_executor(), clock_, options);
  const auto wire = std::make_shared<Wire>(*this, ++number_, from, to.address, plan, std::move(near), std::move(far));
  trace_.note("wire " + std::to_string(number_) + " " + from + " to " + to.text());
  wire->start();
  listener->second(std::move(server));
  co_return std::move(client);
}

}  // namespace posthorn::sim
