#include "jmap/contacts/deep_patch.h"

#include <algorithm>

#include "base/text.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_steps = 16;

std::unexpected<SetError> refuse(std::string_view pointer, std::string_view why) {
  return std::unexpected<SetError>(SetError{"invalidPatch", "\"" + printable(pointer, 200) + "\" " + std::string(why), {}, {}});
}

using Steps = std::vector<std::string>;

bool begins(const Steps& whole, const Steps& with) { return with.size() <= whole.size() && std::equal(with.begin(), with.end(), whole.begin()); }

}  // namespace

std::expected<void, SetError> apply_deep_patch(json::object& object, const json::object& patch) {
  std::vector<Steps> seen;
  for (const auto& [pointer, value] : patch) {
    Steps steps;
    for (const auto part : split(std::string_view(pointer), '/')) steps.push_back(unescape_pointer(part));
    if (steps.size() > most_steps) return refuse(pointer, "has too many steps");
    seen.push_back(steps);
    auto* at = &object;
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
      auto* next = at->if_contains(steps[i]);
      if (next == nullptr || !next->is_object()) return refuse(pointer, "leads through what is no object");
      at = &next->get_object();
    }
    if (value.is_null()) at->erase(steps.back());
    else (*at)[steps.back()] = value;
  }
  // rfc:8620#5.3 "There MUST NOT be two patches in the PatchObject where the pointer of one is the prefix of the pointer of the other". Sorted,
  // who begins another stands right before some of those.
  std::ranges::sort(seen);
  for (std::size_t i = 1; i < seen.size(); ++i)
    if (begins(seen[i], seen[i - 1])) return refuse(seen[i - 1].front(), "is set as a whole and in part");
  return {};
}

}  // namespace posthorn::jmap
