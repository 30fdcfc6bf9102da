#include "mail/html/rebuild.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/text.h"
#include "mail/html/links.h"
#include "mail/html/style.h"
#include "mail/html/tokens.h"
#include "mail/likeness.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t deepest = 200, longest_link_text = 500;

constexpr auto shown = std::to_array<std::string_view>(
    {"a",      "abbr",   "address", "article", "aside", "b",  "bdi",  "bdo",   "big",    "blockquote", "br", "caption", "center",  "cite", "code", "col", "colgroup", "dd",
     "del",    "dfn",    "div",     "dl",      "dt",    "em", "figcaption", "figure", "font", "footer", "h1", "h2",     "h3",      "h4",   "h5",   "h6",  "header",   "hr",
     "i",      "img",    "ins",     "kbd",     "li",    "main", "mark", "nav",  "ol",     "p",          "pre", "q",     "s",       "samp", "section", "small", "span", "strike",
     "strong", "sub",    "sup",     "table",   "tbody", "td", "tfoot", "th",    "thead",  "time",       "tr", "tt",     "u",       "ul",   "var",  "wbr"});
constexpr auto empty_elements = std::to_array<std::string_view>({"br", "col", "hr", "img", "wbr"});
// What is between their tags is no markup (13.2.5.1), or not for readers.
constexpr auto raw = std::to_array<std::string_view>({"iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"});
// All within them is left out, whatever it is: browsers parse it by other rules.
constexpr auto dropped = std::to_array<std::string_view>({"audio", "canvas", "frameset", "math", "noscript", "object", "select", "svg", "template", "video"});

template <std::size_t Count>
bool is_one(const std::array<std::string_view, Count>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '`': out += "&#96;"; break;
      default: out += c;
    }
  }
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_'; }

// "12", "12.5", "100%", "+1", "12px".
bool is_length(std::string_view value) {
  if (value.starts_with('+') || value.starts_with('-')) value.remove_prefix(1);
  if (value.ends_with('%')) value.remove_suffix(1);
  else if (value.size() > 2 && equal_icase(value.substr(value.size() - 2), "px")) value.remove_suffix(2);
  return !value.empty() && value.size() <= 7 && is_digit(value.front()) && std::ranges::all_of(value, [](char c) { return is_digit(c) || c == '.'; });
}
bool is_count(std::string_view value) { return !value.empty() && value.size() <= 3 && std::ranges::all_of(value, is_digit); }
bool is_keyword(std::string_view value) { return !value.empty() && value.size() <= 35 && std::ranges::all_of(value, is_word); }
bool is_anything(std::string_view value) { return value.size() <= 2000; }

struct Rule {
  std::string_view name;
  bool (*good)(std::string_view);
};
constexpr auto rules = std::to_array<Rule>({{"align", is_keyword},       {"alt", is_anything},     {"bgcolor", is_color},   {"border", is_length},  {"cellpadding", is_length}, {"cellspacing", is_length},
                                            {"color", is_color},         {"colspan", is_count},    {"dir", is_keyword},     {"face", is_font_list}, {"height", is_length},      {"lang", is_keyword},
                                            {"rowspan", is_count},       {"size", is_length},      {"start", is_count},     {"title", is_anything}, {"type", is_keyword},       {"valign", is_keyword},
                                            {"value", is_count},         {"width", is_length}});

// What an opening tag closes, if it is open within the nearest of the bounds (13.2.6.4.7, 13.2.6.4.9-15).
struct Implied {
  std::vector<std::string_view> openers, closes, bounds;
};
const std::vector<Implied>& implied() {
  static const std::vector<Implied> all = {
      {{"li"}, {"li"}, {"ul", "ol", "table"}},
      {{"dt", "dd"}, {"dt", "dd"}, {"dl", "table"}},
      {{"td", "th"}, {"td", "th"}, {"tr", "table"}},
      {{"tr"}, {"tr", "td", "th"}, {"tbody", "thead", "tfoot", "table"}},
      {{"tbody", "thead", "tfoot"}, {"tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup"}, {"table"}},
      {{"a"}, {"a"}, {"td", "th", "table"}},
      {{"address", "article", "aside", "blockquote", "center", "div", "dl", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul", "figure"},
       {"p"}, {"td", "th", "table", "li", "div", "blockquote", "section", "article"}},
  };
  return all;
}

class Builder {
 public:
  Builder(std::string_view html, const Options& options) : tokens_(html), options_(options) {}

  Rebuilt run() {
    while (const auto token = tokens_.next()) {
      if (out_.html.size() > options_.most) {
        out_.cut = true;
        break;
      }
      take(*token);
    }
    while (!open_.empty()) close_top();
    return std::move(out_);
  }

 private:
  void take(const Token& token) {
    if (!inside_.empty()) return take_dropped(token);
    switch (token.kind) {
      case Token::Kind::text:
        out_.html += escaped(token.text);
        if (!link_host_.empty() && link_text_.size() < longest_link_text) link_text_ += token.text;
        break;
      case Token::Kind::open: open(token); break;
      case Token::Kind::close: close(token.name == "body" ? "div" : token.name); break;
    }
  }

  // Within an element that is left out: only its own tags count.
  void take_dropped(const Token& token) {
    if (token.kind == Token::Kind::open && is_one(raw, token.name)) tokens_.skip_raw(token.name);
    if (token.name != inside_) return;
    if (token.kind == Token::Kind::open) ++depth_inside_;
    if (token.kind == Token::Kind::close && --depth_inside_ == 0) inside_.clear();
  }

  void open(const Token& token) {
    if (is_one(raw, token.name)) return tokens_.skip_raw(token.name);
    if (is_one(dropped, token.name)) {
      inside_ = token.name;
      depth_inside_ = 1;
      return;
    }
    // A message's body is a box within ours.
    const std::string_view name = token.name == "body" ? std::string_view("div") : std::string_view(token.name);
    if (!is_one(shown, name)) return;
    for (const auto& rule : implied())
      if (std::ranges::find(rule.openers, name) != rule.openers.end()) close_implied(rule);
    const bool empty = is_one(empty_elements, name);
    if (!empty && open_.size() >= deepest) return;
    if (name == "a") link_host_.clear();
    out_.html += "<" + std::string(name);
    attributes(token, name);
    out_.html += ">";
    if (!empty) open_.emplace_back(name);
  }

  void close_top() {
    out_.html += "</" + open_.back() + ">";
    const bool link = open_.back() == "a";
    open_.pop_back();
    if (link) tell_link();
  }
  // In colours of our own, so that the sender's do not hide it.
  void tell_link() {
    const auto shown_host = link_host_.empty() ? std::nullopt : host_shown(link_text_);
    const auto host = link_host_.substr(0, link_host_.rfind(':'));
    if (shown_host && !same_organization(*shown_host, host))
      out_.html += R"(<small style="color:#5c3700;background-color:#fff1d6;font-size:12px"> [)" + std::string("\u2192 ") + escaped(link_host_) + "]</small>";
    link_host_.clear();
  }
  void close(const std::string& name) {
    if (std::ranges::find(open_, name) == open_.end()) return;
    while (open_.back() != name) close_top();
    close_top();
  }
  void close_implied(const Implied& rule) {
    std::size_t keep = open_.size();
    for (std::size_t i = open_.size(); i > 0; --i) {
      if (std::ranges::find(rule.closes, open_[i - 1]) != rule.closes.end()) keep = i - 1;
      if (std::ranges::find(rule.bounds, open_[i - 1]) != rule.bounds.end()) break;
    }
    while (open_.size() > keep) close_top();
  }

  void put(std::string_view name, std::string_view value) { out_.html += " " + std::string(name) + "=\"" + escaped(value) + "\""; }

  void attributes(const Token& token, std::string_view element) {
    std::set<std::string_view> seen;
    for (const auto& [name, value] : token.attributes) {
      if (!seen.insert(name).second) continue;
      if (name == "style") {
        if (const auto style = clean_style(value); !style.empty()) {
          put("style", style);
          // "color", "background-color", "border-color"...
          out_.has_colors = out_.has_colors || style.contains("color") || style.contains("background");
        }
      } else if (name == "href" && element == "a") {
        link(value);
      } else if (name == "src" && element == "img") {
        picture(value);
      } else if (name == "id" || (name == "name" && element == "a")) {
        if (const auto id = own_id(value); is_keyword(id) && seen.insert("id ").second) put("id", id);
      } else if (name != "title" || element != "a") {
        const auto rule = std::ranges::find(rules, name, &Rule::name);
        if (rule == rules.end() || !rule->good(value)) continue;
        put(name, trim(value));
        out_.has_colors = out_.has_colors || name == "bgcolor" || name == "color";
      }
    }
  }

  // Names of the message's own, so that it cannot take one of ours.
  static std::string own_id(const std::string& id) { return id.starts_with("m-") ? id : "m-" + id; }

  // The reader is told the true host; the sender's own title is not kept.
  void link(const std::string& href) {
    if (href.starts_with('#')) {
      if (const auto id = own_id(href.substr(1)); is_keyword(id)) put("href", "#" + id);
      return;
    }
    const auto found = read_link(href);
    if (!found) return;
    put("href", found->url);
    out_.html += R"( target="_blank" rel="noopener noreferrer")";
    if (!found->host.empty()) put("title", found->host);
    if (options_.tell_links) {
      link_host_ = found->host;
      link_text_.clear();
    }
  }

  void picture(const std::string& src) {
    const auto plain = trim(src);
    std::string url;
    if (plain.size() > 4 && equal_icase(plain.substr(0, 4), "cid:")) {
      if (options_.part) url = options_.part(plain.substr(4));
    } else if (is_inline_picture(plain)) {
      url = plain;
    } else {
      // "//host/..." takes the scheme of a page that there is not.
      const auto found = read_link(plain.starts_with("//") ? "https:" + std::string(plain) : std::string(plain));
      if (found && !found->host.empty()) {
        out_.has_remote = true;
        if (options_.remote) url = options_.remote(found->url);
      }
    }
    if (!url.empty()) put("src", url);
  }

  Tokens tokens_;
  const Options& options_;
  Rebuilt out_;
  std::vector<std::string> open_;
  std::string link_host_, link_text_;  // of the link that is open, where it is to be told
  std::string inside_;            // the element that is being left out
  std::size_t depth_inside_ = 0;
};

}  // namespace

Rebuilt rebuild(std::string_view html, const Options& options) { return Builder(html, options).run(); }

std::string document(const Rebuilt& rebuilt, Theme theme) {
  const bool dark = theme == Theme::dark, turned = dark && rebuilt.has_colors;
  std::string out = "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title></title><style>";
  // Colours of its own were chosen for a white ground: all are turned round together, so that they still fit each other, but no picture is.
  if (turned) out += ":root{color-scheme:light;background:#fff;filter:invert(.91) hue-rotate(180deg)}img{filter:invert(1) hue-rotate(180deg)}body{color:#1b1f1d}";
  else out += dark ? ":root{color-scheme:dark}body{background:#181c1a;color:#e4e8e5}a{color:#8fc7b1}" : ":root{color-scheme:light}body{background:#fff;color:#1b1f1d}";
  out += "body{margin:0;padding:.25rem;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}";
  // Newsletters are drawn for 600 pixels; where there is less, they take what there is instead of being cut off.
  out += "@media(max-width:620px){table{width:100%!important}td,th{width:auto!important;min-width:0!important}}";
  out += "blockquote{margin:.5rem 0;padding-left:.75rem;border-left:3px solid #9aa39e}</style></head><body>";
  return out + rebuilt.html + "</body></html>\n";
}

}  // namespace posthorn::mail::html
