// jmap/web/files.cpp - uploads and downloads (RFC 8620 section 6).
// Security: what is downloaded was written by strangers: it never runs in our origin. Only types that cannot run anything are shown, all else
// is an attachment, and both under a policy that forbids everything (attacks.md D12, F8).
#include <algorithm>
#include <array>

#include "base/text.h"
#include "jmap/core/blobs.h"
#include "jmap/core/request.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {
namespace {

constexpr std::array<std::string_view, 6> shown_types = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"};

bool is_type(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < text.size() && text.size() <= 200 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("/.+-_!#$&^").contains(c);
         });
}

// rfc:6266#4.3, RFC 8187: any name, in ASCII.
std::string file_name_field(std::string_view name) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "filename*=UTF-8''";
  for (const char c : name.substr(0, 1024)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (plain) out += c;
    else out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

struct ReadWork {
  const store::Store* store = nullptr;
  AccountId account{};
  std::string blob_id;
  Result<std::optional<Blob>> operator()() const { return read_blob(*store, account, blob_id); }
};

}  // namespace

Task<http::Response> download(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  const auto absent = [] { return problem_response(404, "", "There is no such blob."); };
  const auto parts = split(rest, '/');
  std::string name, account;
  if (parts.size() != 3 || !http::decode_percent(parts[0], account) || !http::decode_percent(parts[2], name)) co_return absent();
  // Another's account and one that does not exist look the same (attacks.md F8).
  if (account_of(account) != visitor.login.account) co_return absent();
  ReadWork work{&web.services().store, visitor.login.account, std::string(parts[1])};
  auto blob = co_await web.services().store.workers().run(std::move(work));
  if (!blob) {
    web.services().log.error("jmap.blob_not_read", {{"user", visitor.login.name}, {"why", blob.error().text()}});
    co_return problem_response(500, "", "This cannot be read; the server's log says why.");
  }
  if (!*blob) co_return absent();
  auto type = exchange.request().parameter("type");
  if (!is_type(type)) type = "application/octet-stream";
  type = to_lower(type);
  const bool shown = std::ranges::find(shown_types, type) != shown_types.end();
  http::Response response;
  response.body = std::move((*blob)->bytes);
  if (type == "text/plain") type += "; charset=utf-8";
  response.fields = {{"Content-Type", type},
                     {"Content-Disposition", (shown ? "inline; " : "attachment; ") + file_name_field(name)},
                     {"Content-Security-Policy", type == "application/pdf" ? "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'" : "sandbox; default-src 'none'; style-src 'unsafe-inline'"},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Cross-Origin-Resource-Policy", "same-origin"},
                     {"Referrer-Policy", "no-referrer"},
                     // A blob never changes, but it may go.
                     {"Cache-Control", "private, max-age=86400"}};
  co_return response;
}

Task<http::Response> upload(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  const auto& services = web.services();
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (account_of(rest) != visitor.login.account) co_return problem_response(404, "", "There is no such account.");
  const auto place = web.take_place(visitor.login.account, Web::Kind::upload);
  if (!place) {
    Problem busy{400, "urn:ietf:params:jmap:error:limit", "at most " + std::to_string(services.limits.concurrent_upload) + " uploads at once", "maxConcurrentUpload"};
    co_return json_response(400, to_json(busy));
  }
  net::Share room(services.budget);
  auto body = co_await exchange.body(services.limits.upload, &room);
  if (!body && body.error().code == Errc::unavailable) {
    auto later = problem_response(503, "", "Too much is being received now; try again later.");
    later.close = true;
    co_return later;
  }
  if (!body) {
    Problem large{413, "urn:ietf:params:jmap:error:limit", body.error().what, "maxSizeUpload"};
    auto response = json_response(413, to_json(large));
    response.close = true;
    co_return response;
  }
  std::string type(exchange.request().field("content-type"));
  if (!is_type(std::string_view(type).substr(0, type.find(';')))) type = "application/octet-stream";
  const auto size = body->size();
  auto id = co_await keep_upload(services, visitor.login.account, std::move(*body), type);
  if (!id) {
    services.log.error("jmap.upload_not_kept", {{"user", visitor.login.name}, {"why", id.error().text()}});
    co_return problem_response(503, "", "This cannot be kept now; please try again.");
  }
  co_return json_response(201, {{"accountId", account_text(visitor.login.account)}, {"blobId", *id}, {"type", type}, {"size", size}});
}

}  // namespace posthorn::jmap
