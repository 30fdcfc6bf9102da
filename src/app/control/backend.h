// app/control/backend.h - where a command's operation runs: in the running server, over its control socket, or right here on the
// store when no server runs. Commands do not notice the difference. Blocking: for the command line only.
#pragma once

#include <memory>

#include "admin/operations.h"
#include "app/config/config.h"

namespace posthorn::app {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<admin::Response> call(admin::Request request) = 0;
  virtual bool is_server() const = 0;
};

Result<std::unique_ptr<Backend>> open_backend(const Config& config);
// Only a running server will do; unavailable if there is none.
Result<std::unique_ptr<Backend>> connect_server(const Config& config);

}  // namespace posthorn::app
