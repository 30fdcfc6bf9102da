// smtp/client/dialogue.h - commands out, replies in, over a Stream, each with a deadline, told to a listener.
// The client's parts (open, auth, send) use it. After an error the dialogue is dead: nothing more can be said or read.
// Security: replies are hostile (attacks.md A10): ReplyParser bounds them, and one deadline covers a whole reply.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/stream.h"
#include "smtp/client.h"

namespace posthorn::smtp {

class Dialogue {
 public:
  Dialogue(std::unique_ptr<Stream> stream, Clock& clock, Listener listener);

  // One or more whole commands in one write. `told` is what the listener hears in place of a secret.
  Task<Status> say(std::string commands, Duration patience, std::string told = {});
  Task<Status> say_text(std::string_view bytes, Duration patience);  // text of a message; the listener does not hear it
  Task<Result<Reply>> hear(Duration patience);
  Task<Result<Reply>> ask(std::string command, Duration patience, std::string told = {});

  // Whether the server has said nothing beyond the replies that were asked for.
  bool server_is_silent() const { return input_.empty() && !stream->readable(); }
  bool alive() const { return alive_; }
  void note(std::string_view text);  // into the listener's evidence, as ours
  void close();

  const std::unique_ptr<Stream> stream;

 private:
  void tell(bool client, std::string_view lines);
  Error died(Error error);

  Clock& clock_;
  Listener listener_;
  SteadyTime started_;
  std::string input_;
  bool alive_ = true;
};

// What the queue's record says of a refusal: "RCPT was answered: 550 5.1.1 Unknown".
std::string told(std::string_view command, const Reply& reply);
// An Error from a reply that was not the wanted one: permanent or not, as the client's contract says.
Error refusal(std::string_view command, const Reply& reply);

}  // namespace posthorn::smtp
