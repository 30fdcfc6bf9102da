#include "mail/html/links.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t longest_link = 8192, largest_picture = 2u << 20;
constexpr auto pictures = std::to_array<std::string_view>({"data:image/gif;base64,", "data:image/jpeg;base64,", "data:image/png;base64,", "data:image/webp;base64,"});

// WHATWG URL 4.4: browsers leave out tabs and line ends anywhere, and controls and spaces at both ends.
std::string as_browsers_read(std::string_view href) {
  std::string out;
  for (const char c : href)
    if (c != '\t' && c != '\n' && c != '\r') out += c;
  while (!out.empty() && static_cast<unsigned char>(out.front()) <= ' ') out.erase(0, 1);
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.pop_back();
  return out;
}

bool is_in_url(char c) { return static_cast<unsigned char>(c) > ' ' && !std::string_view("\\\"<>`{}|^").contains(c); }

std::string host_of(std::string_view rest) {
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  // The host is what stands after the last '@', whatever stands before it.
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  return to_lower(authority);
}

}  // namespace

std::optional<Link> read_link(std::string_view href) {
  if (href.size() > longest_link) return std::nullopt;
  auto url = as_browsers_read(href);
  for (auto space = url.find(' '); space != std::string::npos; space = url.find(' ', space)) url.replace(space, 1, "%20");
  if (!std::ranges::all_of(url, is_in_url)) return std::nullopt;
  const auto colon = url.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto scheme = to_lower(std::string_view(url).substr(0, colon));
  const auto rest = std::string_view(url).substr(colon + 1);
  if (scheme == "mailto") return Link{"mailto:" + std::string(rest), {}};
  if ((scheme != "http" && scheme != "https") || !rest.starts_with("//")) return std::nullopt;
  auto host = host_of(rest.substr(2));
  if (host.empty()) return std::nullopt;
  return Link{scheme + ":" + std::string(rest), std::move(host)};
}

bool is_inline_picture(std::string_view src) {
  const auto kind = std::ranges::find_if(pictures, [src](std::string_view prefix) { return equal_icase(src.substr(0, prefix.size()), prefix); });
  if (kind == pictures.end() || src.size() > largest_picture) return false;
  return std::ranges::all_of(src.substr(kind->size()), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='; });
}

}  // namespace posthorn::mail::html
