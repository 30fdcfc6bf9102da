#include "jmap/mail/leaving.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "http/fetch.h"
#include "jmap/mail/evidence.h"
#include "jmap/mail/header_property.h"
#include "mail/message_ids.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::string_view unsubscribe = "list-unsubscribe", post = "list-unsubscribe-post";

std::vector<std::string> values_of(const mail::Message& message, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& field : message.root().fields)
    if (equal_icase(trim(field.name), name)) out.push_back(mail::unfolded(field.value));
  return out;
}

// rfc:2369#2 "<mailto:a@b>, <https://c>" with comments between; white space inside the brackets is of no account.
std::vector<std::string> urls_in(const std::string& value) {
  std::vector<std::string> out;
  for (const auto id : mail::message_ids(value)) {
    std::string url;
    for (const char c : id)
      if (c != ' ' && c != '\t') url += c;
    out.push_back(std::move(url));
  }
  return out;
}

bool is_of(std::string_view url, std::string_view scheme) { return equal_icase(url.substr(0, scheme.size()), scheme); }

const std::string* first_of(const std::vector<std::string>& urls, std::string_view scheme) {
  const auto found = std::ranges::find_if(urls, [scheme](const std::string& url) { return is_of(url, scheme); });
  return found == urls.end() ? nullptr : &*found;
}

bool names(const json::object& signature, std::string_view field) {
  const auto* list = signature.if_contains("signed_fields");
  if (list == nullptr || !list->is_array()) return false;
  return std::ranges::any_of(list->get_array(), [field](const json::value& one) { return one.is_string() && std::string_view(one.get_string()) == field; });
}

// The domain of a signature that held and covers both fields; empty: there is none.
std::string covered_by(const json::object& evidence) {
  for (const auto* signature : signatures_of(evidence)) {
    const auto domain = text_at(*signature, "domain");
    if (text_at(*signature, "result") == "pass" && !domain.empty() && names(*signature, unsubscribe) && names(*signature, post)) return std::string(domain);
  }
  return {};
}

// What of "mailto:a@b?subject=c" is the address.
std::string address_in(std::string_view url) {
  url.remove_prefix(std::min(url.size(), std::string_view("mailto:").size()));
  return clean_utf8(url.substr(0, url.find('?')));
}

// The host as fetch() would ask it; empty: it would not.
std::string host_of(const std::string& url) {
  http::FetchOptions anywhere;
  anywhere.allow_private = true;  // fetch() looks at the addresses once more, by what is configured
  const auto target = http::check_url(url, anywhere);
  return target ? target->host : std::string();
}

// rfc:8058#3.1, #3.2
std::string why_not_one_click(const std::vector<std::string>& fields, const std::vector<std::string>& posts, const json::object* evidence, Leaving& out) {
  if (fields.size() != 1 || posts.size() != 1) return "It has more than one List-Unsubscribe or List-Unsubscribe-Post field.";
  if (!equal_icase(trim(posts.front()), "List-Unsubscribe=One-Click")) return "Its List-Unsubscribe-Post field is not as RFC 8058 has it.";
  if (evidence == nullptr || !evidence->contains("judgement")) return "Its signatures were not checked when it came.";
  out.signed_by = covered_by(*evidence);
  if (out.signed_by.empty()) return "No signature that held covers List-Unsubscribe and List-Unsubscribe-Post.";
  return {};
}

}  // namespace

Leaving leaving_of(const mail::Message& message, const json::object* evidence) {
  Leaving out;
  const auto fields = values_of(message, unsubscribe), posts = values_of(message, post);
  if (fields.empty()) return out;
  const auto urls = urls_in(fields.front());
  const auto* page = first_of(urls, "https:");
  const auto* letter = first_of(urls, "mailto:");
  const auto host = page != nullptr ? host_of(*page) : std::string();
  if (!posts.empty()) {
    out.why_not = host.empty() ? "It names no https address that can be asked." : why_not_one_click(fields, posts, evidence, out);
    if (out.why_not.empty()) {
      out.how = Leaving::How::one_click;
      out.url = *page;
      out.to = host;
      return out;
    }
  }
  // rfc:2369#2 the leftmost that can be used is meant.
  if (letter != nullptr && (host.empty() || letter < page)) {
    out.how = Leaving::How::mail;
    out.url = *letter;
    out.to = address_in(*letter);
  } else if (!host.empty()) {
    out.how = Leaving::How::page;
    out.url = *page;
    out.to = host;
  }
  return out;
}

json::object leaving_json(const Leaving& leaving) {
  constexpr std::array<std::string_view, 4> names = {"none", "page", "mail", "oneClick"};
  const auto text = [](const std::string& value) { return value.empty() ? json::value(nullptr) : json::value(clean_utf8(value)); };
  return {{"how", json::string(names[static_cast<std::size_t>(leaving.how)])}, {"url", text(leaving.url)}, {"to", text(leaving.to)}, {"signedBy", text(leaving.signed_by)}, {"whyNot", text(leaving.why_not)}};
}

}  // namespace posthorn::jmap
