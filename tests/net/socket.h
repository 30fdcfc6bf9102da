// What tests over real loopback sockets stand on: a runtime, an authority and two certificates of it, and a context that has both.
#pragma once

#include <stdexcept>

#include "net/certificates.h"
#include "net/server.h"

namespace posthorn::net::test {

class Socket : public ::testing::Test {
 protected:
  Socket() {
    authority = issue({.common_name = "test CA"});
    ca_file = folder.write("ca", authority).certificate;
    first = folder.write(
        "first", issue({.common_name = "first", .alternative_names = "DNS:mx.blue.test,DNS:*.wild.test"}, &authority));
    second = folder.write("second", issue({.common_name = "second", .alternative_names = "DNS:mx.green.test"}, &authority));
    auto loaded = TlsContext::load({first, second});
    if (!loaded) throw std::runtime_error(loaded.error().text());
    tls = std::move(*loaded);
  }
  ListenOptions implicit() {
    ListenOptions options;
    options.implicit_tls = true;
    return options;
  }

  Folder folder;
  Issued authority;
  std::string ca_file;
  CertificateFiles first, second;
  std::unique_ptr<TlsContext> tls;
  Running running;
};

}  // namespace posthorn::net::test
