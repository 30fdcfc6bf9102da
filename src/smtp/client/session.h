// smtp/client/session.h - the client behind client.h, and what its parts share. open.cpp, auth.cpp and send.cpp are its steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "smtp/client.h"
#include "smtp/client/dialogue.h"
#include "smtp/grammar/capabilities.h"

namespace posthorn::smtp {

class Sending;

class ClientSession final : public Client {
 public:
  ClientSession(std::unique_ptr<Stream> stream, ClientOptions options, Clock& clock, Listener listener)
      : options_(std::move(options)), dialogue_(std::move(stream), clock, std::move(listener)) {}

  Task<Status> open() override;
  Task<Outcome> send(const Outgoing& outgoing) override;
  Task<void> quit() override;
  const std::optional<TlsFacts>& tls() const override { return dialogue_.stream->tls(); }
  bool offered(std::string_view extension) const override { return capabilities_.has(extension); }
  bool tls_failed() const override { return tls_failed_; }

 private:
  Task<Status> open_steps();
  Task<Status> greeting();
  Task<Status> hello();
  Task<Status> go_to_tls();
  Task<Status> handshake();
  Task<Status> log_in();
  Task<void> transact(Sending& sending, std::string_view message);
  Task<void> text(Sending& sending, std::string_view message);

  ClientOptions options_;
  Dialogue dialogue_;
  Capabilities capabilities_;
  std::size_t sent_ = 0;      // messages, against the server's MAILMAX
  bool opened_ = false;
  bool tls_failed_ = false;
  bool needs_reset_ = false;  // a transaction was left open
};

}  // namespace posthorn::smtp
