// app/lab/narrator.h - says what happens to a letter as it happens, with times since the start; or keeps it for JSON. Used by the
// commands that send one.
#pragma once

#include <boost/json/array.hpp>
#include <string>

#include "app/command/output.h"
#include "base/clock.h"

namespace posthorn::app::lab {

class Narrator {
 public:
  Narrator(const Clock& clock, Format format) : clock_(clock), format_(format), start_(clock.now()) {}
  WallTime start() const { return start_; }
  void tell(const std::string& who, const std::string& text) { tell_at(clock_.now(), who, text); }
  void tell_at(WallTime when, const std::string& who, const std::string& text);
  boost::json::array steps() { return std::move(steps_); }

 private:
  const Clock& clock_;
  Format format_;
  WallTime start_;
  boost::json::array steps_;
};

}  // namespace posthorn::app::lab
