// sim/world/observer.h - follows one SMTP dialogue from beside the wire: which letter, which recipients were accepted, whether the text
// went through and whether its reply came back. It is told only of bytes that really arrived. Pure.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthorn::sim {

class Observer {
 public:
  // What one chunk of the server meant for the books.
  struct Refusal { std::string letter, address; };

  void client_said(std::string_view bytes);
  // The lasting refusals (5xx) among the replies.
  std::vector<Refusal> server_said(std::string_view bytes);

  bool in_text() const { return in_text_; }
  // The text has arrived in whole and no reply to it has come back yet.
  bool awaits_final() const { return awaits_final_; }
  const std::string& letter() const { return letter_; }
  const std::vector<std::string>& accepted() const { return accepted_; }
  // Reads and forgets: with the last chunk a 2xx to a text came back.
  bool take_delivered();
  // The same for a 4xx.
  bool take_deferred();

 private:
  static bool take(bool& what) { return std::exchange(what, false); }
  void command(std::string_view line);
  void reply(std::string_view line, std::vector<Refusal>& refusals);

  std::string from_client_, from_server_, text_head_, text_tail_;
  std::deque<std::string> asked_{"(greeting)"};
  std::string letter_;
  std::vector<std::string> accepted_, offered_;
  bool in_text_ = false, awaits_final_ = false, delivered_ = false, deferred_ = false;
};

// The value of X-Letter in a message, or "".
std::string letter_in(std::string_view message);

}  // namespace posthorn::sim
