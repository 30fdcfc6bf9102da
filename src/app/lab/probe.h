// app/lab/probe.h - waits until a lab's servers answer: DNS with a validated answer, each service with its greeting.
// Called by `lab up` and `lab start`. Blocking; fails with what did not answer and why, or with the end of the log of one that ended.
#pragma once

#include "app/lab/desk.h"
#include "app/lab/plan.h"

namespace posthorn::app::lab {

Status wait_for_dns(Desk& desk, const Lab& lab);
Status wait_for_host(Desk& desk, const Lab& lab, const Host& host);

// The first of 127.0.1.x, 127.0.2.x ... where nobody listens on our ports; `wanted` is tried first. While the value lives no
// other `lab up` takes the same.
class Place {
 public:
  virtual ~Place() = default;
  virtual unsigned index() const = 0;
};
Result<std::unique_ptr<Place>> find_place(unsigned wanted);

}  // namespace posthorn::app::lab
