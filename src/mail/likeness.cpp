#include "mail/likeness.h"

#include <unicode/uspoof.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/address.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t longest = 255, shortest_label = 6;

struct FreeChecker {
  void operator()(USpoofChecker* one) const { uspoof_close(one); }
};

// Made once; checking with it changes nothing in it.
const USpoofChecker* checker() {
  static const std::unique_ptr<USpoofChecker, FreeChecker> one = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<USpoofChecker, FreeChecker> made(uspoof_open(&status));
    uspoof_setRestrictionLevel(made.get(), USPOOF_HIGHLY_RESTRICTIVE);
    uspoof_setChecks(made.get(), USPOOF_RESTRICTION_LEVEL, &status);
    return U_SUCCESS(status) ? std::move(made) : nullptr;
  }();
  return one.get();
}

std::string plain(std::string_view domain) {
  auto out = to_lower(domain.substr(0, longest));
  while (out.ends_with('.')) out.pop_back();
  return out;
}

// What it looks like: equal for what the eye cannot tell apart.
std::string skeleton(const std::string& domain) {
  if (checker() == nullptr) return domain;
  std::string out(domain.size() * 4 + 16, '\0');
  UErrorCode status = U_ZERO_ERROR;
  const auto size = uspoof_getSkeletonUTF8(checker(), 0, domain.data(), static_cast<int32_t>(domain.size()), out.data(), static_cast<int32_t>(out.size()), &status);
  if (U_FAILURE(status) || size < 0) return domain;
  out.resize(std::min(out.size(), static_cast<std::size_t>(size)));
  return out;
}

// The labels that name an organization: the last two, or three under "co.uk" and its like.
std::string organization(const std::string& domain) {
  const auto labels = split(domain, '.');
  std::size_t count = 2;
  if (labels.size() > 2 && labels.back().size() == 2 && labels[labels.size() - 2].size() <= 3) count = 3;
  if (labels.size() <= count) return domain;
  std::string out;
  for (auto i = labels.size() - count; i < labels.size(); ++i) out += (out.empty() ? "" : ".") + std::string(labels[i]);
  return out;
}

// One letter more, less, other, or two that changed places.
bool one_letter_apart(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.size() - b.size() > 1) return false;
  const auto [at_a, at_b] = std::ranges::mismatch(a, b);
  const std::string_view rest_a(at_a, a.end()), rest_b(at_b, b.end());
  if (a.size() != b.size()) return rest_a.substr(1) == rest_b;
  if (rest_a.empty()) return false;
  // "mail1" and "mail2" are two machines, not a disguise.
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (rest_a.substr(1) == rest_b.substr(1)) return !(is_digit(rest_a[0]) && is_digit(rest_b[0]));
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] && rest_a.substr(2) == rest_b.substr(2);
}

}  // namespace

bool same_organization(std::string_view a, std::string_view b) { return organization(plain(a)) == organization(plain(b)); }

bool looks_like(std::string_view domain, std::string_view known) {
  if (same_organization(domain, known)) return false;
  const auto one = organization(plain(domain_for_display(plain(domain)))), other = organization(plain(domain_for_display(plain(known))));
  if (one.empty() || other.empty()) return false;
  if (skeleton(one) == skeleton(other)) return true;
  const auto dot_one = one.find('.'), dot_other = other.find('.');
  if (dot_one == one.npos || dot_other == other.npos || one.substr(dot_one) != other.substr(dot_other)) return false;
  const std::string_view label = std::string_view(one).substr(0, dot_one), known_label = std::string_view(other).substr(0, dot_other);
  return std::min(label.size(), known_label.size()) >= shortest_label && one_letter_apart(label, known_label);
}

bool mixes_scripts(std::string_view domain) {
  if (checker() == nullptr) return false;
  const auto shown = plain(domain_for_display(plain(domain)));
  for (const auto label : split(shown, '.')) {
    UErrorCode status = U_ZERO_ERROR;
    const auto found = uspoof_check2UTF8(checker(), label.data(), static_cast<int32_t>(label.size()), nullptr, &status);
    if (U_SUCCESS(status) && (found & USPOOF_RESTRICTION_LEVEL) != 0) return true;
  }
  return false;
}

}  // namespace posthorn::mail
