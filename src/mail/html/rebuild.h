// mail/html/rebuild.h - the HTML of a message rebuilt from an allow list (attacks.md F2, D10), to be shown in a sandboxed frame. Nothing of the
// input is passed through: tags, attributes and declarations that are known to be harmless are written anew, all text and every value escaped.
// Pure. Called by jmap/web/body.
// Security: hostile bytes. Linear, no recursion, at most 200 elements deep, output at most Options::most. Elements that browsers parse by
// rules of their own (svg, math, style, template, select, noscript...) never come out, so a browser reads the result as it was written.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace posthorn::mail::html {

struct Options {
  // What an <img> of "cid:..." shows: a URL for it, or nothing to leave it out.
  std::function<std::string(std::string_view content_id)> part = {};
  // What a remote image shows (https or http URL); nothing to leave it out. Absent: all are left out.
  std::function<std::string(std::string_view url)> remote = {};
  std::size_t most = 4u << 20;
  // Behind a link whose text shows another host than it leads to, that host is told.
  bool tell_links = false;
};

struct Rebuilt {
  std::string html;
  bool has_remote = false;  // there are remote images, shown or not
  bool cut = false;         // over Options::most
  bool has_colors = false;  // it chooses some itself
};

// `html` in UTF-8.
Rebuilt rebuild(std::string_view html, const Options& options = {});

enum class Theme : unsigned char { light, dark };
// The page of the frame.
std::string document(const Rebuilt& rebuilt, Theme theme);

}  // namespace posthorn::mail::html
