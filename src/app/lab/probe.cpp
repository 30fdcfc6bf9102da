#include "app/lab/probe.h"

#include <fcntl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <thread>

#include "app/lab/process.h"
#include "dns/unbound_resolver.h"
#include "net/line_reader.h"

namespace posthorn::app::lab {
namespace {

namespace asio = boost::asio;

constexpr auto patience = std::chrono::seconds(30);
constexpr auto one_try = std::chrono::seconds(5);
constexpr auto between = std::chrono::milliseconds(50);
constexpr std::size_t greeting_limit = 2000;
constexpr unsigned last_index = 250;

std::string_view greeting_of(std::string_view service) {
  if (service.starts_with("imap")) return "* OK";
  return service.starts_with("pop3") ? "+OK" : "220 ";
}

bool implicit_tls(std::string_view service) { return service.ends_with('s') && service != "https"; }

Task<Status> greeting(net::Dialer& dialer, Endpoint at, std::string service, TlsClientOptions tls) {
  auto stream = co_await dialer.connect(at, std::string(), one_try);
  if (!stream) co_return fail(stream.error());
  (*stream)->deadline(one_try);
  if (implicit_tls(service)) {
    auto secured = co_await (*stream)->start_tls_client(tls);
    if (!secured) co_return fail(secured.error());
  }
  net::LineReader reader(**stream);
  auto line = co_await reader.line(greeting_limit);
  (*stream)->close();
  if (!line) co_return fail(line.error());
  if (!line->starts_with(greeting_of(service))) co_return fail(Errc::unavailable, "its greeting is \"" + *line + "\"");
  co_return Status{};
}

Task<dns::Answer> ask(dns::Resolver& resolver, std::string name) {
  auto answer = co_await resolver.resolve(name, dns::Type::mx);
  co_return answer;
}

// A new resolver each time: one remembers for a while that it got no answer.
Status validated_answer(Desk& desk, const Lab& lab, const std::string& name) {
  dns::UnboundOptions options;
  options.forwarders = {lab.dns_ip() + "@" + std::to_string(dns_port)};
  options.trust_anchor_file = lab.trust_anchor();
  options.test_domain = true;
  options.ask_localhost = true;
  options.timeout = one_try;
  TRY_ASSIGN(const auto resolver, dns::unbound_resolver(desk.executor(), desk.clock(), options));
  const auto answer = desk.run(ask(*resolver, name));
  if (answer.outcome != dns::Outcome::found) return fail(Errc::unavailable, "no MX record of " + name + ": " + answer.why);
  if (answer.security != dns::Security::secure) return fail(Errc::unavailable, "the MX record of " + name + " does not validate: " + answer.why);
  return {};
}

Status ended(const std::string& what, const std::string& log) { return fail(Errc::unavailable, what + " ended at once. The end of " + log + ":\n" + tail_of(log)); }

template <class Protocol>
bool can_bind(const std::string& ip, std::uint16_t port, bool listen) {
  asio::io_context context;
  boost::system::error_code error;
  typename Protocol::endpoint at(asio::ip::make_address(ip, error), port);
  typename Protocol::socket socket(context);
  socket.open(at.protocol(), error);
  // As the servers do: what only waits for its last packets does not count as taken.
  if (listen) socket.set_option(asio::socket_base::reuse_address(true), error);
  socket.bind(at, error);
  return !error;
}

bool is_free(unsigned index) {
  Lab lab = new_lab("");
  move_to(lab, index);
  if (!can_bind<asio::ip::udp>(lab.dns_ip(), dns_port, false) || !can_bind<asio::ip::tcp>(lab.dns_ip(), dns_port, true)) return false;
  for (const auto& host : lab.hosts)
    for (const auto& [service, port] : ports())
      if (!can_bind<asio::ip::tcp>(host.ip, port, true)) return false;
  return true;
}

// The reservation is a name in the abstract socket namespace: gone with the process, no file to be left behind.
class ReservedPlace final : public Place {
 public:
  bool take(unsigned index) {
    using Local = asio::local::stream_protocol;
    const std::string name = std::string(1, '\0') + "posthorn-lab-" + std::to_string(index);
    boost::system::error_code error;
    socket_.close(error);
    socket_.open(Local(), error);
    ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
    socket_.bind(Local::endpoint(name), error);
    index_ = index;
    return !error && is_free(index);
  }
  unsigned index() const override { return index_; }

 private:
  asio::io_context context_;
  asio::local::stream_protocol::socket socket_{context_};
  unsigned index_ = 0;
};

}  // namespace

Status wait_for_dns(Desk& desk, const Lab& lab) {
  const auto end = desk.clock().steady() + patience;
  for (const auto& host : lab.hosts) {
    for (;;) {
      const auto good = validated_answer(desk, lab, host.domain);
      if (good) break;
      if (has_ended(lab.dns_pid)) return ended("Knot, the DNS server,", lab.knot_log());
      if (desk.clock().steady() > end) return fail(Errc::timeout, "the DNS server on " + lab.dns() + " does not work: " + good.error().what, "Look at " + lab.knot_log());
      std::this_thread::sleep_for(between);
    }
  }
  return {};
}

Status wait_for_host(Desk& desk, const Lab& lab, const Host& host) {
  const auto end = desk.clock().steady() + patience;
  TlsClientOptions tls;
  tls.server_name = host.mx();
  tls.ca_file = lab.ca();
  tls.require_verified = true;
  for (const auto& [service, port] : ports()) {
    if (service == "https") continue;
    for (;;) {
      const auto good = desk.run(greeting(desk.dialer(), Endpoint{host.ip, port}, std::string(service), tls));
      if (good) break;
      if (has_ended(host.pid)) return ended("Posthorn of " + host.domain, lab.log(host));
      if (desk.clock().steady() > end)
        return fail(Errc::timeout, std::string(service) + " of " + host.domain + " does not answer on " + host.ip + ":" + std::to_string(port) + ": " + good.error().what,
                    "Look at " + lab.log(host));
      std::this_thread::sleep_for(between);
    }
  }
  return {};
}

Result<std::unique_ptr<Place>> find_place(unsigned wanted) {
  auto place = std::make_unique<ReservedPlace>();
  if (place->take(wanted)) return place;
  for (unsigned index = 1; index <= last_index; ++index)
    if (place->take(index)) return place;
  return fail(Errc::unavailable, "on none of 127.0.1.1 to 127.0.250.1 the ports of a lab are free",
              "Does this system have all of 127.0.0.0/8? On macOS and FreeBSD the addresses must be added to lo0");
}

}  // namespace posthorn::app::lab
