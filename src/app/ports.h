// app/ports.h - what the ports of the services have of their own: how TLS is spoken there, and what is told to whom there is no room for.
#pragma once

#include <cstdint>
#include <string>

#include "app/config/config.h"
#include "net/tls_context.h"

namespace posthorn::app {

net::TlsTerms terms_of(ServiceKind kind);

// Before a connection is closed because its network has too many, or the server has; empty: nothing is said.
std::string too_many_text(ServiceKind kind, const std::string& host);
std::string too_busy_text(ServiceKind kind, const std::string& host);

// As many open files as the system lets us have; and how many connections that leaves room for: descriptors are also needed for files,
// outgoing connections and the resolver.
void raise_descriptor_limit();
std::uint64_t connection_limit(const Config& config);

}  // namespace posthorn::app
