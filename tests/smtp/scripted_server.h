// tests/smtp/scripted_server.h - a server that says what a test wrote, for the client: each step waits for a line that matches,
// then says bytes, or misbehaves. In virtual time over a pipe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/virtual_clock.h"
#include "net/pipe_stream.h"
#include "smtp/client.h"

namespace posthorn::smtp {

struct Act {
  std::string wait;             // a line to wait for, `*` allowed; "" waits for nothing; "." waits for the end of the text
  std::string say;              // bytes to send
  enum class Then : std::uint8_t { go_on, close, finish, tls, tarpit, hang } then = Then::go_on;
};

struct Play {
  std::vector<Act> acts;
  net::PipeOptions pipe = {};
};

struct Seen {
  Status opened = fail(Errc::invalid, "not opened");
  bool tls_failed = false;
  std::vector<Outcome> outcomes;
  std::vector<std::string> lines;   // what the server heard, without the text
  std::string text;                 // of the last message, dots undone
  std::vector<Spoken> spoken;       // the client's evidence
  bool finished = false;            // client and server both came to an end
  Duration took{};
};

// Opens, sends each message, quits.
Seen play(const Play& play, const ClientOptions& options, const std::vector<Outgoing>& messages);

}  // namespace posthorn::smtp
