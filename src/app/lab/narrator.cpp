#include "app/lab/narrator.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstdio>

#include "base/text.h"

namespace posthorn::app::lab {

void Narrator::tell_at(WallTime when, const std::string& who, const std::string& text) {
  const auto after = std::max<std::int64_t>(0, (when - start_).count());
  if (format_ == Format::json) {
    steps_.push_back(boost::json::object{{"after_ms", after}, {"who", who}, {"what", text}});
    return;
  }
  std::printf("%10s  %-8s %s\n", ("+" + std::to_string(after) + " ms").c_str(), who.c_str(), printable(text).c_str());
  std::fflush(stdout);
}

}  // namespace posthorn::app::lab
