// app/command/check_desk.h - what all checks stand on: a resolver (the network's or a zone file's), a clock, and a loop that asks what
// a verdict misses until it is there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "app/command/check.h"
#include "base/clock.h"
#include "dns/resolver.h"
#include "trust/answers.h"

namespace posthorn::app {

class CheckDesk {
 public:
  // Errors: invalid: the zone file, the resolver's address or the time cannot be read.
  static Result<std::unique_ptr<CheckDesk>> open(const CheckOptions& options);

  WallTime now() const { return now_; }
  trust::Answers& answers() { return answers_; }

  // Calls `verdict` until it gives something, asking in between what answers() misses.
  template <class Ask>
  auto until_known(Ask verdict) {
    auto out = verdict();
    while (!out) {
      ask();
      out = verdict();
    }
    return std::move(*out);
  }

 private:
  void ask();

  boost::asio::io_context context_{1};
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<dns::Resolver> resolver_;
  trust::Answers answers_;
  WallTime now_{};
};

// "2026-11-23T17:05:04Z", with an offset instead of Z, or seconds since 1970.
Result<WallTime> parse_time(std::string_view text);

}  // namespace posthorn::app
