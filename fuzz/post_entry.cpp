// Queue records: no bytes crash the reader, and what it accepts, of whatever version, stays as it is once written anew. The input is read as it is, and once more
// with the right checksum behind it, so that the fields are reached.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "crypto/bytes.h"
#include "post/queue/entry.h"

namespace {

void check(std::string_view bytes) {
  const auto entry = posthorn::post::decode_entry(bytes);
  if (!entry) return;
  const auto written = posthorn::post::encode(*entry);
  const auto again = posthorn::post::decode_entry(written);
  if (!again || posthorn::post::encode(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(data, data + size);
  check(bytes);
  bytes += posthorn::Encoder().u64(posthorn::crypto::xxh3(bytes)).take();
  check(bytes);
  return 0;
}
