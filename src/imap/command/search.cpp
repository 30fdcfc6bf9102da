// imap/command/search.cpp - SEARCH and UID SEARCH (RFC 9051 6.4.4; RFC 4731, 5182): runs the program of imap/search over the rows,
// and reads of a message only what its answer depends on.
// Security: attacks.md E5. What needs more than the rows runs on a worker, in slices, so that others get their turn; a search that has
// worked for ServerOptions::search_time is refused. Waiting for the turn does not count.
#include "imap/search/evaluate.h"
#include "imap/search/parse.h"
#include "imap/search/respond.h"

#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

constexpr Duration search_slice = std::chrono::milliseconds(100);
constexpr std::size_t rows_between_looks = 64;  // at the clock

struct Plan {
  const store::Store& mail;
  const Clock& clock;
  AccountId account;
  const std::vector<store::Member>& rows;
  const SearchProgram& program;
};

struct Slice {
  std::vector<std::size_t> found;  // indices
  std::size_t next = 0;
  std::optional<Error> error;
  Duration worked{};
};

// rfc:9051#6.4.4: a message that is gone does not match.
Result<bool> matches(const Plan& plan, const store::View& view, std::size_t index) {
  const auto& row = plan.rows[index];
  SearchData data{.sequence = static_cast<std::uint32_t>(index + 1), .member = row};
  std::optional<store::Email> email;
  std::optional<mail::Summary> summary;
  std::string message;
  const auto gone = [](const Error& error) -> Result<bool> {
    if (error.code == Errc::not_found) return false;
    return fail(error);
  };
  while (true) {
    const auto answer = evaluate(plan.program, data);
    if (answer.is != SearchAnswer::Is::need) return answer.is == SearchAnswer::Is::yes;
    if (answer.need == Need::email) {
      TRY_ASSIGN(email, view.email(row.email));
      if (!email) return false;
      data.email = &*email;
    } else if (answer.need == Need::summary) {
      auto read = view.summary(row.email);
      if (!read) return gone(read.error());
      summary = std::move(*read);
      data.summary = &*summary;
    } else {
      auto read = view.message(row.email);
      if (!read) return gone(read.error());
      message = std::move(*read);
      data.message = message;
    }
  }
}

bool needs_reading(const SearchProgram& program) {
  for (const auto& key : program.keys)
    if (key.need != Need::row) return true;
  return false;
}

Slice search_rows(const Plan& plan, std::size_t from, Duration left) {
  Slice slice;
  const auto view = plan.mail.view(plan.account);
  const bool reads = needs_reading(plan.program);
  const auto began = plan.clock.steady();
  const auto until = began + std::min(search_slice, left);
  for (slice.next = from; slice.next < plan.rows.size(); ++slice.next) {
    if ((slice.next % rows_between_looks == 0 || reads) && plan.clock.steady() > until) break;
    const auto found = matches(plan, view, slice.next);
    if (!found) {
      slice.error = found.error();
      break;
    }
    if (*found) slice.found.push_back(slice.next);
  }
  slice.worked = plan.clock.steady() - began;
  return slice;
}

Task<Slice> next_slice(Session& session, const Plan& plan, std::size_t from, Duration left) {
  if (!needs_reading(plan.program)) co_return search_rows(plan, from, left);
  auto work = [&plan, from, left] { return search_rows(plan, from, left); };
  co_return co_await session.store.workers().run(std::move(work));
}

Task<Result<std::vector<std::size_t>>> search_all(Session& session, const SearchProgram& program) {
  std::vector<std::size_t> found;
  const Selected& selected = *session.selected;
  const Plan plan{session.store, session.clock, session.account(), selected.rows(), program};
  Duration left = session.options.search_time;
  for (std::size_t at = 0; at < plan.rows.size();) {
    if (left <= Duration::zero()) co_return fail(Errc::too_big, "the search takes too long");
    auto slice = co_await next_slice(session, plan, at, left);
    if (slice.error) co_return fail(*slice.error);
    at = slice.next;
    left -= slice.worked;
    found.insert(found.end(), slice.found.begin(), slice.found.end());
  }
  co_return found;
}

SearchContext context_of(const Session& session) {
  const auto& selected = *session.selected;
  SearchContext context;
  context.exists = selected.exists();
  context.last_uid = selected.rows().empty() ? Uid{} : selected.rows().back().uid;
  context.saved = &selected.saved;
  context.keywords = &session.keywords;
  context.now = session.clock.now();
  return context;
}

void save(Session& session, const SearchReturn& wants, const std::vector<std::uint32_t>& uids) {
  auto& saved = session.selected->saved;
  saved = NumberSet();
  for (const auto uid : saved_of(wants, uids)) saved.add(uid, uid);
  saved.normalise();
}

void tell(Session& session, const Call& call, const SearchRequest& request, const std::vector<std::size_t>& found) {
  const auto& rows = session.selected->rows();
  std::vector<std::uint32_t> uids, numbers;
  std::optional<ModSeq> highest;
  for (const auto index : found) {
    uids.push_back(number(rows[index].uid));
    numbers.push_back(static_cast<std::uint32_t>(index + 1));
    if (request.asks_modseq) highest = std::max(highest.value_or(ModSeq{}), rows[index].modseq);
  }
  const auto& wants = request.wants;
  const auto& shown = call.by == Numbers::uid ? uids : numbers;
  // rfc:5182#2.1 who only saves is told nothing.
  const bool only_saves = wants.save && !wants.min && !wants.max && !wants.all && !wants.count;
  if (wants.save) save(session, wants, uids);
  if (only_saves) return;
  if (wants.extended || session.rev2)
    append_esearch(session.out, call.tag, call.by == Numbers::uid ? SearchBy::uid : SearchBy::sequence, wants, shown, highest);
  else
    append_search(session.out, shown, highest);
}

}  // namespace

Task<Response> search(Session& session, Call& call) {
  if (!take_space(call.in)) co_return bad("SEARCH takes search keys");
  auto request = parse_search(call.in);
  if (!request) co_return syntax_refusal(request.error());
  if (request->asks_modseq) session.enable_condstore();
  request->program.bind(context_of(session));
  const auto found = co_await search_all(session, request->program);
  if (!found) {
    // rfc:5182#2.1 after a NO '$' is empty.
    if (request->wants.save) session.selected->saved = NumberSet();
    if (found.error().code == Errc::too_big) co_return no("LIMIT", "The search takes too long; ask for less, such as by date");
    co_return refusal_of(found.error());
  }
  tell(session, call, *request, *found);
  co_return ok("Done");
}

}  // namespace posthorn::imap
