#include "trust/altered/cuts.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::trust::altered {
namespace {

constexpr std::size_t most_banner_lines = 40, most_footer_lines_below_banner = 200, most_leaf_lines = 60,
                      most_leaf_banner_lines = 20;
constexpr std::size_t most_children = 6, most_multiparts = 8, most_leaves = 6;

bool looks_like_separator(std::string_view line) {
  line = trim(line);
  if (line == "--") return true;
  return line.size() >= 3 && std::ranges::all_of(line, [&](char c) { return c == line[0]; }) &&
         std::string_view("_-=*#~").find(line[0]) != std::string_view::npos;
}

class Cutter {
 public:
  Cutter(const Draft& draft, const CanonicalText& text, Budget& budget)
      : draft_(draft), text_(text), budget_(budget), all_{0, text.lines()} {}

  std::optional<Solution> likely() {
    if (text_.matches({all_}, budget_)) return keep({all_}, {});
    if (auto found = footer_of(all_, {})) return found;
    if (auto found = unwrapped()) return found;
    return without_part();
  }
  std::optional<Solution> thorough() {
    if (auto found = banner_of(all_, {})) return found;
    for (const auto& one : wrapped_parts())
      if (auto found = banner_of(one.lines, unwrapping(one))) return found;
    return leaf_edits();
  }
  // The plain text and its HTML twin have got the same addition.
  std::optional<Solution> pairs() {
    const auto parts = leaves();
    if (parts.size() < 2) return std::nullopt;
    for (const auto& first : cuts_of(parts[0]))
      for (const auto& second : cuts_of(parts[1])) {
        if (budget_.empty()) return std::nullopt;
        if (auto found = without_cuts({first, second})) return found;
      }
    return std::nullopt;
  }

 private:
  struct WrappedPart {
    std::size_t index = 0;
    Lines lines;
  };
  struct Cut {
    std::size_t part = 0;
    Lines lines;
    Kind kind = Kind::footer;
  };
  // Edits that are known to be undone before something else is tried, and what they say about the header.
  struct Known {
    std::vector<Edit> edits = {};
    std::vector<Wish> wishes = {};
  };

  Solution keep(const std::vector<Lines>& ranges, Known known) const {
    Solution out;
    for (const auto& range : ranges) {
      out.body += text_.raw(range);
      // A part's last line end belongs to the delimiter below it.
      if (!out.body.empty() && !out.body.ends_with('\n')) out.body += "\r\n";
    }
    out.edits = draft_.edits;
    out.edits.insert(out.edits.end(), known.edits.begin(), known.edits.end());
    out.wishes = std::move(known.wishes);
    return out;
  }

  Lines lines_of(std::size_t begin, std::size_t end) const {
    return {text_.line_at(draft_.body_offset(begin)), text_.line_at(draft_.body_offset(end))};
  }

  Edit added(Kind kind, std::size_t part, Lines lines, std::string sentence) const {
    Edit edit;
    edit.kind = kind;
    edit.where = section_of(draft_.message, part);
    edit.added = excerpt(text_.raw(lines), budget_.limits().excerpt);
    edit.sentence = std::move(sentence);
    draft_.place(edit, lines);
    return edit;
  }
  Edit footer(std::size_t part, Lines lines) const {
    const auto where = part == 0 ? std::string("the text") : section_of(draft_.message, part);
    return added(Kind::footer, part, lines,
                 counted(lines.end - lines.begin, "line was", "lines were") + " added at the end of " + where);
  }
  Edit banner(std::size_t part, Lines lines) const {
    const auto where = part == 0 ? std::string("the text") : section_of(draft_.message, part);
    return added(Kind::banner, part, lines,
                 counted(lines.end - lines.begin, "line was", "lines were") + " added before " + where);
  }

  std::optional<Solution> footer_of(Lines within, Known known, std::size_t most = SIZE_MAX) {
    const auto end = text_.find_end(within, std::min(most, budget_.limits().footer_lines), budget_);
    if (!end) return std::nullopt;
    if (*end < within.end) {
      auto shown = Lines{*end, within.end};
      while (shown.begin + 1 < shown.end && text_.is_blank(shown.begin)) ++shown.begin;
      while (shown.end > shown.begin + 1 && text_.is_blank(shown.end - 1)) --shown.end;
      if (!text_.is_blank(shown.begin)) known.edits.push_back(footer(0, shown));
    }
    return keep({{within.begin, *end}}, std::move(known));
  }

  // The parts that may have been the whole message before.
  std::vector<WrappedPart> wrapped_parts() const {
    std::vector<WrappedPart> out;
    const auto& root = draft_.message.root();
    if (!root.is_multipart()) return out;
    for (std::size_t i = 0; i < root.children.size() && i < most_children; ++i) {
      const auto& part = draft_.message.parts[root.children[i]];
      const auto lines = lines_of(part.body_begin, part.body_end);
      if (lines.begin <= lines.end) out.push_back({root.children[i], lines});
    }
    return out;
  }
  Known unwrapping(const WrappedPart& one) const {
    Edit edit;
    edit.kind = Kind::wrapped;
    edit.where = section_of(draft_.message, one.index);
    edit.added = excerpt(text_.raw({0, one.lines.begin}), budget_.limits().excerpt) + "[...]\n" +
                 excerpt(text_.raw({one.lines.end, all_.end}), budget_.limits().excerpt);
    const auto others = draft_.message.root().children.size() - 1;
    edit.sentence = "the message was put into a multipart/" + printable(draft_.message.root().subtype, 40) +
                    (others == 0 ? "" : " with " + counted(others, "other part", "other parts"));
    draft_.place(edit, all_);
    Known known;
    known.edits.push_back(std::move(edit));
    known.wishes = wishes_of_part(draft_, one.index);
    return known;
  }
  std::optional<Solution> unwrapped() {
    for (const auto& one : wrapped_parts()) {
      if (text_.matches({one.lines}, budget_)) return keep({one.lines}, unwrapping(one));
      if (auto found = footer_of(one.lines, unwrapping(one))) return found;
    }
    return std::nullopt;
  }

  // From the delimiter line above a part to that below it.
  Lines with_delimiter(std::size_t part) const {
    const auto& one = draft_.message.parts[part];
    auto lines = lines_of(one.header_begin, one.body_end);
    if (lines.begin > 0) --lines.begin;
    // An empty line that ends before the delimiter belongs to it, not to the part.
    while (lines.end < all_.end && !text_.raw({lines.end, lines.end + 1}).starts_with("--")) ++lines.end;
    return lines;
  }
  std::optional<Solution> without_part() {
    std::size_t seen = 0;
    const auto& parts = draft_.message.parts;
    for (std::size_t i = 0; i < parts.size() && seen < most_multiparts; ++i) {
      if (!parts[i].is_multipart() || parts[i].children.size() < 2) continue;
      ++seen;
      const auto& children = parts[i].children;
      const auto tried = children.size() > most_children ? std::vector{children.back(), children.front()}
                                                         : std::vector(children.rbegin(), children.rend());
      for (const auto child : tried)
        if (auto found = without(child)) return found;
    }
    return std::nullopt;
  }
  std::optional<Solution> without(std::size_t part) {
    const auto lines = with_delimiter(part);
    const std::vector<Lines> kept = {{0, lines.begin}, {lines.end, all_.end}};
    if (!text_.matches(kept, budget_)) return std::nullopt;
    const auto& one = draft_.message.parts[part];
    Known known;
    known.edits.push_back(
        added(Kind::part_added, part, lines, "a part of type " + printable(one.type + "/" + one.subtype, 100) + " was added"));
    return keep(kept, std::move(known));
  }

  std::optional<Solution> banner_of(Lines within, const Known& known) {
    const auto last = std::min(within.end, within.begin + most_banner_lines);
    for (auto begin = within.begin + 1; begin < last && !budget_.empty(); ++begin) {
      // The text itself begins after the empty line that parts it from the banner; below other lines it is tried too.
      if (text_.is_blank(begin)) continue;
      Known with = known;
      auto shown = Lines{within.begin, begin};
      while (shown.end > shown.begin + 1 && text_.is_blank(shown.end - 1)) --shown.end;
      with.edits.push_back(banner(0, shown));
      if (auto found = footer_of({begin, within.end}, std::move(with), most_footer_lines_below_banner)) return found;
    }
    return std::nullopt;
  }

  std::vector<std::size_t> leaves() const {
    std::vector<std::size_t> out;
    const auto& parts = draft_.message.parts;
    for (std::size_t i = 1; i < parts.size() && out.size() < most_leaves; ++i)
      if (parts[i].type == "text" && parts[i].children.empty() && !parts[i].disposition.starts_with("attachment"))
        out.push_back(i);
    return out;
  }
  // The likeliest first: what stands below a separator, then each number of last lines, then first lines.
  std::vector<Cut> cuts_of(std::size_t part) const {
    std::vector<Cut> out, others;
    const auto& one = draft_.message.parts[part];
    const auto lines = lines_of(one.body_begin, one.body_end);
    if (lines.begin >= lines.end) return out;
    const auto top = lines.end - std::min(lines.end - lines.begin, most_leaf_lines);
    for (auto line = lines.end; line-- > top;)
      (looks_like_separator(text_.raw({line, line + 1})) ? out : others).push_back({part, {line, lines.end}, Kind::footer});
    out.insert(out.end(), others.begin(), others.end());
    for (auto line = lines.begin + 1; line < std::min(lines.end, lines.begin + most_leaf_banner_lines); ++line)
      out.push_back({part, {lines.begin, line}, Kind::banner});
    return out;
  }
  std::optional<Solution> without_cuts(std::vector<Cut> cuts) {
    std::ranges::sort(cuts, {}, [](const Cut& cut) { return cut.lines.begin; });
    std::vector<Lines> kept;
    std::size_t at = 0;
    for (const auto& cut : cuts) {
      kept.push_back({at, cut.lines.begin});
      at = cut.lines.end;
    }
    kept.push_back({at, all_.end});
    if (!text_.matches(kept, budget_)) return std::nullopt;
    Known known;
    for (const auto& cut : cuts)
      known.edits.push_back(cut.kind == Kind::footer ? footer(cut.part, cut.lines) : banner(cut.part, cut.lines));
    return keep(kept, std::move(known));
  }
  std::optional<Solution> leaf_edits() {
    for (const auto part : leaves())
      for (const auto& cut : cuts_of(part)) {
        if (budget_.empty()) return std::nullopt;
        if (auto found = without_cuts({cut})) return found;
      }
    return std::nullopt;
  }
  const Draft& draft_;
  const CanonicalText& text_;
  Budget& budget_;
  Lines all_;
};

std::optional<std::string> whole_field(const mail::Part& part, std::string_view name) {
  const auto* field = mail::find(part.fields, name);
  return field == nullptr ? std::nullopt : std::optional(std::string(field->whole));
}

}  // namespace

std::optional<Solution> solve_by_cuts(const Draft& draft, const Target& target, Depth depth, Budget& budget) {
  const auto text = CanonicalText::of(target, draft.body(), budget);
  if (!text) return std::nullopt;
  Cutter cutter(draft, *text, budget);
  switch (depth) {
    case Depth::likely: return cutter.likely();
    case Depth::thorough: return cutter.thorough();
    case Depth::pairs: return cutter.pairs();
  }
  return std::nullopt;
}

std::vector<Wish> wishes_of_part(const Draft& draft, std::size_t part) {
  std::vector<Wish> out;
  const auto& one = draft.message.parts[part];
  for (const std::string_view name : {"content-type", "content-transfer-encoding", "content-disposition", "content-language",
                                      "content-id", "content-description"}) {
    Wish wish{std::string(name), {whole_field(one, name)}};
    if (wish.values[0]) wish.values.push_back(std::nullopt);
    out.push_back(std::move(wish));
  }
  return out;
}

}  // namespace posthorn::trust::altered
