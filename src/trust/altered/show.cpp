// An Alteration as JSON and as text for people.
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/text.h"
#include "trust/altered/altered.h"

namespace posthorn::trust::altered {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 16> kinds = {
    "footer",         "banner",          "part_added",      "wrapped",
    "reencoded",      "charset_changed", "trailing_space",  "text_refolded",
    "from_quoted",    "dots_doubled",    "subject_changed", "field_added",
    "field_refolded", "from_rewritten",  "field_changed",   "addresses_reordered"};

json::string text(std::string_view bytes) {
  return json::string(is_utf8(bytes) ? std::string(bytes) : printable(bytes, 65'536));
}

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& one : list) out.push_back(text(one));
  return out;
}

json::value or_null(std::string_view bytes) {
  return bytes.empty() ? json::value(nullptr) : json::value(text(bytes));
}

void show_lines(std::string& out, char sign, std::string_view lines) {
  constexpr std::size_t most = 24;
  if (lines.ends_with('\n')) lines.remove_suffix(1);
  if (lines.empty()) return;
  const auto all = split(lines, '\n');
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i)
    out += std::string("         ") + sign + " " + std::string(all[i]) + "\n";
  if (all.size() > most) out += "           ... " + std::to_string(all.size() - most) + " lines more\n";
}

}  // namespace

std::string_view name_of(Kind kind) {
  return kinds.at(static_cast<std::size_t>(kind));
}

json::object to_json(const Alteration& alteration) {
  json::object out;
  out["signature"] =
      json::object{{"index", alteration.signature}, {"domain", text(alteration.domain)}, {"selector", text(alteration.selector)}};
  out["proof"] = alteration.proof == Proof::signature ? "signature" : "body hash";
  out["sentence"] = text(alteration.sentence);
  json::array edits;
  for (const auto& edit : alteration.edits) {
    json::object one{{"kind", name_of(edit.kind)}, {"where", text(edit.where)}, {"sentence", text(edit.sentence)}};
    one["lines"] = edit.first_line == 0 ? json::value(nullptr) : json::value(json::array{edit.first_line, edit.last_line});
    one["removed"] = or_null(edit.removed);
    one["added"] = or_null(edit.added);
    edits.push_back(std::move(one));
  }
  out["edits"] = std::move(edits);
  out["suspects"] = texts(alteration.suspects);
  const auto& between = alteration.between;
  out["between"] = json::object{{"after", or_null(between.after)},
                                {"before", or_null(between.before)},
                                {"editor", or_null(between.editor)},
                                {"evidence", texts(between.evidence)}};
  boost::system::error_code wrong;
  auto recipe = json::parse(alteration.recipe, wrong);
  out["recipe"] = wrong ? json::value(nullptr) : std::move(recipe);
  out["restored_size"] = alteration.restored.size();
  return out;
}

std::string describe(const Alteration& alteration) {
  std::string out = alteration.sentence + "\n";
  for (const auto& edit : alteration.edits) {
    out += "       " + edit.where;
    if (edit.first_line != 0)
      out += edit.first_line == edit.last_line
                 ? ", line " + std::to_string(edit.first_line)
                 : ", lines " + std::to_string(edit.first_line) + " to " + std::to_string(edit.last_line);
    out += ": " + edit.sentence + "\n";
    show_lines(out, '-', edit.removed);
    show_lines(out, '+', edit.added);
  }
  if (!alteration.suspects.empty()) {
    std::string names;
    for (const auto& one : alteration.suspects) names += (names.empty() ? "" : ", ") + one;
    out += "       suspicious: " + names + "\n";
  }
  const auto& between = alteration.between;
  if (!between.after.empty() || !between.before.empty())
    out += "       it happened after " + (between.after.empty() ? std::string("the signer") : between.after) + " and before " +
           (between.before.empty() ? std::string("it came here") : between.before) + "\n";
  if (!between.editor.empty()) out += "       probably by " + between.editor + "\n";
  for (const auto& one : between.evidence) out += "       " + one + "\n";
  return out;
}

}  // namespace posthorn::trust::altered
