#include "mail/html/links.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t longest_link = 8192, largest_picture = 2u << 20;
constexpr auto pictures = std::to_array<std::string_view>({"data:image/gif;base64,", "data:image/jpeg;base64,", "data:image/png;base64,", "data:image/webp;base64,"});
constexpr auto usual_endings = std::to_array<std::string_view>({"app", "bank", "biz", "com", "dev", "edu", "example", "gov", "info", "int", "mil", "net", "online", "org", "shop", "test"});
constexpr auto file_endings = std::to_array<std::string_view>({"ai", "cc", "gz", "hs", "js", "md", "mk", "pl", "ps", "py", "rb", "rs", "sh", "so", "ts", "xz"});

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

std::optional<std::string> host_shown(std::string_view text) {
  text = trim(text);
  const auto scheme = text.find("://");
  const bool whole = scheme != text.npos;
  if (whole) text.remove_prefix(scheme + 3);
  else if (text.find_first_of(" \t\r\n@") != text.npos) return std::nullopt;
  auto host = to_lower(text.substr(0, text.find_first_of(" \t\r\n/?#:,;)]>\"'")));
  while (host.ends_with('.')) host.pop_back();
  const auto dot = host.rfind('.');
  if (dot == host.npos || dot == 0 || host.contains("..") || host.starts_with('.')) return std::nullopt;
  if (!std::ranges::all_of(host, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80; })) return std::nullopt;
  const auto last = std::string_view(host).substr(dot + 1);
  // "report.pdf" and "main.rs" are names of files.
  const bool country = last.size() == 2 && std::ranges::find(file_endings, last) == file_endings.end();
  if (!whole && !host.starts_with("www.") && !country && std::ranges::find(usual_endings, last) == usual_endings.end()) return std::nullopt;
  return host;
}

bool is_inline_picture(std::string_view src) {
  const auto kind = std::ranges::find_if(pictures, [src](std::string_view prefix) { return equal_icase(src.substr(0, prefix.size()), prefix); });
  if (kind == pictures.end() || src.size() > largest_picture) return false;
  return std::ranges::all_of(src.substr(kind->size()), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='; });
}

}  // namespace posthorn::mail::html
