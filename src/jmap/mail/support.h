// jmap/mail/support.h - what the methods of mail share: work on a worker with the account's View, states, positions in lists.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/core/method.h"
#include "jmap/core/turns.h"
#include "jmap/mail/email_json.h"
#include "store/catalogs.h"
#include "store/history.h"
#include "store/object_id.h"

// Assigns the value of an expected or returns its MethodError. Not in coroutines: those call plain functions.
#define JMAP_TRY(declaration, expression) JMAP_TRY_(PH_CONCAT(jmap_try_, __LINE__), declaration, expression)
#define JMAP_TRY_(temporary, declaration, expression)                           \
  auto temporary = (expression);                                                \
  if (!temporary) return std::unexpected(::posthorn::jmap::as_method_error(temporary.error())); \
  declaration = std::move(*temporary)
#define JMAP_CHECK(expression)                                                                          \
  do {                                                                                                  \
    if (auto jmap_check = (expression); !jmap_check) return std::unexpected(::posthorn::jmap::as_method_error(jmap_check.error())); \
  } while (false)

namespace posthorn::jmap {

inline MethodError as_method_error(MethodError error) { return error; }
inline MethodError as_method_error(const Error& error) { return method_error(error); }

template <class T>
using Expected = std::expected<T, MethodError>;

// Runs `work()` -> Answer on the worker pool: reads of the store may touch a cold disk.
template <class Work>
Task<Answer> on_worker(Call& call, Work work) {
  auto* const turns = call.services.turns;
  if (turns == nullptr) co_return co_await call.services.store.workers().run(std::move(work));
  auto turn = co_await turns->take(call.account());
  if (!turn) co_return method_fail("serverUnavailable", "Other requests of this account take too long; try again later.");
  co_return co_await turns->workers().run(std::move(work));
}

// The same in steps, for what may take many seconds.
template <class Work>
Task<Answer> on_worker_in_steps(Call& call, Work work) {
  auto* const turns = call.services.turns;
  if (turns == nullptr) co_return co_await in_steps(call.services.store.workers(), work);
  auto turn = co_await turns->take(call.account());
  if (!turn) co_return method_fail("serverUnavailable", "Other requests of this account take too long; try again later.");
  co_return co_await in_steps(turns->workers(), work);
}

// The current state of a type.
std::string state_of_type(const store::View& view, store::DataType type);
// stateMismatch, if the client named another (RFC 8620 5.3).
Expected<void> check_state(const std::optional<std::string>& asked, const store::View& view, store::DataType type);

// Of a /set: whether what lies between the old and the new state is ours alone. If others committed in between, the client must not
// take the new state for granted: the old one is then told as null, and it asks for changes (RFC 8620 5.3).
class OwnCommits {
 public:
  explicit OwnCommits(const store::View& before, store::DataType type) : type_(type), at_(before.modseq()), old_(state_of_type(before, type)) {}
  void add(ModSeq commit) { commits_.push_back(commit); }
  void add(const std::vector<ModSeq>& commits) { commits_.insert(commits_.end(), commits.begin(), commits.end()); }
  // Puts oldState and newState into an answer.
  void tell(boost::json::object& answer, const store::View& after) const;

 private:
  store::DataType type_;
  ModSeq at_;
  std::string old_;
  std::vector<ModSeq> commits_;
};

template <class Id>
boost::json::array ids_json(const std::vector<Id>& ids) {
  boost::json::array out;
  for (const auto id : ids) out.push_back(boost::json::string(store::object_id(id)));
  return out;
}

// The answer of a /changes (RFC 8620 5.2), from History. cannotCalculateChanges where it must be.
inline constexpr std::size_t most_changes = 10'000;  // of one answer, if the client does not say
Expected<store::History> history_since(const store::View& view, std::string_view state);
MethodError cannot_calculate(const Error& error);
template <class Id>
boost::json::object changes_answer(const Call& call, const ChangesRequest& request, const store::Delta<Id>& delta, boost::json::array (*ids)(const std::vector<Id>&)) {
  return {{"accountId", account_text(call.account())},
          {"oldState", request.since_state},
          {"newState", store::text_of(delta.until)},
          {"hasMoreChanges", delta.more},
          {"created", ids(delta.created)},
          {"updated", ids(delta.updated)},
          {"destroyed", ids(delta.destroyed)}};
}

// invalidArguments if a property that is asked for is none of the type's (RFC 8620 5.1).
Expected<void> check_properties(const GetRequest& request, std::span<const std::string_view> known);
// An object with only the properties that were asked for, and its id.
boost::json::object only_wanted(const GetRequest& request, boost::json::object all);

// RFC 8620 5.6
struct QueryChangesRequest {
  std::string since;
  std::uint64_t max = 0;
  std::optional<std::string> up_to;
  bool total = false;
};
Expected<QueryChangesRequest> read_query_changes_arguments(Arguments& arguments);

// The arguments of a /query about which part of the list to return (RFC 8620 5.5).
struct Window {
  std::int64_t position = 0;
  std::optional<std::string> anchor;
  std::int64_t anchor_offset = 0;
  std::optional<std::uint64_t> limit;
  bool calculate_total = false;
};
Expected<Window> read_window(Arguments& arguments);
// Where in a list of `size` the window begins; `anchor`: the index of the anchor, if there is one.
Expected<std::size_t> window_start(const Window& window, std::size_t size, std::optional<std::size_t> anchor);

struct Comparator {
  std::string property, keyword;
  bool ascending = true;
};
// unsupportedSort, invalidArguments. `known`: properties that may be sorted by.
Expected<std::vector<Comparator>> read_sort(Arguments& arguments, std::span<const std::string_view> known);

// The window of a short list of ids that is known whole.
Answer query_answer(const Call& call, const Window& window, const std::vector<std::string>& ids, std::string state, bool can_calculate);

// rfc:8620#5.3 a PatchObject on a flat object: checks pointers; "a/b" is given to `deep` as its two halves.
struct Patch {
  std::string property;
  std::optional<std::string> key;  // of "keywords/$seen"
  boost::json::value value;
};
std::expected<std::vector<Patch>, SetError> read_patches(const boost::json::object& patch);
std::string unescape_pointer(std::string_view step);

SetError invalid_properties(std::string description, std::vector<std::string> properties);
// Something of the store failed: the log gets it.
void log_fault(const Call& call, std::string_view method, const Error& error);

}  // namespace posthorn::jmap
