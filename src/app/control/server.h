// app/control/server.h - the control socket of a running server: how the command line changes things without a restart.
// Security: a Unix socket, mode 0600 in the data folder; peers of another user than ours and root are refused (SO_PEERCRED).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/operations.h"
#include "base/log.h"
#include "net/runtime.h"

namespace posthorn::app {

// Operations of the server itself, such as "server.stop"; gives nothing for those it does not know.
using ServerOperation = std::function<std::optional<Result<admin::Response>>(const admin::Request&)>;

class ControlServer {
 public:
  virtual ~ControlServer() = default;
};
// What the operations work on; outlives the control server.
struct ControlServices {
  store::Store& store;
  crypto::Keyring& keyring;
  post::Sender& sender;
  dns::Resolver& resolver;
  report::Desk& reports;
};
Result<std::unique_ptr<ControlServer>> listen_control(net::Runtime& runtime, const std::string& path, ControlServices services, Log& log,
                                                      ServerOperation own);

}  // namespace posthorn::app
