// Addresses of the Sender Rewriting Scheme: with the true key any address that can be sent on comes back as it was, over any number of
// hops; without it nothing is ever taken for ours.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/bytes.h"
#include "post/srs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const auto now = WallTime(std::chrono::seconds(1'795'900'000));
  const post::SrsMac ours = [](std::string_view text) { return crypto::hmac_sha256("ours", text); };
  const post::SrsMac theirs = [](std::string_view text) { return crypto::hmac_sha256("theirs", text); };
  const auto from = mail::parse_address(std::string(data, data + size));
  if (!from) return 0;
  if (post::srs_reverse(*from, ours, now)) std::abort();  // nobody can guess forty bits of a MAC
  const auto first = post::srs_forward(*from, "green.test", ours, now);
  if (!first) return 0;
  if (!post::is_srs(*first) || post::srs_reverse(*first, theirs, now)) std::abort();
  if (post::is_srs(*from)) return 0;  // of a forwarder before us: he is the one who is told
  if (post::srs_reverse(*first, ours, now) != *from) std::abort();
  const auto second = post::srs_forward(*first, "red.test", theirs, now);
  if (second && post::srs_reverse(*second, theirs, now) != *first) std::abort();
  return 0;
}
