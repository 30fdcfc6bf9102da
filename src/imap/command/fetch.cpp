// imap/command/fetch.cpp - FETCH and UID FETCH (RFC 9051 6.4.5): what is asked is imap/fetch/items, how it is answered
// imap/fetch/respond; here is only what must be read when. Rows and summaries are read at once, messages by a worker.
// Security: attacks.md E6: responses are made in pieces, and the next piece only when the client has taken the last.
#include <algorithm>

#include "imap/fetch/items.h"
#include "imap/fetch/respond.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t piece_octets = 65'536, piece_octets_of_messages = 262'144;
constexpr std::size_t piece_messages = 512;
constexpr std::uint64_t large_message = 262'144;  // told in ranges, each read when the client has taken the one before
constexpr std::uint64_t range_octets = 262'144;

struct Order {
  std::vector<std::size_t> messages;  // indices
  FetchRequest request;
};

Taken<Order> take_order(Session& session, Call& call) {
  Order order;
  auto messages = take_messages(session, call);
  if (!messages) return refuse(std::move(messages.error()));
  order.messages = std::move(*messages);
  if (!take_space(call.in)) return refuse(bad("FETCH takes a message set and items"));
  auto request = parse_fetch(call.in, call.by == Numbers::uid ? FetchBy::uid : FetchBy::sequence);
  if (!request) return refuse(syntax_refusal(request.error()));
  if (request->vanished) return refuse(bad("QRESYNC is not enabled"));
  order.request = std::move(*request);
  if (order.request.asks_modseq) session.enable_condstore();
  const auto since = order.request.changed_since;
  const auto& rows = session.selected->rows();
  if (since) std::erase_if(order.messages, [&](std::size_t i) { return number(rows[i].modseq) <= number(*since); });
  return order;
}

// rfc:9051#6.4.5 BODY[...] without PEEK sets \Seen. Done before anything is read, in one commit: who has seen a message on one
// client must not find it unseen on the other. Which indices changed; their responses tell FLAGS.
Task<Result<std::vector<std::size_t>>> set_seen(Session& session, const Order& order) {
  std::vector<Uid> uids;
  std::vector<std::size_t> changed;
  const auto& rows = session.selected->rows();
  if (!order.request.sets_seen || session.selected->access() == Access::read_only) co_return changed;
  for (const auto index : order.messages)
    if (!rows[index].flags.has(store::SystemFlag::seen)) uids.push_back(rows[index].uid);
  if (uids.empty()) co_return changed;
  store::FlagRequest request;
  request.change = store::FlagChange::add;
  request.flags.emplace_back("\\Seen");
  auto done = co_await session.store.change_flags(session.account(), session.selected->id(), std::move(uids), std::move(request));
  if (!done) co_return fail(done.error());
  session.refresh_keywords(session.view());
  for (const auto& row : done->changed) {
    session.selected->note(row);
    if (const auto index = session.selected->find(row.uid)) changed.push_back(*index);
  }
  std::ranges::sort(changed);
  co_return changed;
}

// Everything a piece is made of. Refers to the session and the order, which do not change while it is made.
struct Plan {
  const store::Store& mail;
  AccountId account;
  const std::vector<store::Member>& rows;
  const std::vector<std::string>& keywords;
  QuotedText quoted;
  const std::vector<std::size_t>& messages;
  const FetchRequest& request;
  FetchRequest with_flags;             // for those that just became \Seen
  std::vector<std::size_t> changed;
};

struct Piece {
  std::string out;
  std::size_t next = 0;                // of Plan::messages
  std::size_t gone = 0;                // expunged by others
  std::optional<Error> error;          // of the first message that could not be told
  std::vector<Extent> extents;         // of the last message
  EmailId email{};                     // which that is
};

// One message. Errc::not_found: it is gone.
Status respond(const Plan& plan, const store::View& view, std::size_t index, Piece& piece) {
  const auto& row = plan.rows[index];
  const auto& request = std::ranges::binary_search(plan.changed, index) ? plan.with_flags : plan.request;
  FetchData data{.sequence = static_cast<std::uint32_t>(index + 1), .member = row, .keywords = plan.keywords};
  std::optional<store::Email> email;
  std::optional<mail::Summary> summary;
  std::string message;
  if (request.needs.email || request.needs.message) {
    TRY_ASSIGN(email, view.email(row.email));
    if (!email) return fail(Errc::not_found, "the message was expunged");
    data.email = &*email;
  }
  if (request.needs.summary) {
    TRY_ASSIGN(summary, view.summary(row.email));
    data.summary = &*summary;
  }
  if (request.needs.message && email->size > large_message) {
    data.extents = &piece.extents;
    piece.email = row.email;
  }
  if (request.needs.message && (data.extents == nullptr || !request.asks_only_whole())) {
    TRY_ASSIGN(message, view.message(row.email));
    data.message = message;
  }
  auto done = append_fetch(piece.out, request, data, plan.quoted);
  if (!done) piece.extents.clear();
  return done;
}

Piece make_piece(const Plan& plan, std::size_t from) {
  Piece piece;
  const auto view = plan.mail.view(plan.account);
  const auto enough = plan.request.needs.message ? piece_octets_of_messages : piece_octets;
  const auto end = std::min(plan.messages.size(), from + piece_messages);
  for (piece.next = from; piece.next < end && piece.out.size() < enough && piece.extents.empty(); ++piece.next) {
    const auto told = respond(plan, view, plan.messages[piece.next], piece);
    if (told) continue;
    if (told.error().code == Errc::not_found) ++piece.gone;
    else if (!piece.error) piece.error = told.error();
  }
  return piece;
}

Task<Piece> next_piece(Session& session, const Plan& plan, std::size_t from) {
  if (!plan.request.needs.message) co_return make_piece(plan, from);
  auto work = [&plan, from] { return make_piece(plan, from); };
  co_return co_await session.store.workers().run(std::move(work));
}

struct ReadRange {
  const store::Store* mail = nullptr;
  AccountId account{};
  EmailId email{};
  std::uint64_t offset = 0, length = 0;
  Result<std::string> operator()() const { return mail->view(account).message_range(email, offset, length); }
};

// What was announced must come. A message that is gone meanwhile, or cannot be read, ends the connection.
Task<bool> write_extent(Session& session, EmailId email, Extent extent) {
  while (extent.length > 0) {
    ReadRange work{&session.store, session.account(), email, extent.offset, std::min(extent.length, range_octets)};
    const auto asked = work.length;
    auto bytes = co_await session.store.workers().run(std::move(work));
    if (!bytes || bytes->size() != asked) {
      session.log.error("imap.fetch_failed", {{"account", session.login->name}, {"why", bytes ? "the message is shorter than it was" : bytes.error().text()}});
      session.close_silently("a message could not be read to its end");
      co_return false;
    }
    session.out += *bytes;
    extent.offset += asked;
    extent.length -= asked;
    const bool written = co_await session.flush();
    if (!written) co_return false;
  }
  co_return true;
}

Task<bool> take_piece(Session& session, Piece piece) {
  if (piece.extents.empty()) {
    if (session.out.empty()) session.out.swap(piece.out);
    else session.out += piece.out;
    co_return co_await session.flush_if_much();
  }
  std::size_t told = 0;
  for (const auto& extent : piece.extents) {
    session.out.append(piece.out, told, extent.at - told);
    told = extent.at;
    const bool written = co_await write_extent(session, piece.email, extent);
    if (!written) co_return false;
  }
  session.out.append(piece.out, told);
  co_return true;
}

Response outcome(Session& session, const Call& call, const std::optional<Error>& error, std::size_t gone) {
  if (error && error->code == Errc::unsupported) return no("UNKNOWN-CTE", "A part has an encoding that is not known");
  if (error) {
    session.log.error("imap.fetch_failed", {{"account", session.login->name}, {"why", error->text()}});
    return refusal_of(*error);
  }
  // rfc:2180#4.1 by number they should be there; by UID their absence is no failure.
  if (gone > 0 && call.by == Numbers::sequence) return no("EXPUNGEISSUED", "Some of the messages are gone");
  return ok("Done");
}

}  // namespace

Task<Response> fetch(Session& session, Call& call) {
  const auto order = take_order(session, call);
  if (!order) co_return order.error();
  auto changed = co_await set_seen(session, *order);
  if (!changed) co_return refusal_of(changed.error());
  const Selected& selected = *session.selected;
  Plan plan{session.store, session.account(), selected.rows(), session.keywords, session.quoted(), order->messages, order->request, order->request, {}};
  plan.with_flags.add(FetchKind::flags);
  if (session.condstore) plan.with_flags.add(FetchKind::modseq);
  plan.changed = std::move(*changed);
  std::size_t gone = 0;
  std::optional<Error> error;
  for (std::size_t at = 0; at < order->messages.size();) {
    auto piece = co_await next_piece(session, plan, at);
    at = piece.next;
    gone += piece.gone;
    if (piece.error && !error) error = std::move(piece.error);
    const bool written = co_await take_piece(session, std::move(piece));
    if (!written) co_return said();
  }
  co_return outcome(session, call, error, gone);
}

}  // namespace posthorn::imap
