#include "post/security/sts_fetch.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text.h"
#include "post/route.h"

namespace posthorn::post {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t head_limit = 8192;
constexpr std::uint64_t text_limit = 65'536;
constexpr std::size_t address_limit = 4;
constexpr Duration patience = std::chrono::seconds(60);  // rfc:8461#3.3

std::string request_to(const std::string& host) {
  return "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Posthorn\r\nAccept: text/plain\r\nConnection: close\r\n\r\n";
}

Result<StsPolicy> policy_of(const http::response<http::string_body>& response) {
  // rfc:8461#3.3 redirects are not followed.
  if (response.result_int() != 200) return fail(Errc::invalid, "the policy's host answered " + std::to_string(response.result_int()));
  const auto given = response[http::field::content_type];
  const auto type = trim(std::string_view(given.data(), given.size()).substr(0, given.find(';')));
  if (!equal_icase(type, "text/plain")) return fail(Errc::invalid, "the policy is not text/plain");
  return parse_sts_policy(response.body());
}

Task<Result<StsPolicy>> ask(Stream& stream, std::string host) {
  const auto request = request_to(host);
  auto written = co_await stream.write(request);
  if (!written) co_return fail(written.error());
  http::response_parser<http::string_body> parser;
  parser.header_limit(head_limit);
  parser.body_limit(text_limit);
  parser.eager(true);
  std::string input;
  while (!parser.is_done()) {
    auto count = co_await stream.read_append(input);
    if (!count && count.error().code != Errc::closed) co_return fail(count.error());
    boost::system::error_code error;
    if (!count || *count == 0) {
      parser.put_eof(error);
      if (error || !parser.is_done()) co_return fail(Errc::closed, "the policy's host broke off");
      break;
    }
    const auto taken = parser.put(boost::asio::buffer(input), error);
    if (error && error != http::error::need_more) co_return fail(Errc::invalid, "the policy's host gave no good HTTP answer: " + error.message());
    input.erase(0, taken);
    if (input.size() > head_limit + text_limit) co_return fail(Errc::too_big, "the policy's host sent too much");
  }
  co_return policy_of(parser.get());
}

Task<Result<StsPolicy>> ask_at(net::Dialer& dialer, const Options& options, std::string host, std::string address) {
  Endpoint to{address, options.sts_port};
  auto stream = co_await dialer.connect(std::move(to), options.source_address, options.connect_timeout);
  if (!stream) co_return fail(stream.error());
  (*stream)->deadline(patience);
  TlsClientOptions tls;
  tls.server_name = host;
  tls.require_verified = true;
  tls.ca_file = options.ca_file;
  auto secured = co_await (*stream)->start_tls_client(std::move(tls));
  if (!secured) co_return fail(secured.error());
  auto policy = co_await ask(**stream, host);
  (*stream)->close();
  co_return policy;
}

}  // namespace

Task<Result<StsPolicy>> fetch_sts_policy(dns::Resolver& resolver, net::Dialer& dialer, const Options& options, std::string domain) {
  const auto host = "mta-sts." + domain;
  const auto found = co_await addresses_of(resolver, options, host);
  if (found.good.empty()) co_return fail(Errc::not_found, "the policy's host " + host + " has no usable address");
  Error last;
  for (std::size_t i = 0; i < std::min(found.good.size(), address_limit); ++i) {
    auto policy = co_await ask_at(dialer, options, host, found.good[i]);
    if (policy) co_return policy;
    last = policy.error();
    if (last.code == Errc::invalid || last.code == Errc::too_big) break;  // it did answer
  }
  co_return fail(std::move(last));
}

}  // namespace posthorn::post
