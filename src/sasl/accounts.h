// sasl/accounts.h - who may log in: what the protocol servers ask. The store implements it (store/logins).
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/password.h"

namespace posthorn::sasl {

struct Login {
  AccountId account{};
  std::string name;             // canonical, such as alice@blue.test
  std::string app_password{};   // the label of the app password that it was; empty: the account's own password
  std::string mark{};           // of that password as it stood when it was checked (store/logins); empty: it was none
};

// What somebody shows who wants into the webmail, or to change what keeps others out.
struct Proof {
  enum class For : std::uint8_t {
    login,   // the account's own password, and a code where the account has codes
    change,  // of one who is in: the password or a code
  };
  For what = For::login;
  std::string password, code;
};
enum class Unproved : std::uint8_t {
  wrong,        // the password, or the account, or both
  code_needed,  // the password is right
  code_wrong,   // or it was used before
  later,        // too many tries from there (attacks.md F1), or it cannot be told now
};

class Accounts {
 public:
  virtual ~Accounts() = default;
  // Of mail apps. Argon2id on the worker pool, equal work for unknown users (attacks.md E13). Refused: wrong user or password; if the
  // error has a `todo`, the password was right, and what both say is for the client. Unavailable: too many tries from there (attacks.md
  // F1), or the store cannot tell. `service` is "smtp", "imap", "pop3" or "jmap"; `address` is the client's IP.
  virtual Task<Result<Login>> check_password(std::string user, std::string password, std::string service, std::string address) = 0;
  // With the keys of the account's own password and of its app passwords; for unknown users a salt that is always the same, and no keys.
  virtual Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) = 0;
  // After SCRAM succeeded, with the keys that the proof fitted, or failed, with nothing: the account, and the count of failures. Refused:
  // nothing fitted, or what did opens the account no more, or not to mail apps.
  virtual Task<Result<Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string service, std::string address) = 0;
  // Of the webmail: app passwords are none of its.
  virtual Task<std::expected<Login, Unproved>> check_owner(std::string user, Proof proof, std::string address) {
    auto login = co_await check_password(std::move(user), std::move(proof.password), "web", std::move(address));
    if (!login) co_return std::unexpected(login.error().code == Errc::refused ? Unproved::wrong : Unproved::later);
    co_return std::move(*login);
  }
  // Calls `over` on `executor` once the login is over (another password, an app password taken back, an account disabled or gone: attacks.md
  // F6); until what it returns is let go.
  virtual std::shared_ptr<void> watch(Login, Executor, std::function<void()>) { return nullptr; }
};

// What a client is told of a refusal.
inline std::string_view refusal_text(const Error& error) { return error.todo.empty() ? std::string_view("Wrong user or password") : std::string_view(error.todo); }

}  // namespace posthorn::sasl
