// app/lab/inbox.h - a small IMAP client, enough to look into a mailbox over TLS for one letter. Called by `lab send`.
// Fails with what the server said. Security: lines and literals are bounded, though the server is our own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/lab/desk.h"
#include "base/stream.h"
#include "net/line_reader.h"

namespace posthorn::app::lab {

struct Found {
  std::uint32_t uid = 0;
  std::string size;     // RFC822.SIZE
  std::string subject;  // the header field's text
};

class Inbox {
 public:
  explicit Inbox(std::unique_ptr<Stream> stream) : stream_(std::move(stream)), reader_(*stream_) {}
  // LOGIN.
  static Task<Result<std::unique_ptr<Inbox>>> open(Desk& desk, Endpoint at, TlsClientOptions tls, std::string user, std::string password);
  // Nothing if it is not there (yet).
  Task<Result<std::optional<Found>>> look_for(std::string mailbox, std::string message_id);
  // The whole message, of the mailbox looked into last.
  Task<Result<std::string>> fetch(std::uint32_t uid);
  Task<void> close();

 private:
  // The untagged responses, each with its literals in place; an error if the answer is not OK.
  Task<Result<std::vector<std::string>>> ask(std::string command);
  Task<Result<std::string>> response();

  std::unique_ptr<Stream> stream_;
  net::LineReader reader_;
  unsigned tag_ = 0;
};

// Pure: the UIDs of "* SEARCH 3 5" and "* ESEARCH ... ALL 3" lines (the first of them).
std::optional<std::uint32_t> first_uid(const std::vector<std::string>& responses);
// Pure: the octets a line announces that follow it, "{12}" at its end.
std::optional<std::uint64_t> literal_at_end(std::string_view line);

}  // namespace posthorn::app::lab
