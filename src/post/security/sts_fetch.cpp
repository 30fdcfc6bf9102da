#include "post/security/sts_fetch.h"

#include <algorithm>

#include "base/text.h"
#include "http/response_reader.h"
#include "post/route.h"

namespace posthorn::post {
namespace {

constexpr std::uint64_t text_limit = 65'536;
constexpr std::size_t address_limit = 4;
constexpr Duration patience = std::chrono::seconds(60);  // rfc:8461#3.3

std::string request_to(const std::string& host) {
  return "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Posthorn\r\nAccept: text/plain\r\nConnection: close\r\n\r\n";
}

Result<StsPolicy> policy_of(const http::Response& response) {
  // rfc:8461#3.3 redirects are not followed.
  if (response.status != 200) return fail(Errc::invalid, "the policy's host answered " + std::to_string(response.status));
  const auto type = std::ranges::find(response.fields, "content-type", &http::Fields::value_type::first);
  const auto given = type == response.fields.end() ? std::string_view() : std::string_view(type->second);
  if (!equal_icase(trim(given.substr(0, given.find(';'))), "text/plain")) return fail(Errc::invalid, "the policy is not text/plain");
  return parse_sts_policy(response.body);
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
  auto answer = co_await http::ask(**stream, request_to(host), text_limit);
  (*stream)->close();
  if (!answer) co_return fail(answer.error());
  co_return policy_of(*answer);
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
