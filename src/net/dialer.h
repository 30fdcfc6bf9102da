// net/dialer.h - the way out: TCP connections to others, as Streams. Tests give their own.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/stream.h"
#include "base/task.h"

namespace posthorn::net {

class Dialer {
 public:
  virtual ~Dialer() = default;
  // `from` is the local address to use, may be empty. The stream lives on the caller's executor.
  virtual Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, std::string from, Duration timeout) = 0;
};

std::unique_ptr<Dialer> tcp_dialer(Clock& clock);

}  // namespace posthorn::net
