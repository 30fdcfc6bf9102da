#include "mail/html/style.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t longest_value = 200, most_declarations = 60;

constexpr auto properties = std::to_array<std::string_view>(
    {"background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-left-radius", "border-bottom-right-radius", "border-bottom-style", "border-bottom-width",
     "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right", "border-right-color", "border-right-style",
     "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color", "border-top-left-radius", "border-top-right-radius", "border-top-style", "border-top-width",
     "border-width", "box-sizing", "caption-side", "clear", "color", "direction", "display", "float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
     "letter-spacing", "line-height", "list-style", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width",
     "opacity", "overflow", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent",
     "text-transform", "vertical-align", "visibility", "white-space", "width", "word-break", "word-spacing", "word-wrap"});
constexpr auto functions = std::to_array<std::string_view>({"hsl", "hsla", "rgb", "rgba"});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Every '(' belongs to a colour, every quote ends, no '/' begins a comment, and all else is plain.
bool is_plain(std::string_view value) {
  if (value.empty() || value.size() > longest_value) return false;
  char quote = '\0';
  bool open = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      else if (!is_letter(c) && !is_digit(c) && !std::string_view(" -_.").contains(c)) return false;
      continue;
    }
    if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      auto from = i;
      while (from > 0 && (is_letter(value[from - 1]) || value[from - 1] == '-')) --from;
      if (open || !std::ranges::binary_search(functions, to_lower(value.substr(from, i - from)))) return false;
      open = true;
    } else if (c == ')') {
      if (!open) return false;
      open = false;
    } else if (c == '/') {
      if (i + 1 < value.size() && (value[i + 1] == '*' || value[i + 1] == '/')) return false;
    } else if (!is_letter(c) && !is_digit(c) && !std::string_view(" ,.%#-+!").contains(c)) {
      return false;
    }
  }
  return quote == '\0' && !open;
}

}  // namespace

bool is_color(std::string_view value) {
  if (value.size() > 40) return false;
  const bool word = !value.empty() && std::ranges::all_of(value, is_letter);
  const bool hash = value.starts_with('#') && value.size() > 3 && std::ranges::all_of(value.substr(1), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  return word || hash || (value.contains('(') && is_plain(value));
}

bool is_font_list(std::string_view value) { return is_plain(value) && !value.contains('('); }

std::string clean_style(std::string_view style) {
  std::string out;
  std::size_t count = 0;
  // A backslash or a comment may make ends of declarations where we see none: nothing of such a style is kept.
  if (style.contains('\\') || style.contains("/*") || style.contains('<')) return out;
  for (const auto declaration : split(style, ';')) {
    if (++count > most_declarations) break;
    const auto colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = to_lower(trim(declaration.substr(0, colon)));
    const auto value = trim(declaration.substr(colon + 1));
    if (!std::ranges::binary_search(properties, name) || !is_plain(value)) continue;
    if (!out.empty()) out += ';';
    out += name + ":" + std::string(value);
  }
  return out;
}

}  // namespace posthorn::mail::html
