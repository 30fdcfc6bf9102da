#include "trust/altered/recipe.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <vector>

#include "base/text.h"
#include "trust/dkim/tag_list.h"

namespace posthorn::trust::altered {
namespace {

namespace json = boost::json;

std::vector<std::string_view> lines_of(std::string_view body) {
  auto lines = split(body, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (auto& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  return lines;
}

// Steps are put together where they go on.
class Steps {
 public:
  void copy(std::size_t number) {
    flush();
    if (begin_ != 0 && end_ + 1 == number) {
      end_ = number;
      return;
    }
    flush_copy();
    begin_ = end_ = number;
  }
  void literal(std::string_view line) {
    flush_copy();
    literal_bytes_ += line.size() + 2;
    if (is_utf8(line) != text_ && !literals_.empty()) flush();
    text_ = is_utf8(line);
    literals_.push_back(text_ ? json::string(line.data(), line.size()) : json::string(base64_encode(line)));
  }
  json::array finish() {
    flush();
    flush_copy();
    return std::move(steps_);
  }
  std::size_t literal_bytes() const { return literal_bytes_; }

 private:
  void flush() {
    if (literals_.empty()) return;
    steps_.push_back(json::object{{text_ ? "d" : "u", std::move(literals_)}});
    literals_ = json::array();
  }
  void flush_copy() {
    if (begin_ != 0) steps_.push_back(json::object{{"c", json::array{begin_, end_}}});
    begin_ = end_ = 0;
  }
  json::array steps_, literals_;
  bool text_ = true;
  std::size_t begin_ = 0, end_ = 0, literal_bytes_ = 0;
};

// What both begin and end with is copied; between them the next line that is the same.
json::value body_recipe(std::string_view received, std::string_view restored, std::size_t limit) {
  const auto from = lines_of(received), to = lines_of(restored);
  std::size_t top = 0, bottom = 0;
  const auto both = std::min(from.size(), to.size());
  while (top < both && from[top] == to[top]) ++top;
  while (bottom < both - top && from[from.size() - 1 - bottom] == to[to.size() - 1 - bottom]) ++bottom;
  std::map<std::string_view, std::vector<std::size_t>> where;
  for (std::size_t i = top; i < from.size() - bottom; ++i) where[from[i]].push_back(i);
  Steps steps;
  for (std::size_t i = 0; i < top; ++i) steps.copy(i + 1);
  std::size_t next = top;  // the first line that may still be copied
  for (std::size_t i = top; i < to.size() - bottom; ++i) {
    const auto at = where.find(to[i]);
    const auto line = at == where.end() ? nullptr : &at->second;
    const auto found =
        line == nullptr ? std::size_t{0} : static_cast<std::size_t>(std::ranges::lower_bound(*line, next) - line->begin());
    // An empty line says little: it is copied only where the copy goes on.
    if (line == nullptr || found == line->size() || (to[i].empty() && (*line)[found] != next)) {
      steps.literal(to[i]);
    } else {
      next = (*line)[found] + 1;
      steps.copy(next);
    }
  }
  for (std::size_t i = from.size() - bottom; i < from.size(); ++i) steps.copy(i + 1);
  if (steps.literal_bytes() > limit) return nullptr;
  return steps.finish();
}

using Fields = std::map<std::string, std::vector<std::string_view>>;  // values, from the bottom

Fields fields_of(const mail::Message& message) {
  Fields out;
  for (const auto& field : message.root().fields)
    out[to_lower(field.name)].insert(out[to_lower(field.name)].begin(), field.value);
  return out;
}

std::string hashed_form(std::string_view value) {
  std::string out;
  for (const char c : dkim::trim_fws(value)) {
    if (c == '\r' || c == '\n') continue;
    if (c != ' ' && c != '\t')
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  return out;
}

json::array field_recipe(const std::vector<std::string_view>& received, const std::vector<std::string_view>& restored) {
  Steps steps;
  std::size_t next = 0;
  for (const auto value : restored) {
    const auto at = std::find_if(received.begin() + static_cast<std::ptrdiff_t>(next), received.end(),
                                 [&](std::string_view one) { return hashed_form(one) == hashed_form(value); });
    if (at == received.end()) {
      steps.literal(hashed_form(value));
    } else {
      next = static_cast<std::size_t>(at - received.begin()) + 1;
      steps.copy(next);
    }
  }
  return steps.finish();
}

json::object header_recipe(const mail::Message& received, const mail::Message& restored) {
  json::object out;
  auto from = fields_of(received);
  const auto to = fields_of(restored);
  for (const auto& [name, values] : to) from.try_emplace(name);
  for (const auto& [name, values] : from) {
    const auto at = to.find(name);
    const auto& before = at == to.end() ? std::vector<std::string_view>() : at->second;
    const bool same = std::ranges::equal(values, before,
                                         [](std::string_view a, std::string_view b) { return hashed_form(a) == hashed_form(b); });
    if (!same) out[name] = field_recipe(values, before);
  }
  return out;
}

}  // namespace

std::string recipe_of(const mail::Message& received, const mail::Message& restored, std::size_t limit) {
  json::object out;
  auto header = header_recipe(received, restored);
  if (!header.empty()) out["h"] = std::move(header);
  const auto from = received.bytes.substr(received.root().body_begin), to = restored.bytes.substr(restored.root().body_begin);
  if (from != to) out["b"] = body_recipe(from, to, limit);
  return json::serialize(out);
}

}  // namespace posthorn::trust::altered
