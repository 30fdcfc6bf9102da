// mail/parameters.cpp - parameter lists with the continuations, charsets and percent signs of RFC 2231.
// Security: at most `limit` parameters are kept, so the quadratic looks for duplicates are bounded by limit squared.
#include "mail/parameters.h"

#include <algorithm>

#include "base/text.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

constexpr std::uint32_t bit(Ambiguity a) {
  return static_cast<std::uint32_t>(a);
}
constexpr int whole_value = -1;

// One "name*section*=value" as it stood.
struct Segment {
  std::string name;
  std::string value;
  int section = whole_value;
  bool extended = false;  // the name ended in "*": percent-encoded, and the first one has charset and language
  bool by_2231 = false;   // any asterisk in the name
};

std::string as_utf8(std::string value, std::string_view charset) {
  if (charset.empty() && is_ascii(value)) return value;
  return to_utf8_or_guess(value, charset);
}

// rfc:2231#4: %XX; a percent sign without two hex digits stays.
// A value goes into headers and answers of ours: it ends no line and no string, raw or by percent signs.
std::string without_ends(std::string text) {
  constexpr std::string_view ends("\r\n\0", 3), instead = "\uFFFD";
  for (auto at = text.find_first_of(ends); at != text.npos; at = text.find_first_of(ends, at + instead.size())) text.replace(at, 1, instead);
  return text;
}

std::string undo_percents(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Splits "name*3*" into its parts; false if what follows the asterisk is no section number.
bool split_name(std::string_view written, Segment& segment) {
  const auto star = written.find('*');
  segment.name = to_lower(written.substr(0, star));
  if (star == std::string_view::npos) return true;
  segment.by_2231 = true;
  Cursor rest(written.substr(star + 1));
  if (rest.done()) {
    segment.extended = true;
    return true;
  }
  const auto section = rest.take_number(9'999);
  if (!section) return false;
  segment.section = static_cast<int>(*section);
  segment.extended = rest.take('*');
  return rest.done();
}

// The value behind "=": quoted, or everything up to ";" with a flag if it is not one token.
std::string take_value(Cursor& at, std::uint32_t& ambiguities) {
  if (at.peek() == '"') {
    auto quoted = take_quoted(at);
    if (!quoted.closed) ambiguities |= bit(Ambiguity::bad_parameter);
    skip_cfws(at);
    if (!at.take_while([](char c) { return c != ';'; }).empty()) ambiguities |= bit(Ambiguity::bad_parameter);
    return std::move(quoted.text);
  }
  // Unquoted "/", ":" or "=" are common and read by all alike; white space, quotes and brackets are not.
  const auto raw = trim(at.take_while([](char c) { return c != ';'; }));
  Cursor token(raw);
  const auto value = token.take_while([](char c) { return !is_fws(c) && c != '(' && c != '"'; });
  skip_cfws(token);
  if (token.done()) return std::string(value);
  ambiguities |= bit(Ambiguity::bad_parameter);
  return unfolded(raw);
}

std::vector<Segment> take_segments(Cursor& at, std::size_t limit, std::uint32_t& ambiguities) {
  std::vector<Segment> segments;
  for (;;) {
    skip_cfws(at);
    if (at.done()) return segments;
    if (at.take(';')) continue;
    if (segments.size() >= limit) {
      ambiguities |= bit(Ambiguity::over_limit);
      return segments;
    }
    Segment segment;
    const auto name = at.take_while(is_token);
    skip_cfws(at);
    if (name.empty() || !at.take('=')) {
      ambiguities |= bit(Ambiguity::bad_parameter);
      at.take_while([](char c) { return c != ';'; });
      continue;
    }
    skip_cfws(at);
    segment.value = take_value(at, ambiguities);
    if (!split_name(name, segment)) {
      ambiguities |= bit(Ambiguity::bad_parameter);
      continue;
    }
    segments.push_back(std::move(segment));
  }
}

// The sections 0, 1, 2... of one name put together (rfc:2231#3); what stands behind a gap is left out.
std::string assemble(const std::vector<const Segment*>& sections, std::uint32_t& ambiguities) {
  std::string bytes, charset;
  int expected = sections.front()->section == whole_value ? whole_value : 0;
  for (const auto* segment : sections) {
    if (segment->section != expected) {
      ambiguities |= bit(segment->section < expected ? Ambiguity::duplicate_parameter : Ambiguity::bad_parameter);
      if (segment->section < expected) continue;
      break;
    }
    std::string_view value = segment->value;
    if (segment->extended && segment == sections.front()) {
      const auto first = value.find('\''), second = first == value.npos ? first : value.find('\'', first + 1);
      if (second != value.npos) {
        charset = std::string(value.substr(0, first));
        value.remove_prefix(second + 1);
      } else {
        ambiguities |= bit(Ambiguity::bad_parameter);
      }
    }
    bytes += segment->extended ? undo_percents(value) : std::string(value);
    ++expected;
  }
  return as_utf8(std::move(bytes), charset);
}

std::uint32_t flags_of(const Segment& segment) {
  const bool controls_reading = segment.name == "boundary" || segment.name == "charset";
  std::uint32_t flags = 0;
  if (segment.name == "boundary" && segment.by_2231) flags |= bit(Ambiguity::boundary_by_rfc2231);
  if (controls_reading && segment.value.find("=?") != std::string::npos && segment.value.ends_with("?="))
    flags |= bit(Ambiguity::encoded_word_in_parameter);
  return flags;
}

// Adds one value. `wins`: the RFC 2231 form replaces the plain form of the same name.
void add(ParameterList& list, std::string name, std::string raw, bool wins) {
  auto value = without_ends(std::move(raw));
  for (auto& [known, old] : list.values) {
    if (known != name) continue;
    const bool same = old == value || decode_words(old) == value;
    if (!same || name == "boundary")
      list.ambiguities |= bit(name == "filename" || name == "name" ? Ambiguity::two_filenames : Ambiguity::duplicate_parameter);
    if (wins) old = std::move(value);
    return;
  }
  list.values.emplace_back(std::move(name), std::move(value));
}

}  // namespace

ParameterList parse_parameters(Cursor& at, std::size_t limit) {
  ParameterList list;
  auto segments = take_segments(at, limit, list.ambiguities);
  bool any_2231 = false;
  for (auto& segment : segments) {
    list.ambiguities |= flags_of(segment);
    any_2231 |= segment.by_2231;
    if (!segment.by_2231) add(list, segment.name, as_utf8(std::move(segment.value), {}), false);
  }
  if (!any_2231) return list;
  std::vector<const Segment*> order;
  for (const auto& segment : segments)
    if (segment.by_2231) order.push_back(&segment);
  // By name, and "name*=" before "name*0=": the whole form is preferred to the pieces. Equal ones stay as they stood.
  std::ranges::sort(order, [](const Segment* a, const Segment* b) {
    if (a->name != b->name) return a->name < b->name;
    return a->section != b->section ? a->section < b->section : a < b;
  });
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from + 1;
    while (to < order.size() && order[to]->name == order[from]->name) ++to;
    add(list, order[from]->name,
        assemble({order.begin() + static_cast<std::ptrdiff_t>(from), order.begin() + static_cast<std::ptrdiff_t>(to)},
                 list.ambiguities),
        true);
    from = to;
  }
  return list;
}

const std::string* find_parameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [known, value] : parameters)
    if (known == name) return &value;
  return nullptr;
}

}  // namespace posthorn::mail
