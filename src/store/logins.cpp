#include "store/logins.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/password.h"
#include "mail/address.h"
#include "store/app_password_use.h"
#include "store/codes.h"
#include "store/login_watch.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr std::size_t password_limit = 1024;
constexpr std::size_t own_password = 0;  // among an account's passwords; those of apps follow
constexpr auto cache_time = std::chrono::minutes(5);
constexpr std::size_t table_limit = 100'000;  // rows in memory

struct Known {
  AccountId id{};
  AccountRecord record;
};

// Of the password that it was; "-" where that is gone.
std::string mark_of(const AccountRecord& record, const sasl::Login& login) {
  if (login.app_password.empty()) return crypto::sha256(record.password);
  const auto app = std::ranges::find(record.app_passwords, login.app_password, &StoredAppPassword::label);
  return app == record.app_passwords.end() ? "-" : crypto::sha256(app->verifier);
}

struct VerifyWork {
  const crypto::Keyring& keyring;
  std::vector<std::string> verifiers;  // tried until one fits; app passwords come after the account's own
  std::string password;
  Result<std::optional<std::size_t>> operator()() const { return keyring.verify_password(verifiers, password); }
};

class Logins final : public sasl::Accounts {
 public:
  explicit Logins(Store& store, const crypto::Keyring& keyring)
      : store_(store), keyring_(keyring), dummy_(crypto::argon2id(crypto::random_bytes(16))) {}

  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string, std::string) override {
    user = login_name(user);
    auto known = find(user);
    if (!known) co_return fail(Errc::unavailable, known.error().what);
    const auto cache_key = known->has_value() && password.size() <= password_limit ? cache_key_of(**known, password) : std::string();
    auto fits = cached(cache_key);
    if (!fits) {
      auto work = verify_work(*known, password, Verifiers::all);
      const auto found = co_await store_.workers().run(std::move(work));
      if (!found) co_return fail(Errc::unavailable, found.error().what);  // whatever it is, it does not say that the password is wrong
      if (known->has_value() && password.size() <= password_limit) fits = *found;
      if (fits) remember(cache_key, *fits);
    }
    auto login = settle(*known, fits);
    if (!login) co_return login;
    if (*fits == 0 && !(*known)->record.codes.secret.empty()) co_return needs_app_password();
    co_await note_use(*login);
    co_return login;
  }

  Task<std::expected<sasl::Login, sasl::Unproved>> check_owner(std::string user, sasl::Proof proof, std::string) override {
    using sasl::Unproved;
    user = login_name(user);
    auto known = find(user);
    if (!known) co_return std::unexpected(Unproved::later);
    const bool by_code = proof.what == sasl::Proof::For::change && proof.password.empty();
    if (!by_code) {
      auto work = verify_work(*known, proof.password, Verifiers::own);
      const auto fits = co_await store_.workers().run(std::move(work));
      if (!fits) co_return std::unexpected(Unproved::later);
      if (!*fits || proof.password.size() > password_limit) co_return std::unexpected(Unproved::wrong);
    }
    auto login = settle(*known, own_password);
    if (!login) co_return std::unexpected(Unproved::wrong);
    const bool has_codes = !(*known)->record.codes.secret.empty();
    if (!by_code && (!has_codes || proof.what == sasl::Proof::For::change)) co_return std::move(*login);
    if (has_codes && proof.code.empty()) co_return std::unexpected(Unproved::code_needed);
    const auto used = co_await use_code(store_, keyring_, login->account, std::move(proof.code));
    if (!used) co_return std::unexpected(Unproved::later);
    if (!*used) co_return std::unexpected(has_codes ? Unproved::code_wrong : Unproved::wrong);
    co_return std::move(*login);
  }

  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string, std::string) override {
    user = login_name(user);
    auto known = find(user);
    if (!known) co_return fail(Errc::unavailable, known.error().what);
    // rfc:5802#7 gives nothing away: the same name always gets the same salt, and the keyring works as long without keys.
    crypto::ScramVerifier out{crypto::scram_iterations, keyring_.pseudonym("scram salt", user).substr(0, 16), {}, &keyring_};
    if (known->has_value() && (*known)->record.scram.iterations > 0) add_keys(out, (*known)->record);
    co_return out;
  }

  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) override {
    user = login_name(user);
    auto known = find(user);
    if (!known) co_return fail(Errc::unavailable, known.error().what);
    // Looked up anew: it may have been changed or taken back since its keys were given out.
    const auto which = fitted && known->has_value() ? whose((*known)->record, *fitted) : std::optional<std::size_t>();
    auto login = settle(*known, which);
    if (login && login->app_password.empty() && !(*known)->record.codes.secret.empty()) co_return needs_app_password();
    if (login) co_await note_use(*login);
    co_return login;
  }

  std::shared_ptr<void> watch(sasl::Login login, Executor executor, std::function<void()> over) override {
    return std::make_shared<LoginWatch>(store_, std::move(login), std::move(executor), std::move(over));
  }

 private:
  enum class Verifiers : std::uint8_t { all, own };
  VerifyWork verify_work(const std::optional<Known>& known, const std::string& password, Verifiers which) const {
    VerifyWork work{keyring_, {}, password.substr(0, password_limit + 1)};
    // attacks.md E13: an unknown user costs what a known one with one password does.
    work.verifiers.push_back(known ? known->record.password : dummy_);
    if (known && which == Verifiers::all)
      for (const auto& app : known->record.app_passwords) work.verifiers.push_back(app.verifier);
    return work;
  }

  // The own password of an account with one-time codes must not be a way around them.
  static std::unexpected<Error> needs_app_password() {
    return fail(Errc::refused, "the account has one-time codes, so that its own password opens no mail apps", "This account needs an app password; make one in the webmail under Settings");
  }

  static void add_keys(crypto::ScramVerifier& to, const AccountRecord& record) {
    to.iterations = record.scram.iterations;
    to.salt = record.scram.salt;
    to.keys.push_back(record.scram.keys);
    for (const auto& app : record.app_passwords)
      if (!app.scram.stored.empty()) to.keys.push_back(app.scram);
  }
  // The number of the password that has these keys, as verify_work() counts them.
  static std::optional<std::size_t> whose(const AccountRecord& record, const crypto::ScramKeys& keys) {
    if (keys.stored.empty()) return std::nullopt;
    if (record.scram.keys == keys) return own_password;
    const auto app = std::ranges::find(record.app_passwords, keys, &StoredAppPassword::scram);
    if (app == record.app_passwords.end()) return std::nullopt;
    return static_cast<std::size_t>(app - record.app_passwords.begin()) + 1;
  }

  Task<void> note_use(const sasl::Login& login) {
    if (login.app_password.empty()) co_return;
    auto label = login.app_password;
    // If it cannot be written its owner sees an older time: no reason to keep them out.
    static_cast<void>(co_await note_app_password_use(store_, login.account, std::move(label)));
  }

  Result<std::optional<Known>> find(const std::string& user) const {
    const auto reader = store_.snapshot();
    TRY_ASSIGN(const auto id_bytes, reader->get(Space::name, key::address(user)));
    if (!id_bytes) return std::optional<Known>();
    TRY_ASSIGN(const auto id, decode_number(*id_bytes));
    TRY_ASSIGN(const auto bytes, reader->get(Space::account, key::of(AccountId{id})));
    if (!bytes) return std::optional<Known>();
    TRY_ASSIGN(auto record, decode_account(*bytes));
    return std::optional<Known>(Known{AccountId{id}, std::move(record)});
  }

  // `which` of the passwords was shown, if one was.
  static Result<sasl::Login> settle(const std::optional<Known>& known, std::optional<std::size_t> which) {
    if (!which || !known) return fail(Errc::refused, "wrong user or password");
    if (!known->record.enabled) return fail(Errc::refused, "the account is disabled");
    sasl::Login login{known->id, known->record.name, {}};
    if (*which > own_password) login.app_password = known->record.app_passwords[*which - 1].label;
    login.mark = mark_of(known->record, login);
    return login;
  }

  // Apps log in again and again. The key holds the verifiers, so that a changed password or a removed app password ends it at once; the
  // password itself is nowhere kept.
  std::string cache_key_of(const Known& known, const std::string& password) const {
    std::string verifiers = known.record.password;
    for (const auto& app : known.record.app_passwords) verifiers += '\0' + app.verifier;
    return crypto::hmac_sha256(secret_, crypto::sha256(verifiers) + crypto::sha256(password) + key::of(known.id));
  }
  std::optional<std::size_t> cached(const std::string& cache_key) {
    const std::lock_guard lock(mutex_);
    const auto found = cache_.find(cache_key);
    if (cache_key.empty() || found == cache_.end() || store_.clock().steady() - found->second.at >= cache_time) return std::nullopt;
    return found->second.verifier;
  }
  void remember(const std::string& cache_key, std::size_t verifier) {
    const std::lock_guard lock(mutex_);
    const auto now = store_.clock().steady();
    if (cache_.size() >= table_limit) std::erase_if(cache_, [now](const auto& entry) { return now - entry.second.at >= cache_time; });
    if (cache_.size() < table_limit) cache_[cache_key] = Fitted{now, verifier};
  }

  // Which of the verifiers that are in the key.
  struct Fitted {
    SteadyTime at{};
    std::size_t verifier = 0;
  };
  Store& store_;
  const crypto::Keyring& keyring_;
  std::string dummy_;
  std::string secret_ = crypto::random_bytes(32);
  std::mutex mutex_;
  std::map<std::string, Fitted> cache_;
};

}  // namespace

std::string login_name(const std::string& user) {
  const auto address = mail::parse_address(user);
  return to_lower(address ? address->text() : std::string_view(user).substr(0, 320));
}

std::string credential_mark(const Store& store, const sasl::Login& login) {
  const auto bytes = store.snapshot()->get(Space::account, key::of(login.account));
  if (!bytes) return {};
  const auto record = *bytes ? decode_account(**bytes) : Result<AccountRecord>(fail(Errc::not_found, "gone"));
  if (!record || !record->enabled) return "-";
  // The own password of an account with one-time codes opens no mail apps; browsers have sessions of their own.
  if (login.app_password.empty() && !record->codes.secret.empty()) return "-";
  return mark_of(*record, login);
}

Result<bool> still_opens(const Reader& reader, const sasl::Login& login) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::account, key::of(login.account)));
  if (!bytes) return false;
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  return record.enabled && (login.mark.empty() || login.mark == mark_of(record, login));
}

std::unique_ptr<sasl::Accounts> make_logins(Store& store, const crypto::Keyring& keyring) { return std::make_unique<Logins>(store, keyring); }

}  // namespace posthorn::store
