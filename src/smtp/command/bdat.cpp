// smtp/command/bdat.cpp - BDAT (RFC 3030): the text in counted chunks.
// Security: attacks.md A3, A4. The count alone says where a chunk ends; its octets are taken even if the command is refused, so
// that they are never read as commands; the same rules for CR, LF and NUL as in DATA, for BINARYMIME is not offered.
#include <algorithm>

#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

std::optional<Reply> refuse_now(const Session& session) {
  if (!session.incoming) return make_reply(503, "5.5.1", "Say MAIL first");
  if (session.incoming->failed) return make_reply(503, "5.5.1", "A chunk was refused; RSET ends the transaction");
  if (session.incoming->transaction.recipients.empty())
    return session.incoming->asked > 0 ? make_reply(554, "5.5.1", "No valid recipients") : make_reply(503, "5.5.1", "Say RCPT first");
  return std::nullopt;
}

// One chunk on its way: kept, or only counted once there is a problem.
struct Chunk {
  std::uint64_t left = 0;
  std::optional<Reply> problem;
  TextState state = TextState::more;
};

void take(Session& session, Chunk& chunk) {
  const auto all = session.input.buffered();
  const auto bytes = all.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(chunk.left, all.size())));
  chunk.left -= bytes.size();
  if (!chunk.problem) chunk.problem = session.incoming->make_room(bytes.size());
  if (!chunk.problem) {
    chunk.state = session.incoming->checker.feed(bytes);
    session.incoming->transaction.message.append(bytes);
    chunk.problem = session.incoming->check_size();
  }
  session.input.consume(bytes.size());
}

// False: the session is ending.
Task<bool> take_all(Session& session, Chunk& chunk) {
  TextFlow flow(session.clock);
  while (true) {
    const auto before = chunk.left;
    take(session, chunk);
    flow.got(static_cast<std::size_t>(before - chunk.left));
    if (chunk.left == 0 || chunk.state != TextState::more) co_return true;
    const bool more = co_await session.fill(flow.deadline());
    if (!more) co_return false;
  }
}

void close_for_text(Session& session, TextState state) {
  auto reply = make_reply(550, "5.6.0", "The message holds a bare CR or LF; lines end with CR LF");
  if (state == TextState::nul) reply.text = "The message holds a NUL";
  if (state == TextState::too_long)
    reply = make_reply(554, "5.6.0", "A line is longer than " + std::to_string(session.options.line_limit) + " octets");
  session.close_with(reply, reply.text);
}

Task<void> finish_chunk(Session& session, Bdat bdat) {
  auto& incoming = *session.incoming;
  if (!bdat.last) {
    session.say(250, "2.0.0", std::to_string(bdat.size) + " octets received");
    co_return;
  }
  if (incoming.checker.after_cr()) {
    close_for_text(session, TextState::bare);
    co_return;
  }
  // A text may end within a line; the store and every later hop want whole lines.
  if (!incoming.checker.at_line_start()) incoming.transaction.message += "\r\n";
  co_await session.finish_message();
}

}  // namespace

Task<void> bdat(Session& session, std::string_view arguments) {
  const auto bdat = parse_bdat(arguments);
  if (!bdat) {
    // Without the count nobody knows where the next command begins.
    session.close_with(bdat.error(), "BDAT without a count");
    co_return;
  }
  Chunk chunk{bdat->size, refuse_now(session)};
  if (session.incoming) session.incoming->chunked = true;
  if (bdat->size > 2 * session.options.message_limit + 65'536) {
    const auto reply = make_reply(552, "5.3.4", "The message is larger than " + std::to_string(session.options.message_limit) + " octets");
    session.close_with(reply, "a chunk beyond all bounds");
    co_return;
  }
  const bool whole = co_await take_all(session, chunk);
  if (!whole) co_return;
  if (chunk.state != TextState::more) {
    close_for_text(session, chunk.state);
  } else if (chunk.problem) {
    if (session.incoming) session.incoming->failed = true;
    session.say(*chunk.problem);
  } else {
    co_await finish_chunk(session, *bdat);
  }
}

}  // namespace posthorn::smtp
