#include "jmap/web/challenge.h"

#include "crypto/bytes.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t random_octets = 16, time_octets = 8, mark_octets = 16;

// Sixteen random octets, until when, and a mark that only we can make.
std::string mark_of(const Services& services, std::string_view purpose, std::string_view head) {
  return services.keyring.pseudonym("passkey challenge", std::string(purpose) + '\0' + std::string(head)).substr(0, mark_octets);
}

}  // namespace

std::string make_challenge(const Services& services, std::string_view purpose, Duration good_for) {
  auto out = crypto::random_bytes(random_octets);
  const auto until = (services.clock.now() + std::chrono::duration_cast<std::chrono::milliseconds>(good_for)).time_since_epoch().count();
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((static_cast<std::uint64_t>(until) >> shift) & 0xff);
  return out + mark_of(services, purpose, out);
}

bool take_challenge(Web& web, std::string_view purpose, std::string_view challenge) {
  if (challenge.size() != random_octets + time_octets + mark_octets) return false;
  const auto head = challenge.substr(0, random_octets + time_octets);
  if (!crypto::equal_constant_time(mark_of(web.services(), purpose, head), challenge.substr(head.size()))) return false;
  std::uint64_t until = 0;
  for (const char c : head.substr(random_octets)) until = until << 8 | static_cast<unsigned char>(c);
  const WallTime end{std::chrono::milliseconds(static_cast<std::int64_t>(until))};
  return web.services().clock.now() < end && web.use_up(std::string(challenge), end);
}

}  // namespace posthorn::jmap
