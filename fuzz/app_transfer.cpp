// Mail files and tables from elsewhere: mbox messages come back from their own writing; CSV rows keep to their header; flags are known ones.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "app/transfer/csv.h"
#include "app/transfer/mbox.h"

namespace {

using namespace posthorn::app;

void require(bool condition) {
  if (!condition) std::abort();
}

void mbox(const std::string& text) {
  std::istringstream in(text);
  MboxReader reader(in);
  for (std::size_t count = 0; auto message = reader.next(); ++count) {
    require(count <= text.size() + 1 && message->bytes.size() <= 2 * text.size() + 2);
    std::istringstream again(to_mbox(message->bytes, 0, {}));
    MboxReader second(again);
    const auto back = second.next();
    require(back && !second.next());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    mbox(text);
    return 0;
  }
  if (const auto rows = parse_csv(text, "fuzz.csv"))
    for (const auto& row : *rows) require(row.line > 0 && !row.fields.empty());
  require(maildir_suffix(maildir_flags("1.x:2," + text)).size() <= 16);
  return 0;
}
