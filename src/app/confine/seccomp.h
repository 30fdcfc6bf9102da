// app/confine/seccomp.h - the calls into the kernel that a confined process may make: a list of what is allowed (libseccomp), over all its
// threads. What is not on it fails with "operation not permitted" or, where libraries know how to go on without it, "not implemented".
#pragma once

#include <cstdint>

#include "base/result.h"

namespace posthorn::app::confine {

enum class Part : std::uint8_t {
  server,  // files, threads, TCP, UDP and Unix sockets
  keys,    // what it has open: no new file, no socket
  keeper,  // who starts the keys' process: no filter, because a child could never loosen it
};
Status close_kernel(Part part);

}  // namespace posthorn::app::confine
