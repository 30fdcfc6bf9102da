// Parameters (RFC 2045 5.1, RFC 2231): bounded; names in lower case and single; values UTF-8 that cannot end a line; the parts' tree
// uses the same list, so that a file's name is one for all who ask.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/message.h"
#include "mail/parameters.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t limit = 16;
  Cursor at(text);
  const auto list = mail::parse_parameters(at, limit);
  require(list.values.size() <= limit);
  std::size_t total = 0;
  for (const auto& [name, value] : list.values) {
    require(to_lower(name) == name && is_utf8(value) && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    require(mail::find_parameter(list.values, name) != nullptr);
    require(std::ranges::count(list.values, name, &std::pair<std::string, std::string>::first) == 1);
    total += name.size() + value.size();
  }
  require(total <= 4 * text.size() + 64);
  const std::string message = "Content-Disposition: attachment" + std::string(text) + "\r\n\r\n";
  const auto parsed = mail::parse(message);
  const auto name = mail::file_name(parsed.root());
  require(is_utf8(name) && name.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  return 0;
}
