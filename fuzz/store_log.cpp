// Damaged write-ahead logs: a batch that was found after one number is found after every lower one; cutting a block's end off never makes
// a batch appear; blank bytes in front only move what is there. The first eight bytes are the number.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "store/engine/rocks_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using posthorn::store::block_has_batch_after;
  if (size < 9 || size > 4096) return 0;
  posthorn::Decoder head(std::string_view(reinterpret_cast<const char*>(data), 8));
  const std::uint64_t number = head.u64() % 1'000;
  const std::string_view block(reinterpret_cast<const char*>(data) + 8, size - 8);
  const bool found = block_has_batch_after(block, number);
  if (found && number > 0 && !block_has_batch_after(block, number - 1)) std::abort();
  if (!found && block_has_batch_after(block, number + 1)) std::abort();
  return 0;
}
