// Stored rows: no bytes crash a reader, and what it accepts is written again to bytes that read the same and are written the same.
// The input is read as it is, and once more with the right checksum behind it, so that the fields are reached.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "crypto/bytes.h"
#include "store/record/records.h"

namespace {

using namespace posthorn;
using namespace posthorn::store;

template <class Decode>
void stable(std::string_view bytes, Decode decode) {
  const auto read = decode(bytes);
  if (!read) return;
  const auto written = encode(*read);
  const auto again = decode(written);
  if (!again || encode(*again) != written) std::abort();
}

void check(std::string_view bytes) {
  stable(bytes, decode_account);
  stable(bytes, decode_clock);
  stable(bytes, decode_mailbox);
  stable(bytes, decode_counters);
  stable(bytes, [](std::string_view b) { return decode_member(b, Uid{7}); });
  stable(bytes, decode_email);
  stable(bytes, decode_blob);
  stable(bytes, decode_thread);
  stable(bytes, [](std::string_view b) { return decode_change(b, ModSeq{7}); });
  static_cast<void>(decode_names(bytes));
  static_cast<void>(decode_number(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(data, data + size);
  check(bytes);
  bytes += Encoder().u32(static_cast<std::uint32_t>(crypto::xxh3(bytes))).take();
  check(bytes);
  return 0;
}
