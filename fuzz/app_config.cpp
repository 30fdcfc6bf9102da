// posthorn.toml: no text crashes the reader; an error names the file and what to do; a configuration that is taken has a name and a folder,
// and is read again the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/config/config.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::app;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text, "fuzz.toml");
  if (!config) {
    require(!config.error().what.empty());
  } else {
    require(!config->name.empty() && !config->data.empty());
    for (const auto& listen : config->listen) require(!listen.address.empty());
    const auto again = parse_config(text, "fuzz.toml");
    require(again && again->name == config->name && again->listen.size() == config->listen.size());
  }
  if (const auto time = parse_duration(text)) require(time->count() >= 0);
  static_cast<void>(parse_size(text));
  return 0;
}
