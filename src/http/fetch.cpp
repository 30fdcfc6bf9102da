#include "http/fetch.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/text.h"
#include "net/public_address.h"

namespace posthorn::http {
namespace {

constexpr std::size_t url_limit = 2048, address_limit = 10;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void need_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

void append(List& list, const std::string& text) { list.reset(curl_slist_append(list.release(), text.c_str())); }

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
  return std::unique_ptr<char, FreeText>(text).get();
}

bool may_go(const std::string& address, const FetchOptions& options) {
  const auto ip = net::plain_address(address);
  if (!ip) return false;
  const auto reach = net::reach_of(*ip);
  return reach == net::Reach::outside || (reach == net::Reach::inside && options.allow_private);
}

std::unexpected<Error> not_there(const std::string& host) {
  return fail(Errc::refused, host + " leads to an address that is not on the public internet");
}

// All addresses of the host. One that we do not go to spoils the others: nobody means that (attacks.md F4, rebinding).
Task<Result<std::vector<std::string>>> addresses_of(dns::Resolver& resolver, const Target& target, const FetchOptions& options) {
  std::vector<std::string> out;
  if (target.is_address) {
    out.push_back(target.host);
  } else {
    for (const auto type : {dns::Type::a, dns::Type::aaaa}) {
      auto answer = co_await resolver.resolve(target.host, type);
      for (const auto& record : answer.records) {
        if (const auto* four = std::get_if<dns::A>(&record)) out.push_back(four->address);
        if (const auto* six = std::get_if<dns::Aaaa>(&record)) out.push_back(six->address);
      }
    }
  }
  if (out.empty()) co_return fail(Errc::unavailable, target.host + " has no address, or the DNS cannot tell it");
  for (const auto& one : out)
    if (!may_go(one, options)) co_return not_there(target.host);
  if (out.size() > address_limit) out.resize(address_limit);
  co_return out;
}

struct Transfer {
  FetchOptions options;
  FetchRequest request;
  Target target;
  std::vector<std::string> addresses;

  std::string body{};
  bool over = false, strayed = false;

  static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.over = size * count > transfer.options.most - transfer.body.size();
    if (transfer.over) return 0;
    transfer.body.append(bytes, size * count);
    return size * count;
  }
  // The second look: at the address that the connection really has, before anything is sent.
  static int before_request(void* self, char* address, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.strayed = !may_go(address, transfer.options);
    return transfer.strayed ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
  }

  void set_limits(CURL* easy) const {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count()));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, options.clear_too ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  }

  std::unexpected<Error> failure(CURLcode code) const {
    if (strayed) return not_there(target.host);
    if (over) return fail(Errc::too_big, "the answer of " + target.host + " is over " + std::to_string(options.most) + " octets");
    if (code == CURLE_OPERATION_TIMEDOUT) return fail(Errc::timeout, target.host + " did not answer in time");
    return fail(Errc::unavailable, "no answer from " + target.host + ": " + curl_easy_strerror(code));
  }

  Result<FetchAnswer> operator()() {
    need_curl();
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!easy) return fail(Errc::unavailable, "libcurl has no memory");
    set_limits(easy.get());
    curl_easy_setopt(easy.get(), CURLOPT_URL, target.url.c_str());
    List pinned, fields;
    std::string pin = target.host + ":" + std::to_string(target.port) + ":";
    for (const auto& one : addresses) pin += (pin.ends_with(':') ? "" : ",") + (one.contains(':') ? "[" + one + "]" : one);
    append(pinned, pin);
    curl_easy_setopt(easy.get(), CURLOPT_RESOLVE, pinned.get());
    for (const auto& [name, value] : request.fields) append(fields, name + ": " + value);
    append(fields, "Expect:");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    if (request.method == "POST") {
      curl_easy_setopt(easy.get(), CURLOPT_POST, 1L);
      curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.data());
    }
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &Transfer::take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy.get(), CURLOPT_PREREQFUNCTION, &Transfer::before_request);
    curl_easy_setopt(easy.get(), CURLOPT_PREREQDATA, this);
    const auto code = curl_easy_perform(easy.get());
    if (code != CURLE_OK) return failure(code);
    long status = 0;
    curl_off_t wait = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &wait);
    char* location = nullptr;
    curl_easy_getinfo(easy.get(), CURLINFO_REDIRECT_URL, &location);
    return FetchAnswer{static_cast<unsigned>(status), std::move(body), location == nullptr ? std::string() : std::string(location), static_cast<std::uint64_t>(std::max<curl_off_t>(wait, 0))};
  }
};

}  // namespace

Result<Target> check_url(const std::string& url, const FetchOptions& options) {
  need_curl();
  const auto wrong = [](std::string what) { return fail(Errc::invalid, std::move(what), "Give an https URL with a host name, such as https://push.example.org/abc"); };
  if (url.size() > url_limit) return wrong("the URL has more than " + std::to_string(url_limit) + " octets");
  if (!std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; })) return wrong("the URL holds characters that no URL has");
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) return wrong("this is no URL that may be used");
  const auto scheme = part(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "https" && !(options.clear_too && scheme == "http")) return wrong("the URL is not an https one");
  Target out;
  out.host = to_lower(part(parsed.get(), CURLUPART_HOST));
  // A final dot names the same host, but is another name to those who compare.
  if (out.host.ends_with('.')) return wrong("the host's name ends in a dot");
  const auto port = part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (port != (scheme == "https" ? "443" : "80") && !options.allow_private) return fail(Errc::refused, "only port 443 is asked, and 80 without TLS");
  out.port = static_cast<std::uint16_t>(std::stoul(port));
  curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);
  out.url = part(parsed.get(), CURLUPART_URL);
  if (out.host.starts_with('[')) {
    if (!part(parsed.get(), CURLUPART_ZONEID).empty()) return fail(Errc::refused, "addresses with a zone are not asked");
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  out.is_address = net::plain_address(out.host).has_value();
  if (out.is_address && !may_go(out.host, options)) return not_there(out.host);
  if (!out.is_address && !dns::is_valid_name(out.host)) return wrong("the host has no name that the DNS knows");
  return out;
}

Task<Result<FetchAnswer>> fetch(dns::Resolver& resolver, Workers& workers, FetchOptions options, FetchRequest request) {
  auto target = check_url(request.url, options);
  if (!target) co_return fail(target.error());
  for (const auto& [name, value] : request.fields)
    if ((name + value).find_first_of("\r\n") != std::string::npos) co_return fail(Errc::invalid, "a header field with a line end");
  auto addresses = co_await addresses_of(resolver, *target, options);
  if (!addresses) co_return fail(addresses.error());
  Transfer transfer{std::move(options), std::move(request), std::move(*target), std::move(*addresses)};
  auto answer = co_await workers.run(std::move(transfer));
  co_return answer;
}

}  // namespace posthorn::http
