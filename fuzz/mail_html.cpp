// HTML of messages: what comes out is read again as the same, holds no element or attribute that was not allowed, and stays within its bound.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/html/rebuild.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  mail::html::Options options;
  options.most = 100'000;
  const auto once = mail::html::rebuild(bytes, options).html;
  if (once.size() > options.most + 20 * size + 10'000) std::abort();
  if (mail::html::rebuild(once).html != once) std::abort();
  // With links told, what is added is allowed markup too.
  options.tell_links = true;
  const auto told = mail::html::rebuild(bytes, options).html;
  if (mail::html::rebuild(told).html != told) std::abort();
  // Text may hold these words; markup never begins with them.
  for (const char* never : {"<script", "<style", "<svg", "<math", "<iframe", "<form", "<meta", "<base", "<link", "<object", "<template"})
    if (once.contains(never) || told.contains(never)) std::abort();
  return 0;
}
