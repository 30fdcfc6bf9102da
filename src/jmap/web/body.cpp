#include "jmap/web/body.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/static_files.h"
#include "jmap/core/blobs.h"
#include "jmap/web/images.h"
#include "jmap/web/web.h"
#include "mail/message.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t most_pictures = 8u << 20;  // octets put into one page
constexpr auto picture_types = std::to_array<std::string_view>({"gif", "jpeg", "png", "webp"});

// Messages within the message are read on their own.
bool is_own(const mail::Message& message, const mail::Part& part) {
  for (int up = part.parent; up >= 0; up = message.parts[static_cast<std::size_t>(up)].parent)
    if (message.parts[static_cast<std::size_t>(up)].is_message()) return false;
  return true;
}

const mail::Part* text_part(const mail::Message& message, std::string_view subtype) {
  const auto found = std::ranges::find_if(message.parts, [&](const mail::Part& part) {
    return part.type == "text" && part.subtype == subtype && part.disposition != "attachment" && part.children.empty() && is_own(message, part);
  });
  return found == message.parts.end() ? nullptr : &*found;
}

// rfc:2392#2 a Content-ID without its brackets, percent-encoded.
std::string picture_url(const mail::Message& message, std::string_view cid, std::size_t& left) {
  std::string wanted;
  if (!http::decode_percent(cid, wanted)) return {};
  wanted = "<" + wanted + ">";
  for (const auto& part : message.parts) {
    if (part.type != "image" || trim(part.content_id) != wanted || std::ranges::find(picture_types, part.subtype) == picture_types.end()) continue;
    const auto bytes = mail::decoded_body(message, part);
    if (bytes.size() > left) return {};
    left -= bytes.size();
    return "data:image/" + part.subtype + ";base64," + base64_encode(bytes);
  }
  return {};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

std::string as_html(std::string_view text) { return "<pre>" + escaped(text) + "</pre>"; }

// Who wrote to whom and when, for paper. Fields as they were written.
std::string head_for_paper(const mail::Message& message) {
  std::string out;
  for (const auto* name : {"Subject", "From", "To", "Cc", "Date"})
    for (const auto& field : message.root().fields)
      if (equal_icase(trim(field.name), name)) out += std::string("<div><b>") + name + ":</b> " + escaped(mail::decode_words(mail::unfolded(field.value))) + "</div>";
  return out + "<hr>";
}

struct PageWork {
  const store::Store* store = nullptr;
  AccountId account{};
  std::string id;
  mail::html::Theme theme = mail::html::Theme::light;
  Purpose purpose = Purpose::reading;
  std::function<std::string(std::string_view)> remote = {};
  Result<std::optional<std::string>> operator()() const { return body_page(*store, account, id, theme, purpose, remote); }
};

}  // namespace

Result<std::optional<std::string>> body_page(const store::Store& store, AccountId account, std::string_view email_id, mail::html::Theme theme, Purpose purpose,
                                             const std::function<std::string(std::string_view url)>& remote) {
  if (!email_id.starts_with('M') || email_id.contains('-')) return std::optional<std::string>();
  TRY_ASSIGN(const auto blob, read_blob(store, account, "B" + std::string(email_id)));
  if (!blob) return std::optional<std::string>();
  const auto message = mail::parse(blob->bytes);
  mail::html::Options options;
  std::size_t left = most_pictures;
  // The pictures are let in beside the limit on markup.
  options.most += most_pictures * 2;
  options.part = [&message, &left](std::string_view cid) { return picture_url(message, cid, left); };
  options.remote = remote;
  options.tell_links = purpose == Purpose::reading;
  const auto* html = text_part(message, "html");
  const auto* plain = html == nullptr ? text_part(message, "plain") : nullptr;
  const auto source = html != nullptr ? mail::text_of(message, *html) : plain != nullptr ? as_html(mail::text_of(message, *plain)) : std::string();
  auto rebuilt = mail::html::rebuild(source, options);
  if (purpose == Purpose::printing) rebuilt.html.insert(0, head_for_paper(message));
  return std::optional<std::string>(mail::html::document(rebuilt, theme));
}

std::string body_policy(Purpose purpose, std::string_view images) {
  const auto* frame = purpose == Purpose::printing ? "sandbox allow-same-origin allow-modals" : "sandbox allow-popups allow-popups-to-escape-sandbox";
  return "default-src 'none'; img-src data:" + std::string(images.empty() ? "" : " ") + std::string(images) + "; style-src 'unsafe-inline'; " + frame +
         "; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";
}

Task<http::Response> message_body(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  const auto slash = rest.find('/');
  const auto account = slash == std::string_view::npos ? std::nullopt : account_of(rest.substr(0, slash));
  const bool mine = account && *account == visitor.login.account;
  PageWork work{&web.services().store, visitor.login.account, mine ? std::string(rest.substr(slash + 1)) : std::string()};
  if (exchange.request().parameter("print") == "1") work.purpose = Purpose::printing;
  else if (exchange.request().parameter("dark") == "1") work.theme = mail::html::Theme::dark;
  const auto purpose = work.purpose;
  std::string images;
  if (exchange.request().parameter("images") == "1") {
    work.remote = image_urls(web.services(), visitor.login.account, work.id);
    // The frame is of no origin, so that 'self' would be nobody.
    images = image_source(exchange.request());
  }
  auto page = co_await web.services().store.workers().run(std::move(work));
  if (!page || !*page) {
    if (!page) web.services().log.error("jmap.body_not_read", {{"user", visitor.login.name}, {"why", page.error().text()}});
    co_return page ? problem_response(404, "", "There is no such message.") : problem_response(500, "", "This cannot be read; the server's log says why.");
  }
  http::Response response;
  response.body = std::move(**page);
  response.fields = {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Security-Policy", body_policy(purpose, images)}, {"X-Frame-Options", "SAMEORIGIN"}, {"Cache-Control", "private, no-cache"}};
  for (const auto& [name, value] : http::fields_of_all())
    if (name != "X-Frame-Options") response.fields.emplace_back(name, value);
  co_return response;
}

}  // namespace posthorn::jmap
