// mail/html/links.h - where links and images of a message lead, read as browsers read them. Pure; inside mail only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthorn::mail::html {

struct Link {
  std::string url;
  std::string host;  // to be told to the reader; empty of mailto
};
// http, https and mailto only; nothing for anything else, also for addresses relative to nowhere.
std::optional<Link> read_link(std::string_view href);
// The host that the text of a link shows: of a URL in it, or if it is a host name itself, in lower case. Nothing: it shows none.
std::optional<std::string> host_shown(std::string_view text);
// A picture in the message's own text: "data:image/png;base64,..." of the safe kinds.
bool is_inline_picture(std::string_view src);

}  // namespace posthorn::mail::html
