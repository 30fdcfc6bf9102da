#include "world/disk_faults.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <set>

#include "base/virtual_clock.h"
#include "post/handover.h"
#include "world/base_image.h"
#include "world/dice.h"
#include "world/observer.h"
#include "world/seeded_random.h"

namespace posthorn::sim {
namespace {

constexpr std::size_t lives = 3, writers = 4;

enum class Wanted : std::uint8_t { gone, unknown, there };

// What is known of one letter. A delivery goes to alice, anna and the queue in one transaction; an append to alice alone.
struct Item {
  bool delivery = false;
  Wanted alice = Wanted::unknown, anna = Wanted::unknown, queued = Wanted::unknown, flagged = Wanted::gone;
  std::optional<Uid> uid;         // of an append, as it was answered
  std::optional<QueueId> queue_id;
};

struct Books {
  std::map<std::string, Item> items;
  std::set<Uid> uids;             // of alice's INBOX, all that were ever answered
  std::uint64_t highest_uid = 0, modseq = 0;
  std::size_t number = 0;
  std::vector<std::string> problems;
  Counts counts;

  void problem(std::string text) {
    if (problems.size() < 10) problems.push_back(std::move(text));
  }
};

// One start of the machine.
class Life {
 public:
  Life(const store::MemoryEngine& disk, std::uint64_t seed, store::Fault* fault, Books& books)
      : engine(disk.crash(seed, options_for(fault))), store(*engine, *keyring, clock, workers, *hub), books_(books), fault_(fault) {}

  void work(Dice& dice, std::size_t steps) {
    for (std::size_t i = 0; i < writers; ++i) boost::asio::co_spawn(context, writer(Dice(dice.number(), "writer"), steps), boost::asio::detached);
    const bool cut_anywhere = fault_ == nullptr;
    std::size_t handlers = cut_anywhere ? dice.below(400) : SIZE_MAX;
    for (context.restart(); handlers > 0 && context.poll_one() > 0; context.restart()) --handlers;
  }
  void check() {
    ++books_.counts["disk.checked"];
    const auto wrong = store.verify();
    if (!wrong) books_.problem("verify: " + wrong.error().text());
    else for (const auto& one : *wrong) books_.problem("verify: " + one);
    const auto alice = mail_of("alice@blue.test"), anna = mail_of("anna@blue.test"), queue = queued();
    const auto view = store.view(account("alice@blue.test"));
    if (number(view.modseq()) < books_.modseq) books_.problem("a modseq went back");
    for (auto& [id, item] : books_.items) look_at(id, item, alice, anna, queue);
    for (const auto* all : {&alice, &anna, &queue})
      for (const auto& [id, found] : *all)
        if (!books_.items.contains(id)) books_.problem("a letter that nobody wrote: " + id);
  }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::shared_ptr<crypto::Keyring> keyring = blue_image().keyring;
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
  post::Options options;

 private:
  struct Found {
    std::size_t count = 0;
    bool flagged = false;
  };
  using Mail = std::map<std::string, Found>;

  store::MemoryOptions options_for(store::Fault* fault) {
    store::MemoryOptions out;
    out.executor = context.get_executor();
    out.fault = fault;
    return out;
  }
  static AccountId account(const std::string& name) { return blue_image().people.at(name); }
  bool broken() const { return fault_ != nullptr && fault_->fired(); }
  // An answer came. `asked_broken`: the disk had failed before it was asked for.
  bool good(const Status& status, bool asked_broken) {
    ++books_.counts[status ? "disk.acknowledged" : "disk.refused"];
    if (status && asked_broken) books_.problem("a disk that failed said yes");
    if (!status && !broken()) books_.problem("refused without a fault: " + status.error().text());
    return status.has_value();
  }
  void saw_modseq() { books_.modseq = std::max(books_.modseq, number(store.view(account("alice@blue.test")).modseq())); }

  Task<void> writer(Dice dice, std::size_t steps) {
    std::vector<std::string> mine;
    for (std::size_t i = 0; i < steps; ++i) {
      const auto what = dice.below(8);
      if (what < 3 || mine.empty()) {
        auto id = "D" + std::to_string(++books_.number);
        mine.push_back(id);
        if (dice.one_in(2)) co_await deliver(std::move(id), dice);
        else co_await append(std::move(id), dice);
      } else {
        const auto& id = dice.of(mine);
        if (what < 5) co_await settle(id);
        else if (what < 7) co_await flag(id);
        else co_await expunge(id);
      }
    }
  }
  static std::string text_of(const std::string& id, Dice& dice) {
    const std::size_t size = dice.one_in(300) ? 700'000 : dice.one_in(30) ? 100'000 : dice.below(2000);
    std::string out = "From: alice@blue.test\r\nX-Letter: " + id + "\r\nSubject: s\r\n\r\n";
    // Half of it does not compress.
    while (out.size() < size) out += size > 500'000 ? crypto_like(dice) : std::string(78, 'x') + "\r\n";
    return out + "\r\n";
  }
  static std::string crypto_like(Dice& dice) {
    std::string line;
    for (int i = 0; i < 9; ++i) line += std::to_string(dice.number() % 100'000'000);
    return line + "\r\n";
  }

  Task<void> deliver(std::string id, Dice& dice) {
    auto& item = books_.items[id];
    item.delivery = true;
    const bool before = broken();
    post::Letter letter;
    letter.from.reverse_path = {"alice", "blue.test"};
    letter.login = "alice@blue.test";
    for (const auto* to : {"alice@blue.test", "anna@blue.test", "bob@green.test"}) {
      smtp::RcptTo rcpt;
      rcpt.recipient = *mail::parse_address(to);
      letter.recipients.push_back(std::move(rcpt));
    }
    letter.message = text_of(id, dice);
    letter.id = post::new_queue_id();
    item.queue_id = letter.id;
    auto handover = co_await post::Handover::make(store, *keyring, options, std::move(letter));
    if (!handover) {
      good(fail(handover.error()), before);
      co_return;
    }
    const auto& ready = *handover;
    store::Work work = [&ready, this](store::Transaction& tx) { return ready.write(store, tx); };
    const auto done = co_await store.transact(std::move(work));
    if (!good(done, before)) co_return;
    item.alice = item.anna = item.queued = Wanted::there;
    saw_modseq();
  }

  Task<void> append(std::string id, Dice& dice) {
    auto& item = books_.items[id];
    item.anna = item.queued = Wanted::gone;
    const bool before = broken();
    auto made = store.prepare(text_of(id, dice));
    auto prepared = std::make_shared<const store::Prepared>(std::move(*made));
    const auto staged = co_await store.stage(prepared);
    if (!staged) {
      good(staged, before);
      co_return;
    }
    std::vector<std::string> no_flags;
    const auto done = co_await store.append(account("alice@blue.test"), store::inbox_id, prepared, std::move(no_flags), clock.now());
    if (!good(done ? Status() : Status(fail(done.error())), before)) co_return;
    item.alice = Wanted::there;
    item.uid = done->uid;
    if (!books_.uids.insert(done->uid).second) books_.problem("a UID was given twice");
    books_.highest_uid = std::max<std::uint64_t>(books_.highest_uid, number(done->uid));
    saw_modseq();
  }

  Task<void> settle(std::string id) {
    auto& item = books_.items[id];
    if (item.queued != Wanted::there) co_return;
    item.queued = Wanted::unknown;
    const bool before = broken();
    post::Queue queue(store, *keyring);
    const auto done = co_await queue.drop(*item.queue_id);
    if (good(done, before)) item.queued = Wanted::gone;
  }

  Task<void> flag(std::string id) {
    auto& item = books_.items[id];
    if (!item.uid || item.alice != Wanted::there || item.flagged != Wanted::gone) co_return;
    item.flagged = Wanted::unknown;
    const bool before = broken();
    store::FlagRequest request;
    request.change = store::FlagChange::add;
    request.flags = {"\\Flagged"};
    std::vector<Uid> uids(1, *item.uid);
    const auto done = co_await store.change_flags(account("alice@blue.test"), store::inbox_id, std::move(uids), std::move(request));
    if (good(done ? Status() : Status(fail(done.error())), before)) item.flagged = Wanted::there;
    saw_modseq();
  }

  Task<void> expunge(std::string id) {
    auto& item = books_.items[id];
    if (!item.uid || item.alice != Wanted::there || item.flagged == Wanted::unknown) co_return;
    item.alice = Wanted::unknown;
    const bool before = broken();
    std::vector<Uid> uids(1, *item.uid);
    const auto done = co_await store.expunge(account("alice@blue.test"), store::inbox_id, std::move(uids), store::Store::Expunge::all);
    if (good(done ? Status() : Status(fail(done.error())), before)) item.alice = Wanted::gone;
    saw_modseq();
  }

  Mail mail_of(const std::string& name) {
    Mail out;
    const auto view = store.view(account(name));
    const auto members = view.members(store::inbox_id);
    for (const auto& m : *members) {
      const auto message = view.message(m.email);
      if (!message) books_.problem("a message cannot be read: " + message.error().text());
      else {
        auto& found = out[letter_in(*message)];
        ++found.count;
        found.flagged = m.flags.has(store::SystemFlag::flagged);
      }
    }
    return out;
  }
  Mail queued() {
    Mail out;
    post::Queue queue(store, *keyring);
    const auto entries = queue.list();
    for (const auto& entry : *entries) {
      const auto message = queue.message(entry);
      if (!message) books_.problem("a queued message cannot be read: " + message.error().text());
      else ++out[letter_in(*message)].count;
    }
    const auto due = queue.due();
    if (due->size() != entries->size()) books_.problem("the queue has " + std::to_string(entries->size()) + " entries and " + std::to_string(due->size()) + " due times");
    return out;
  }

  static std::size_t count_in(const Mail& mail, const std::string& id) {
    const auto found = mail.find(id);
    return found == mail.end() ? 0 : found->second.count;
  }
  void compare(const std::string& id, const char* where, Wanted wanted, std::size_t found) {
    if (found > 1) books_.problem(id + " is there " + std::to_string(found) + " times in " + where);
    if (wanted == Wanted::there && found == 0) books_.problem("LOST: " + id + " in " + where);
    if (wanted == Wanted::gone && found != 0) books_.problem(id + " came back in " + where);
  }
  // What is unknown becomes known: it is as the disk has it, and stays so.
  static Wanted known(Wanted wanted, bool there) { return wanted != Wanted::unknown ? wanted : there ? Wanted::there : Wanted::gone; }
  void look_at(const std::string& id, Item& item, const Mail& alice, const Mail& anna, const Mail& queue) {
    const auto a = count_in(alice, id), b = count_in(anna, id), q = count_in(queue, id);
    if (item.delivery && item.alice == Wanted::unknown && item.anna == Wanted::unknown && (a != b || a != q))
      books_.problem("half a delivery of " + id + ": " + std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(q));
    if (item.alice == Wanted::unknown || item.queued == Wanted::unknown) ++books_.counts[a + q > 0 ? "disk.unanswered_kept" : "disk.unanswered_lost"];
    compare(id, "alice's INBOX", item.alice, a);
    compare(id, "anna's INBOX", item.anna, b);
    compare(id, "the queue", item.queued, q);
    item.alice = known(item.alice, a > 0);
    item.anna = known(item.anna, b > 0);
    item.queued = known(item.queued, q > 0);
    if (a == 0) return;
    const bool flagged = alice.at(id).flagged;
    if (item.flagged == Wanted::there && !flagged) books_.problem("a flag of " + id + " was lost");
    if (item.flagged == Wanted::gone && flagged) books_.problem("a flag of " + id + " came from nowhere");
    item.flagged = known(item.flagged, flagged);
  }

  Books& books_;
  store::Fault* fault_;
};

Outcome outcome_of(std::uint64_t seed, Books& books) {
  Outcome out;
  out.seed = seed;
  out.problems = std::move(books.problems);
  out.counts = std::move(books.counts);
  return out;
}

// `fault_at` for the n-th life, or nothing: a cut between two handlers.
void live(std::uint64_t seed, const std::function<store::Fault*(std::size_t life)>& fault_of, Books& books) {
  seed_random(seed);
  Dice dice(seed, "disk");
  auto life = std::make_unique<Life>(*blue_image().engine, 0, fault_of(0), books);
  for (std::size_t i = 0; i < lives; ++i) {
    life->work(dice, 2 + dice.below(3));
    ++books.counts["disk.cuts"];
    auto next = std::make_unique<Life>(*life->engine, dice.number(), fault_of(i + 1), books);
    life = std::move(next);
    life->check();
  }
}

}  // namespace

Outcome break_disk(std::uint64_t seed) {
  blue_image();
  Books books;
  Dice dice(seed, "fault");
  std::vector<std::unique_ptr<store::Fault>> faults;
  const auto fault_of = [&](std::size_t) -> store::Fault* {
    if (dice.one_in(4)) return nullptr;
    faults.push_back(std::make_unique<store::Fault>());
    faults.back()->at(dice.below(30));
    return faults.back().get();
  };
  live(seed, fault_of, books);
  for (const auto& fault : faults) books.counts["disk.faults_met"] += fault->fired() ? 1 : 0;
  return outcome_of(seed, books);
}

Outcome sweep_disk(std::uint64_t seed) {
  blue_image();
  Books all;
  for (std::size_t n = 0;; ++n) {
    Books books;
    store::Fault fault;
    fault.at(n);
    const auto fault_of = [&](std::size_t life) { return life == 0 ? &fault : nullptr; };
    live(seed, fault_of, books);
    for (auto& one : books.problems) all.problem("step " + std::to_string(n) + ": " + one);
    for (const auto& [name, count] : books.counts) all.counts[name] += count;
    if (!fault.fired()) break;
    ++all.counts["disk.steps_swept"];
  }
  return outcome_of(seed, all);
}

}  // namespace posthorn::sim
