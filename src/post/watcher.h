// post/watcher.h - who is told of the mail that comes in besides its recipients: the desk that counts for the reports and takes reports
// in (src/report). The office calls it; it never decides about mail, and a fault of it refuses none.
#pragma once

#include <string_view>
#include <vector>

#include "base/task.h"
#include "smtp/types.h"
#include "trust/judgement.h"

namespace posthorn::post {

// One message from another server whose fate is settled: refused for good, or committed.
struct Arrived {
  const trust::Judgement& judgement;
  const trust::Facts& facts;
  const std::vector<smtp::RcptTo>& recipients;
  std::string_view message;  // as it came, but for fields that pretended to be ours
  bool refused = false;
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  // From any thread; before the session answers, so what it begins here is kept short.
  virtual Task<void> arrived(const Arrived& one) = 0;
};

}  // namespace posthorn::post
