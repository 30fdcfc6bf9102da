// HTML to text: bounded, UTF-8, no markup that another program would take up again, and the start of a text is the same at every limit.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/text.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto html = mail::to_utf8_or_guess(bytes, "utf-8");
  require(is_utf8(html));
  const auto all = mail::html_to_text(html, 1u << 20);
  require(is_utf8(all) && all.find('\0') == std::string::npos);
  for (const std::size_t limit : {0u, 1u, 7u, 100u}) {
    const auto some = mail::html_to_text(html, limit);
    require(some.size() <= limit && is_utf8(some));
  }
  return 0;
}
