// A client that knows nothing of Posthorn: blocking sockets and plain OpenSSL, with five seconds of patience.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/stream.h"
#include "net/tls_settings.h"

namespace posthorn::net::test {

struct RawTls {
  std::string server_name = {};
  int highest_version = 0;  // 0: any
  std::string alpn = {};    // wire form
};

class RawClient {
 public:
  explicit RawClient(const Endpoint& to, const std::string& from = "127.0.0.1") {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    auto here = address(from, 0), there = address(to.address, to.port);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&here), sizeof here);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0;
  }
  RawClient(const RawClient&) = delete;
  ~RawClient() { close(); }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  SSL* ssl() const { return ssl_.get(); }

  bool start_tls(const RawTls& wish = {}) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), wish.highest_version);
    ssl_.reset(SSL_new(context_.get()));
    if (!wish.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), wish.server_name.c_str());
    if (!wish.alpn.empty()) {
      const std::vector<unsigned char> wire(wish.alpn.begin(), wish.alpn.end());
      SSL_set_alpn_protos(ssl_.get(), wire.data(), static_cast<unsigned>(wire.size()));
    }
    SSL_set_fd(ssl_.get(), fd_);
    return SSL_connect(ssl_.get()) == 1;
  }
  void send(std::string_view bytes) {
    if (ssl_)
      SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    else
      ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Until `end` was read, or the connection ended, or patience did.
  std::string receive(std::string_view end = "\r\n") {
    std::string got;
    while (!got.ends_with(end)) {
      char byte = 0;
      const auto count = ssl_ ? SSL_read(ssl_.get(), &byte, 1) : ::recv(fd_, &byte, 1, 0);
      if (count <= 0) break;
      got += byte;
    }
    return got;
  }
  bool ended() {
    char byte = 0;
    return (ssl_ ? SSL_read(ssl_.get(), &byte, 1) : static_cast<int>(::recv(fd_, &byte, 1, 0))) == 0;
  }
  void finish_writing() { ::shutdown(fd_, SHUT_WR); }
  std::string certificate_name() const {
    X509Ptr certificate(SSL_get1_peer_certificate(ssl_.get()));
    char name[128] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  static sockaddr_in address(const std::string& text, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    ::inet_pton(AF_INET, text.c_str(), &out.sin_addr);
    return out;
  }

  int fd_ = -1;
  bool connected_ = false;
  SslCtxPtr context_;
  SslPtr ssl_;
};

}  // namespace posthorn::net::test
