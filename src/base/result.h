// base/result.h - how functions fail: a value that says what happened and what to do about it.
// Every fallible function of Posthorn returns Result<T> or Status. Exceptions are for bugs only.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace posthorn {

// The kind of failure, for code that must decide; the text is for people.
enum class Errc : std::uint8_t {
  invalid,      // the caller's input is malformed
  not_found,    // no such thing
  exists,       // there is one already
  refused,      // policy or missing rights
  over_quota,   // the account is full
  too_big,      // a limit on size or count
  conflict,     // changed meanwhile; look again
  unavailable,  // cannot tell or cannot do now; later may work
  io,           // disk or network failed
  corrupt,      // stored bytes do not check
  timeout,      // a deadline passed
  closed,       // the peer is gone or we are stopping
  unsupported,  // understood but not offered
};

std::string_view name_of(Errc code);

struct Error {
  Errc code = Errc::invalid;
  std::string what;  // what happened, for the log and the operator
  std::string todo;  // the next step, may be empty

  std::string text() const { return todo.empty() ? what : what + ". " + todo; }
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Errc code, std::string what, std::string todo = {}) {
  return std::unexpected<Error>(Error{code, std::move(what), std::move(todo)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace posthorn

// TRY(x = f()): never inside coroutines' co_await expressions (see docs/architecture.md, "Coroutines"):
// there write: auto r = co_await f(); if (!r) co_return fail(r.error());
#define PH_CONCAT_(a, b) a##b
#define PH_CONCAT(a, b) PH_CONCAT_(a, b)
// Assigns the value of a Result to a new variable or returns its error: TRY_ASSIGN(auto key, parse(text));
#define TRY_ASSIGN(declaration, expression) TRY_ASSIGN_(PH_CONCAT(try_, __LINE__), declaration, expression)
#define TRY_ASSIGN_(temporary, declaration, expression)                                     \
  auto temporary = (expression);                                                            \
  if (!temporary) return std::unexpected<::posthorn::Error>(std::move(temporary).error());  \
  declaration = std::move(*temporary)
// Returns the error of a Status, if it is one: TRY(write(bytes));
#define TRY(expression)                                                                     \
  do {                                                                                      \
    if (auto try_status = (expression); !try_status)                                        \
      return std::unexpected<::posthorn::Error>(std::move(try_status).error());             \
  } while (false)
