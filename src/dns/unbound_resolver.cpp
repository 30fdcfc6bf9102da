// Security: answers come from the network; libunbound parses the packets and validates, our part of the parsing is dns/rdata.
#include "dns/unbound_resolver.h"

#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "base/text.h"
#include "dns/rdata.h"

namespace posthorn::dns {
namespace {

namespace asio = boost::asio;

struct ContextDeleter {
  void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
};
using ContextPtr = std::unique_ptr<ub_ctx, ContextDeleter>;

constexpr int class_in = 1;
constexpr std::uint16_t rcode_nxdomain = 3;

Answer failed(std::string why) {
  Answer answer;
  answer.why = std::move(why);
  return answer;
}

std::string name_of_rcode(int rcode) {
  constexpr const char* names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  return rcode >= 0 && rcode < 6 ? names[rcode] : "RCODE " + std::to_string(rcode);
}

std::string without_dot(const char* name) {
  auto text = to_lower(name);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Answer read_records(const ub_result& result, Type type, Answer answer) {
  for (std::size_t i = 0; result.data[i] != nullptr; ++i) {
    auto record = parse_rdata(type, std::string_view(result.data[i], static_cast<std::size_t>(result.len[i])));
    if (!record) return failed(record.error().what);  // could not be read is not the same as is not there
    answer.records.push_back(std::move(*record));
  }
  answer.outcome = answer.records.empty() ? Outcome::no_data : Outcome::found;
  return answer;
}

// What cannot be told for sure is a failure: a mail is then tried again, never lost (faults.md 7).
Answer read_answer(int error, const ub_result* result, Type type, const std::string& asked) {
  if (error != 0 || result == nullptr) return failed(std::string("DNS: ") + ub_strerror(error));
  Answer answer;
  answer.canonical_name = result->canonname != nullptr ? without_dot(result->canonname) : to_lower(asked);
  answer.ttl = result->ttl > 0 ? static_cast<std::uint32_t>(result->ttl) : 0;
  if (result->bogus != 0) {
    answer.security = Security::bogus;
    answer.ttl = 0;
    answer.why = result->why_bogus != nullptr ? printable(result->why_bogus) : "DNSSEC validation failed";
    return answer;
  }
  if (result->rcode != 0 && result->rcode != rcode_nxdomain) return failed(name_of_rcode(result->rcode));
  answer.security = result->secure != 0 ? Security::secure : Security::insecure;
  if (result->nxdomain != 0 || result->rcode == rcode_nxdomain) {
    answer.outcome = Outcome::no_such_name;
    return answer;
  }
  answer.outcome = Outcome::no_data;
  return result->havedata != 0 ? read_records(*result, type, std::move(answer)) : answer;
}

// Everything that touches libunbound, only on the thread of `executor`.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(const Executor& executor, Clock& clock, UnboundOptions options, ContextPtr context)
      : executor_(executor), clock_(clock), options_(std::move(options)), context_(std::move(context)), readable_(executor) {}
  ~Core() { stop(); }

  using Done = std::function<void(Answer)>;

  void watch() {
    readable_.assign(ub_fd(context_.get()));
    wait();
  }

  void ask(std::string name, Type type, Done done) {
    if (!context_) return done(failed("DNS: we are stopping"));
    if (pending_.size() >= options_.most_pending) return done(failed("DNS: too many questions at once"));
    const auto number = ++last_;
    auto& query = pending_[number];
    query.name = std::move(name);
    query.type = type;
    query.done = std::move(done);
    query.ticket = std::make_unique<Ticket>(Ticket{this, number});
    query.timer = clock_.timer(executor_);
    query.timer->start(options_.timeout, [this, number] { expire(number); });
    const int error = ub_resolve_async(context_.get(), query.name.c_str(), static_cast<int>(type), class_in, query.ticket.get(),
                                       &Core::answered, &query.id);
    if (error != 0) finish(number, failed(std::string("DNS: ") + ub_strerror(error)));
  }

  void stop() {
    if (!context_) return;
    if (readable_.is_open()) readable_.release();  // the descriptor is libunbound's
    context_.reset();                              // no answer comes after this
    while (!pending_.empty()) finish(pending_.begin()->first, failed("DNS: we are stopping"));
  }

  const Executor& executor() const { return executor_; }

 private:
  // What libunbound carries for us; freed with its query, after which libunbound does not call any more.
  struct Ticket {
    Core* core;
    std::uint64_t number;
  };
  struct Query {
    std::string name;
    Type type = Type::a;
    Done done;
    std::unique_ptr<Ticket> ticket;
    std::unique_ptr<Timer> timer;
    int id = 0;
    bool given_up = false;  // answered by the timer, kept because it could not be cancelled
  };

  void wait() {
    readable_.async_wait(asio::posix::descriptor_base::wait_read,
                         [weak = weak_from_this()](const boost::system::error_code& error) {
                           const auto self = weak.lock();
                           if (error || !self || !self->context_) return;
                           ub_process(self->context_.get());
                           self->wait();
                         });
  }

  static void answered(void* data, int error, ub_result* result) {
    const auto ticket = *static_cast<Ticket*>(data);
    const auto found = ticket.core->pending_.find(ticket.number);
    if (found != ticket.core->pending_.end())
      ticket.core->finish(ticket.number, read_answer(error, result, found->second.type, found->second.name));
    ub_resolve_free(result);
  }

  void expire(std::uint64_t number) {
    auto& query = pending_.at(number);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.timeout).count();
    auto answer = failed("DNS: no answer for " + query.name + " within " + std::to_string(seconds) + " s");
    if (ub_cancel(context_.get(), query.id) == 0) return finish(number, std::move(answer));
    query.given_up = true;
    auto done = std::move(query.done);
    done(std::move(answer));
  }

  void finish(std::uint64_t number, Answer answer) {
    auto query = pending_.extract(number);
    if (!query.mapped().given_up) query.mapped().done(std::move(answer));
  }

  Executor executor_;
  Clock& clock_;
  UnboundOptions options_;
  ContextPtr context_;
  asio::posix::stream_descriptor readable_;
  std::map<std::uint64_t, Query> pending_;
  std::uint64_t last_ = 0;
};

class UnboundResolver final : public Resolver {
 public:
  explicit UnboundResolver(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~UnboundResolver() override { core_->stop(); }

  Task<Answer> resolve(std::string name, Type type) override {
    if (!is_askable_name(name)) {
      Answer answer = failed("not a DNS name");
      answer.outcome = Outcome::no_such_name;
      answer.canonical_name = std::move(name);
      co_return answer;
    }
    auto caller = co_await asio::this_coro::executor;
    auto core = core_;
    auto start = [caller, core, &name, type](auto handler) {
      auto held = std::make_shared<decltype(handler)>(std::move(handler));
      Core::Done done = [caller, held](Answer answer) {
        asio::post(caller, [held, kept = std::move(answer)]() mutable { std::move (*held)(std::move(kept)); });
      };
      asio::post(core->executor(), [core, asked = std::move(name), type, done = std::move(done)]() mutable {
        core->ask(std::move(asked), type, std::move(done));
      });
    };
    auto wait = asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(start, asio::use_awaitable);
    co_return co_await std::move(wait);
  }

 private:
  std::shared_ptr<Core> core_;
};

// libunbound reads its configuration from a path only; this one never touches a disk.
Status configure(ub_ctx* context, const std::string& text) {
  const int file = ::memfd_create("unbound.conf", MFD_CLOEXEC);
  if (file < 0) return fail(Errc::io, std::string("cannot make the configuration of the resolver: ") + std::strerror(errno));
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const auto path = "/proc/self/fd/" + std::to_string(file);
  const int error = written ? ub_ctx_config(context, path.c_str()) : UB_SYNTAX;
  ::close(file);
  if (error != 0) return fail(Errc::invalid, std::string("libunbound does not take its configuration: ") + ub_strerror(error));
  return {};
}

}  // namespace

Result<std::unique_ptr<Resolver>> unbound_resolver(Executor executor, Clock& clock, UnboundOptions options) {
  TRY_ASSIGN(const auto text, unbound_config(options));
  const auto& anchor = options.trust_anchor_file;
  // libunbound would notice only at the first question, and then answer nothing.
  if (!anchor.empty() && !std::ifstream(anchor).good())
    return fail(Errc::not_found, "the DNSSEC trust anchor " + anchor + " cannot be read",
                "Install the package dns-root-data or name another file.");
  ContextPtr context(ub_ctx_create());
  if (!context) return fail(Errc::unavailable, "libunbound gave no context");
  TRY(configure(context.get(), text));
  if (const int error = ub_ctx_async(context.get(), 1); error != 0)
    return fail(Errc::unavailable, std::string("libunbound: ") + ub_strerror(error));
  auto core = std::make_shared<Core>(executor, clock, std::move(options), std::move(context));
  core->watch();
  return std::make_unique<UnboundResolver>(std::move(core));
}

}  // namespace posthorn::dns
