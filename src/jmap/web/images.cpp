#include "jmap/web/images.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "crypto/bytes.h"
#include "http/fetch.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t longest_url = 2'000, most_octets = 5u << 20;
constexpr int most_redirects = 3;
constexpr auto patience = std::chrono::seconds(10);

std::int64_t day_of(WallTime time) { return std::chrono::duration_cast<std::chrono::days>(time.time_since_epoch()).count(); }

std::string signature(const crypto::Keyring& keyring, std::string_view account, std::string_view email, std::int64_t last_day, std::string_view url) {
  std::string signed_text;
  const auto day = std::to_string(last_day);
  for (const auto part : {account, email, std::string_view(day), url}) signed_text += std::to_string(part.size()) + ":" + std::string(part);
  return base64url_encode(keyring.pseudonym("remote image", signed_text).substr(0, 16));
}

struct Wanted {
  AccountId account{};
  EmailId email{};
  std::string url;
};

// "/imgproxy/ACCOUNT/EMAIL/DAY/SIGNATURE/URL". Refused: not ours, or its day is over.
Result<Wanted> read_path(const Services& services, std::string_view path) {
  path.remove_prefix(image_path.size());
  const auto parts = split(path, '/');
  const auto not_ours = [] { return fail(Errc::refused, "This address of an image was not made here"); };
  if (parts.size() != 5) return not_ours();
  const auto account = account_of(parts[0]);
  const auto email = store::email_id_of(parts[1]);
  std::int64_t last_day = 0;
  const auto [end, error] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), last_day);
  const auto url = base64url_decode(parts[4]);
  if (!account || !email || error != std::errc() || end != parts[2].data() + parts[2].size() || !url) return not_ours();
  if (!crypto::equal_constant_time(signature(services.keyring, parts[0], parts[1], last_day, *url), parts[3])) return not_ours();
  if (day_of(services.clock.now()) > last_day) return fail(Errc::refused, "This address of an image is too old; open the message again");
  return Wanted{*account, *email, *url};
}

bool is_redirect(unsigned status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

// Redirects are followed here, each as if somebody had named it anew.
Task<Result<http::FetchAnswer>> fetch_image(const ImageFetching& fetching, std::string url) {
  for (int hops = 0;; ++hops) {
    http::FetchOptions options{
        .ca_file = fetching.ca_file, .allow_private = fetching.allow_private, .clear_too = url.starts_with("http:"), .timeout = patience, .most = most_octets};
    http::FetchRequest request;
    request.url = std::move(url);
    request.fields = {{"Accept", "image/png, image/jpeg, image/gif, image/webp"}, {"User-Agent", "Mozilla/5.0 (compatible; Posthorn image proxy)"}};
    auto answer = co_await http::fetch(fetching.resolver, fetching.workers, std::move(options), std::move(request));
    if (!answer || !is_redirect(answer->status)) co_return answer;
    if (hops == most_redirects) co_return fail(Errc::refused, "it is passed on too often");
    if (answer->location.empty()) co_return fail(Errc::invalid, "it is passed on to nowhere");
    url = std::move(answer->location);
  }
}

// Whose message it is, while it is there.
std::optional<std::string> reader_of(const Services& services, const Wanted& wanted) {
  const auto view = services.store.view(wanted.account);
  const auto account = view.account();
  const auto email = view.email(wanted.email);
  if (!account || !account->enabled || !email || !*email) return std::nullopt;
  return account->name;
}

http::Response refusal(unsigned status, std::string_view why) {
  auto out = problem_response(status, "", why);
  for (auto& [name, value] : out.fields)
    if (name == "Cross-Origin-Resource-Policy") value = "cross-origin";
  return out;
}

}  // namespace

std::function<std::string(std::string_view)> image_urls(const Services& services, AccountId account, std::string_view email_id) {
  return [&services, account = account_text(account), email = std::string(email_id), last_day = day_of(services.clock.now()) + 1](std::string_view url) {
    if (url.size() > longest_url) return std::string();
    // The same all day, so that a browser may keep what it has seen.
    return std::string(image_path) + account + "/" + email + "/" + std::to_string(last_day) + "/" + signature(services.keyring, account, email, last_day, url) + "/" + base64url_encode(url);
  };
}

std::string image_source(const http::Request& request) {
  const auto host = request.field("host");
  const bool plain = !host.empty() && host.size() <= 300 && std::ranges::all_of(host, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(".-:[]").contains(c); });
  return plain ? "https://" + std::string(host) + std::string(image_path) : std::string();
}

std::string_view image_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

Task<http::Response> answer_image(Web& web, const http::Request& request) {
  const auto& services = web.services();
  if (services.images == nullptr) co_return refusal(404, "Remote images are not fetched here.");
  auto wanted = read_path(services, request.path);
  if (!wanted) co_return refusal(403, wanted.error().what + ".");
  const auto user = reader_of(services, *wanted);
  if (!user) co_return refusal(404, "There is no such message.");
  const auto place = web.take_place(wanted->account, Web::Kind::image);
  if (!place) co_return refusal(429, "Too many images at once.");
  auto answer = co_await fetch_image(*services.images, std::move(wanted->url));
  if (!answer) {
    services.log.info("image.not_fetched", {{"user", *user}, {"why", answer.error().what}});
    co_return refusal(answer.error().code == Errc::too_big ? 413 : answer.error().code == Errc::refused || answer.error().code == Errc::invalid ? 403 : 502, "The image cannot be fetched: " + answer.error().what + ".");
  }
  if (answer->status != 200) co_return refusal(502, "The image's server answered " + std::to_string(answer->status) + ".");
  const auto type = image_type(answer->body);
  if (type.empty()) co_return refusal(415, "What the server sent is no image that is shown.");
  http::Response response;
  response.body = std::move(answer->body);
  response.fields = {{"Content-Type", std::string(type)},
                     {"Content-Disposition", "inline"},
                     {"Content-Security-Policy", "default-src 'none'; sandbox"},
                     {"X-Content-Type-Options", "nosniff"},
                     // The frame of a message is of no origin.
                     {"Cross-Origin-Resource-Policy", "cross-origin"},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cache-Control", "private, max-age=86400, immutable"}};
  co_return response;
}

}  // namespace posthorn::jmap
