#include "trust/altered/line_edits.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::trust::altered {
namespace {

struct Line {
  std::string_view text, end;  // end: CRLF, LF or nothing
};

// One line at a time; false at the end.
bool next_line(std::string_view& rest, Line& line) {
  if (rest.empty()) return false;
  const auto newline = rest.find('\n');
  const auto size = newline == rest.npos ? rest.size() : newline + 1;
  line.text = rest.substr(0, size);
  rest.remove_prefix(size);
  const bool crlf = line.text.ends_with("\r\n");
  line.end = line.text.substr(line.text.size() - (crlf ? 2 : newline == rest.npos ? 0 : line.text.ends_with('\n') ? 1 : 0));
  line.text.remove_suffix(line.end.size());
  return true;
}

template <class Change>
std::string each_line(std::string_view body, Change change) {
  std::string out;
  out.reserve(body.size() + body.size() / 16);
  Line line;
  while (next_line(body, line)) {
    change(line.text, out);
    out += line.end;
  }
  return out;
}

std::string without_trailing_space(std::string_view body) {
  return each_line(body, [](std::string_view line, std::string& out) {
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    out += line;
  });
}
// rfc:3676#4.3
std::string with_signature_separator(std::string_view body) {
  return each_line(body, [](std::string_view line, std::string& out) {
    out += line;
    if (line == "--") out += ' ';
  });
}
std::string with_one_space(std::string_view body) {
  return each_line(body, [](std::string_view line, std::string& out) {
    out += line;
    if (!line.empty()) out += ' ';
  });
}
std::string without_one_space(std::string_view body) {
  return each_line(body, [](std::string_view line, std::string& out) {
    if (line.ends_with(' ')) line.remove_suffix(1);
    out += line;
  });
}
// rfc:4155#A
std::string from_unquoted(std::string_view body) {
  return each_line(body,
                   [](std::string_view line, std::string& out) { out += line.starts_with(">From ") ? line.substr(1) : line; });
}
// rfc:5321#4.5.2
std::string dots_undoubled(std::string_view body) {
  return each_line(body, [](std::string_view line, std::string& out) { out += line.starts_with("..") ? line.substr(1) : line; });
}

std::size_t longest_line(std::string_view body) {
  std::size_t longest = 0;
  Line line;
  while (next_line(body, line)) longest = std::max(longest, line.text.size());
  return longest;
}

// Joins a line with the next where `joins(line, next)` says so, with `between` instead of the line end.
template <class Joins>
std::string joined(std::string_view body, std::string_view between, Joins joins) {
  std::string out;
  out.reserve(body.size());
  Line line, next;
  if (!next_line(body, line)) return out;
  while (next_line(body, next)) {
    out += line.text;
    out += joins(line.text, next.text) ? between : line.end;
    line = next;
  }
  out += line.text;
  return out += line.end;
}

// A line as long as a line may be was cut there.
std::string hard_breaks_joined(std::string_view body) {
  const auto width = longest_line(body);
  return joined(body, "", [width](std::string_view line, std::string_view) { return line.size() == width; });
}
// "!" CRLF SP: what mail programs of old put into lines of more than 990 bytes.
std::string bang_breaks_joined(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (std::size_t at = 0; at < body.size();) {
    const auto bang = std::min(body.find("!\r\n ", at), body.size());
    out += body.substr(at, bang - at);
    at = bang == body.size() ? bang : bang + 4;
  }
  return out;
}
bool is_text(std::string_view line) {
  return !line.empty() && line != "-- " && line[0] != '>' && line[0] != ' ' && line[0] != '\t';
}
std::size_t first_word(std::string_view line) {
  return std::min(line.find(' '), line.size());
}

// The lines are as full as they can be: where the next word would not have fitted, the break is not the author's.
std::string soft_breaks_joined_at(std::string_view body, std::size_t width) {
  return joined(body, " ", [width](std::string_view line, std::string_view next) {
    return is_text(line) && is_text(next) && line.size() + 1 + first_word(next) > width;
  });
}
std::string soft_breaks_joined(std::string_view body) {
  return soft_breaks_joined_at(body, longest_line(body));
}
template <std::size_t width>
std::string soft_breaks_joined(std::string_view body) {
  return soft_breaks_joined_at(body, width);
}
// rfc:3676#4.1: a line that ends with a space goes on.
std::string flowed_joined(std::string_view body) {
  return joined(body, "", [](std::string_view line, std::string_view next) {
    return line.ends_with(' ') && is_text(line) && is_text(next);
  });
}

// Broken between words at `width`; `kept`: the space stays at the line's end (format=flowed).
std::string broken(std::string_view body, std::size_t width, bool kept) {
  return each_line(body, [width, kept](std::string_view line, std::string& out) {
    while (line.size() > width) {
      auto space = line.rfind(' ', width);
      if (space == line.npos || space == 0) space = line.find(' ', width);
      if (space == line.npos || space + 1 == line.size()) break;
      out += line.substr(0, space + (kept ? 1 : 0));
      out += "\r\n";
      line.remove_prefix(space + 1);
    }
    out += line;
  });
}
template <std::size_t width>
std::string words_broken(std::string_view body) {
  return broken(body, width, false);
}
template <std::size_t width>
std::string flowed_broken(std::string_view body) {
  return broken(body, width - 1, true);
}

constexpr LineNumbers same = LineNumbers::as_received, lost = LineNumbers::lost;
constexpr std::string_view stripped = "white space at line ends was stripped", space_added = "white space was added at line ends",
                           folded = "long lines were broken", unfolded_lines = "broken lines were joined";

constexpr std::array everywhere = {
    LineEdit{Kind::from_quoted, same, "lines that begin with \"From \" got a \">\" before it", from_unquoted},
    LineEdit{Kind::dots_doubled, same, "lines that begin with a dot got another one", dots_undoubled},
    LineEdit{Kind::text_refolded, lost, folded, soft_breaks_joined},
    LineEdit{Kind::text_refolded, lost, folded, soft_breaks_joined<72>},
    LineEdit{Kind::text_refolded, lost, folded, soft_breaks_joined<76>},
    LineEdit{Kind::text_refolded, lost, folded, soft_breaks_joined<78>},
    LineEdit{Kind::text_refolded, lost, folded, soft_breaks_joined<80>},
    LineEdit{Kind::text_refolded, lost, folded, flowed_joined},
    LineEdit{Kind::text_refolded, lost, folded, hard_breaks_joined},
    LineEdit{Kind::text_refolded, lost, folded, bang_breaks_joined},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, words_broken<72>},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, words_broken<76>},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, words_broken<78>},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, words_broken<80>},
};
// Relaxed bodies do not know of white space at line ends.
constexpr std::array only_simple = {
    LineEdit{Kind::trailing_space, same, space_added, without_trailing_space},
    LineEdit{Kind::trailing_space, same, space_added, without_one_space},
    LineEdit{Kind::trailing_space, same, stripped, with_signature_separator},
    LineEdit{Kind::trailing_space, same, stripped, with_one_space},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, flowed_broken<72>},
    LineEdit{Kind::text_refolded, lost, unfolded_lines, flowed_broken<78>},
};

}  // namespace

std::vector<LineEdit> line_edits(dkim::Canonical form) {
  std::vector<LineEdit> out;
  if (form == dkim::Canonical::simple) out.assign(only_simple.begin(), only_simple.end());
  out.insert(out.end(), everywhere.begin(), everywhere.end());
  return out;
}

Edit difference(const LineEdit& how, const Draft& received, std::string_view restored_body, std::size_t limit) {
  Edit edit;
  edit.kind = how.kind;
  edit.where = "body";
  edit.sentence = how.sentence;
  auto now = received.body(), before = restored_body;
  std::size_t line = 0;
  Line one, other;
  auto now_rest = now, before_rest = before;
  while (next_line(now_rest, one) && next_line(before_rest, other) && one.text == other.text) {
    now = now_rest;
    before = before_rest;
    ++line;
  }
  // From behind likewise.
  while (!now.empty() && !before.empty()) {
    const auto tail_of = [](std::string_view text) {
      const auto newline = text.size() < 2 ? text.npos : text.rfind('\n', text.size() - 2);
      return newline == text.npos ? text : text.substr(newline + 1);
    };
    const auto now_tail = tail_of(now), before_tail = tail_of(before);
    if (now_tail != before_tail) break;
    now.remove_suffix(now_tail.size());
    before.remove_suffix(before_tail.size());
  }
  received.place(edit, {line, line + line_count(now)});
  edit.added = excerpt(now, limit);
  edit.removed = excerpt(before, limit);
  return edit;
}

}  // namespace posthorn::trust::altered
