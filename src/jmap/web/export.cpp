// jmap/web/export.cpp - everything of the account as one tar archive, told while it is read: no more than one message is in memory.
//   mail/MAILBOX/M1f.eml   each message once as it came; in further mailboxes it is a link to the first
//   index/000001.jsonl     of a thousand messages each: file, mailboxes, keywords, when it came
//   data/Identity.json     and so on: what else JMAP knows of the account, as its /get methods tell it
// Security: one at a time of an account; what was destroyed meanwhile is left out, what cannot be read is named in problems.txt.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "jmap/mail/email_json.h"
#include "jmap/web/proof.h"
#include "jmap/web/tar.h"
#include "store/object_id.h"
#include "store/record/keys.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t indexed_together = 1'000, told_together = 262'144;
constexpr std::string_view data_types[] = {"Mailbox", "Identity", "VacationResponse", "SieveScript", "AddressBook", "ContactCard", "EmailSubmission"};

constexpr std::string_view readme =
    "This is everything of a Posthorn mail account.\n"
    "\n"
    "mail/   one folder for each mailbox, one file for each message, exactly as it came (RFC 5322). A message\n"
    "        that is in several mailboxes is stored once; the other names are hard links to it.\n"
    "index/  what the files do not say: JSON, one line a message, with its mailboxes, keywords and arrival.\n"
    "data/   mailboxes, identities and the like, as JMAP (RFC 8620) tells them.\n"
    "\n"
    "posthorn import takes the folders of mail/.\n";

struct Found {
  std::string bytes;
  WallTime received{};
  std::vector<std::string> folders, keywords, mailboxes;
};

// Nothing: it is gone.
struct ReadEmail {
  const store::Store* store = nullptr;
  AccountId account{};
  EmailId id{};
  Result<std::optional<Found>> operator()() const {
    const auto view = store->view(account);
    TRY_ASSIGN(const auto email, view.email(id));
    if (!email) return std::optional<Found>();
    TRY_ASSIGN(const auto names, view.keywords());
    Found out;
    out.received = email->received;
    store::Flags flags;
    for (const auto& [mailbox, uid] : email->members) {
      TRY_ASSIGN(const auto box, view.mailbox(mailbox));
      TRY_ASSIGN(const auto member, view.member(mailbox, uid));
      if (!box || !member) continue;
      flags = flags | member->flags;
      if (std::ranges::find(out.mailboxes, box->name) != out.mailboxes.end()) continue;
      out.mailboxes.push_back(box->name);
      out.folders.push_back("mail/" + tar_folder(box->name));
    }
    if (out.folders.empty()) return std::optional<Found>();
    out.keywords = names.text(flags);
    TRY_ASSIGN(out.bytes, view.message(id));
    return std::optional(std::move(out));
  }
};

struct ListEmails {
  const store::Store* store = nullptr;
  AccountId account{};
  Result<std::vector<EmailId>> operator()() const {
    std::vector<EmailId> out;
    const auto prefix = store::key::of(account);
    TRY(store->snapshot()->scan(store::Space::email, prefix, store::key::after(prefix), [&out](std::string_view key, std::string_view) {
      out.push_back(store::key::email_of(key));
      return true;
    }));
    return out;
  }
};

class Export {
 public:
  Export(Web& web, const Visitor& visitor, http::Exchange& exchange) : web_(web), visitor_(visitor), exchange_(exchange), now_(web.services().clock.now()) {}

  Task<Status> run() {
    auto& store = web_.services().store;
    ListEmails list{&store, visitor_.login.account};
    auto ids = co_await store.workers().run(std::move(list));
    if (!ids) co_return fail(ids.error());
    add("README.txt", readme, now_);
    co_await add_data();
    for (const auto id : *ids) {
      ReadEmail read{&store, visitor_.login.account, id};
      auto found = co_await store.workers().run(std::move(read));
      if (found && *found) add_email(id, **found);
      else if (!found) problems_ += store::object_id(id) + ".eml is left out: " + found.error().text() + "\n";
      if (in_index_ == indexed_together) flush_index();
      auto told = co_await tell(told_together);
      if (!told) co_return told;
    }
    if (in_index_ > 0) flush_index();
    if (!problems_.empty()) add("problems.txt", problems_, now_);
    out_ += tar_end();
    co_return co_await tell(0);
  }

  std::uint64_t messages() const { return messages_; }

 private:
  void add(std::string name, std::string_view content, WallTime modified) {
    out_ += tar_head({std::move(name), content.size(), modified, {}});
    out_ += content;
    out_ += tar_padding(content.size());
  }

  void add_email(EmailId id, const Found& found) {
    const auto file = "/" + store::object_id(id) + ".eml";
    const auto first = found.folders.front() + file;
    add(first, found.bytes, found.received);
    for (std::size_t i = 1; i < found.folders.size(); ++i) out_ += tar_head({found.folders[i] + file, 0, found.received, first});
    json::array mailboxes, keywords;
    for (const auto& one : found.mailboxes) mailboxes.push_back(json::string(one));
    for (const auto& one : found.keywords) keywords.push_back(json::string(one));
    index_ += json::serialize(json::object{{"id", store::object_id(id)}, {"file", first}, {"mailboxes", std::move(mailboxes)}, {"keywords", std::move(keywords)},
                                           {"receivedAt", utc_date(found.received)}, {"size", found.bytes.size()}}) + "\n";
    ++in_index_;
    ++messages_;
  }

  void flush_index() {
    auto number = std::to_string(++indices_);
    number.insert(0, 6 - std::min<std::size_t>(6, number.size()), '0');
    add("index/" + number + ".jsonl", index_, now_);
    index_.clear();
    in_index_ = 0;
  }

  // By the methods that every client has; what this server does not speak is not there.
  Task<void> add_data() {
    Call call{web_.services(), visitor_.login, {}, {}, exchange_.peer().address};
    for (const auto type : data_types) {
      const auto* method = find_method(std::string(type) + "/get");
      if (method == nullptr) continue;
      json::object arguments{{"accountId", account_text(visitor_.login.account)}, {"ids", nullptr}};
      auto answer = co_await method->run(call, std::move(arguments));
      if (!answer) problems_ += std::string(type) + " is left out: " + answer.error().type + " " + answer.error().description + "\n";
      else if (const auto* list = answer->if_contains("list")) add("data/" + std::string(type) + ".json", json::serialize(*list) + "\n", now_);
    }
  }

  Task<Status> tell(std::size_t from) {
    if (out_.size() <= from) co_return Status{};
    auto done = co_await exchange_.send(out_);
    out_.clear();
    co_return done;
  }

  Web& web_;
  const Visitor& visitor_;
  http::Exchange& exchange_;
  const WallTime now_;
  std::string out_, index_, problems_;
  std::size_t in_index_ = 0, indices_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace

Task<void> account_export(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto place = web.take_place(visitor.login.account, Web::Kind::export_all);
  if (!place) {
    auto busy = problem_response(429, too_many, "An export of this account is under way; wait until it is done.");
    co_await exchange.respond(std::move(busy));
    co_return;
  }
  const auto day = utc_date(web.services().clock.now()).substr(0, 10);
  http::Response head;
  head.fields = {{"Content-Type", "application/x-tar"}, {"Content-Disposition", "attachment; filename=\"" + visitor.login.name.substr(0, visitor.login.name.find('@')) + "-" + day + ".tar\""},
                 {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  auto begun = co_await exchange.begin(std::move(head));
  if (!begun || exchange.request().method == "HEAD") co_return;
  Export all(web, visitor, exchange);
  auto done = co_await all.run();
  web.services().log.info(done ? "account.exported" : "account.export_broken", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"messages", std::to_string(all.messages())}, {"why", done ? "" : done.error().what}});
}

}  // namespace posthorn::jmap
