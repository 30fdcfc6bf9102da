#include "trust/altered/budget.h"

#include <algorithm>

namespace posthorn::trust::altered {
namespace {

constexpr std::uint64_t mebibyte = 1'048'576;

}  // namespace

Budget::Budget(const Limits& limits, std::size_t message_size)
    : limits_(limits),
      bytes_(limits.bytes != 0 ? limits.bytes
                               : std::clamp<std::uint64_t>(64 * std::uint64_t{message_size}, 4 * mebibyte, 64 * mebibyte)) {}

}  // namespace posthorn::trust::altered
