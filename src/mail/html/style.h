// mail/html/style.h - the declarations of a style attribute that may be shown (attacks.md F2): known properties with plain values. No url(), no
// functions but colours, no escapes, comments, positions, variables or content. Pure; inside mail only.
#pragma once

#include <string>
#include <string_view>

namespace posthorn::mail::html {

// "color:red;margin:0" of those that are good; may be empty.
std::string clean_style(std::string_view style);
// "#fff", "red", "rgb(1,2,3)".
bool is_color(std::string_view value);
bool is_font_list(std::string_view value);

}  // namespace posthorn::mail::html
