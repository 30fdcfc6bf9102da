#include "http/static_files.h"

#include <algorithm>
#include <array>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::http {
namespace {

constexpr std::string_view pages[] = {"/mail", "/search", "/settings", "/contacts"};

bool is_page(std::string_view path) {
  return path == "/" || std::ranges::any_of(pages, [path](std::string_view page) { return path == page || (path.starts_with(page) && path[page.size()] == '/'); });
}

const StaticFile* exactly(std::span<const StaticFile> files, std::string_view path) {
  const auto found = std::ranges::lower_bound(files, path, {}, &StaticFile::path);
  return found == files.end() || found->path != path ? nullptr : &*found;
}

// rfc:9110#12.4.2 a weight of 0, in any of its spellings, means "not acceptable".
bool is_zero(std::string_view weight) { return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos; }

// rfc:9110#12.5.3 by name, or by "*".
bool takes_brotli(std::string_view accept_encoding) {
  bool any = false;
  for (const auto one : split(accept_encoding, ',')) {
    const auto parts = split(one, ';');
    const auto name = trim(parts.front());
    bool refused = false;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto parameter = trim(parts[i]);
      if (parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') refused = is_zero(parameter.substr(2));
    }
    if (equal_icase(name, "br")) return !refused;
    if (name == "*") any = !refused;
  }
  return any;
}

// rfc:9110#13.1.2 a list, or "*"; compared weakly.
bool matches(std::string_view if_none_match, std::string_view quoted) {
  if (trim(if_none_match) == "*") return true;
  for (auto one : split(if_none_match, ',')) {
    one = trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == quoted) return true;
  }
  return false;
}

}  // namespace

const StaticFile* find_static(std::span<const StaticFile> files, std::string_view path) {
  if (const auto* file = exactly(files, path)) return file;
  return is_page(path) ? exactly(files, "/index.html") : nullptr;
}

FileAnswer answer_static(const StaticFile& file, std::string_view accept_encoding, std::string_view if_none_match) {
  FileAnswer out;
  const bool packed = !file.brotli.empty() && takes_brotli(accept_encoding);
  // rfc:9110#8.8.3.3 each encoding of a resource has an entity tag of its own.
  const std::string tag = "\"" + std::string(file.etag) + (packed ? "-br\"" : "\"");
  out.fields.emplace_back("ETag", tag);
  // Files below /app/ carry a hash of their content in their names.
  out.fields.emplace_back("Cache-Control", file.path.starts_with("/app/") ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.brotli.empty()) out.fields.emplace_back("Vary", "Accept-Encoding");
  if (file.type.starts_with("text/html")) out.fields.emplace_back("Content-Security-Policy", content_security_policy());
  if (!if_none_match.empty() && matches(if_none_match, tag)) {
    out.status = 304;
    return out;
  }
  out.fields.emplace_back("Content-Type", file.type);
  if (packed) out.fields.emplace_back("Content-Encoding", "br");
  out.body = packed ? file.brotli : file.bytes;
  return out;
}

std::span<const std::pair<std::string_view, std::string_view>> fields_of_all() {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> fields{{
      {"Strict-Transport-Security", "max-age=63072000"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Frame-Options", "DENY"},
  }};
  return fields;
}

std::string_view content_security_policy() {
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-src 'self' blob:; font-src 'self'; "
         "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
}

}  // namespace posthorn::http
