// smtp/command/data.cpp - DATA (RFC 5321 4.1.1.4): the text up to the line with only a dot.
// Security: attacks.md A1, A7, A17. The decoder's first error ends the session; text over a limit is read on but not kept.
#include "smtp/grammar/data_decoder.h"
#include "smtp/grammar/parsed.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

std::optional<Reply> refuse_now(const Session& session, std::string_view arguments) {
  if (!arguments.empty()) return make_reply(501, "5.5.4", "DATA takes no argument");
  if (!session.incoming) return make_reply(503, "5.5.1", "Say MAIL first");
  // rfc:3030#2 DATA and BDAT do not mix.
  if (session.incoming->chunked) return make_reply(503, "5.5.1", "The text has begun with BDAT");
  if (session.incoming->transaction.recipients.empty())
    return session.incoming->asked > 0 ? make_reply(554, "5.5.1", "No valid recipients") : make_reply(503, "5.5.1", "Say RCPT first");
  return std::nullopt;
}

// Takes what is in the input. Nothing: the text goes on.
class TextIntake {
 public:
  explicit TextIntake(Session& session) : session_(session), decoder_(session.options.line_limit), flow_(session.clock) {}

  TextState take() {
    const auto bytes = session_.input.buffered();
    auto& incoming = *session_.incoming;
    if (!problem_) problem_ = incoming.make_room(bytes.size());
    std::size_t taken = 0;
    const auto state = decoder_.feed(bytes, problem_ ? nullptr : &incoming.transaction.message, taken);
    if (!problem_) problem_ = incoming.check_size();
    session_.input.consume(taken);
    flow_.got(taken);
    read_ += taken;
    return state;
  }
  // Text that is not kept is still read, so that the client hears our answer; but not for ever.
  bool beyond_patience() const { return read_ > 2 * session_.options.message_limit + 65'536; }
  SteadyTime deadline() const { return flow_.deadline(); }
  const std::optional<Reply>& problem() const { return problem_; }

 private:
  Session& session_;
  DataDecoder decoder_;
  TextFlow flow_;
  std::uint64_t read_ = 0;
  std::optional<Reply> problem_;
};

Reply refusal_of(TextState state, const Session& session) {
  if (state == TextState::too_long)
    return make_reply(554, "5.6.0", "A line is longer than " + std::to_string(session.options.line_limit) + " octets");
  if (state == TextState::nul) return make_reply(550, "5.6.0", "The message holds a NUL");
  return make_reply(550, "5.6.0", "The message holds a bare CR or LF; lines end with CR LF");
}

}  // namespace

Task<void> data(Session& session, std::string_view arguments) {
  auto problem = refuse_now(session, arguments);
  if (!problem) problem = session.incoming->make_room(0);
  if (problem) {
    session.say(*problem);
    co_return;
  }
  session.say(354, "", "Go ahead, end with a dot on a line of its own");
  TextIntake intake(session);
  auto state = TextState::more;
  while (state == TextState::more) {
    const bool more = co_await session.fill(intake.deadline());
    if (!more) co_return;
    state = intake.take();
    if (intake.beyond_patience()) {
      session.close_with(*intake.problem(), "the text did not end");
      co_return;
    }
  }
  if (state != TextState::done) {
    const auto reply = refusal_of(state, session);
    session.close_with(reply, reply.text);
  } else if (intake.problem()) {
    session.say(*intake.problem());
    session.reset_transaction();
  } else {
    co_await session.finish_message();
  }
}

}  // namespace posthorn::smtp
