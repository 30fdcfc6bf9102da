#include "trust/altered/draft.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::trust::altered {

Draft::Draft(std::string_view header, std::string_view body, LineNumbers line_numbers)
    : bytes(std::string(header) + std::string(body)),
      message(mail::parse(bytes)),
      numbers(line_numbers),
      header_lines(line_count(header)) {}

void Draft::place(Edit& edit, Lines lines) const {
  if (numbers == LineNumbers::lost || lines.begin >= lines.end) return;
  edit.first_line = header_lines + lines.begin + 1;
  edit.last_line = header_lines + lines.end;
}

std::string excerpt(std::string_view bytes, std::size_t limit) {
  const bool cut = bytes.size() > limit;
  auto shown = bytes.substr(0, limit);
  // Never within a character (RFC 3629).
  if (cut)
    while (!shown.empty() && (static_cast<unsigned char>(bytes[shown.size()]) & 0xc0) == 0x80) shown.remove_suffix(1);
  std::string out;
  const auto lines = split(shown, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto line = lines[i];
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string tabs_shown(line);
    std::ranges::replace(tabs_shown, '\t', ' ');
    out += printable(tabs_shown, 4 * limit + 16);
    if (i + 1 < lines.size()) out += '\n';
  }
  if (cut) out += "\n[... " + std::to_string(bytes.size() - shown.size()) + " bytes more]";
  return out;
}

std::size_t line_count(std::string_view bytes) {
  return static_cast<std::size_t>(std::ranges::count(bytes, '\n')) + (bytes.empty() || bytes.ends_with('\n') ? 0 : 1);
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

std::string section_of(const mail::Message& message, std::size_t part) {
  std::string path;
  // Depth is bounded by mail::Limits.
  for (auto at = static_cast<int>(part); at > 0;) {
    const auto parent = message.parts[static_cast<std::size_t>(at)].parent;
    if (parent < 0) break;
    const auto& siblings = message.parts[static_cast<std::size_t>(parent)].children;
    const auto index = std::ranges::find(siblings, static_cast<std::uint32_t>(at)) - siblings.begin() + 1;
    path = std::to_string(index) + (path.empty() ? "" : "." + path);
    at = parent;
  }
  return path.empty() ? "body" : "part " + path;
}

}  // namespace posthorn::trust::altered
