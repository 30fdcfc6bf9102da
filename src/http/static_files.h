// http/static_files.h - the webmail as it was built into the binary: files of web/dist, each with its Brotli form (cmake/embed.cmake). Without
// web/dist there is one plain page instead. Pure; the shell turns a FileAnswer into a response.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthorn::http {

struct StaticFile {
  std::string_view path;    // "/app/main-1f2e3d.js"
  std::string_view type;    // Content-Type
  std::string_view etag;    // a strong validator's opaque part
  std::string_view bytes;
  std::string_view brotli;  // empty: there is no such form
};

// What was embedded, sorted by path.
std::span<const StaticFile> embedded_files();

// The file for the path of a request, without query: "/" and the addresses within the webmail (/mail/..., /search/..., /settings/...,
// /contacts/...) are its page. nullptr: there is none.
const StaticFile* find_static(std::span<const StaticFile> files, std::string_view path);

struct FileAnswer {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> fields;
  std::string_view body;  // of HEAD: to be left out, its length told
};

// rfc:9110#8.8.3, 12.5.3, 13.1.2: a client that has it already gets 304; one that takes br gets that.
FileAnswer answer_static(const StaticFile& file, std::string_view accept_encoding, std::string_view if_none_match);

// hardening.md 5.10: header fields of every response, and those of pages and scripts beside them.
std::span<const std::pair<std::string_view, std::string_view>> fields_of_all();
std::string_view content_security_policy();

}  // namespace posthorn::http
