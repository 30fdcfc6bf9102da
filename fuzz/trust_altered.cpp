// What was changed in a stranger's signed message. Input: the message as it arrived, NUL, the key record that every name gives;
// without a record the message is signed here with our key and a line is put behind its body, so that the search has something to
// find. The search never spends more than its limits, never names an edit unproved, and never calls a failed signature unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/altered/altered.h"

using namespace posthorn;
namespace altered = trust::altered;

namespace {

constexpr WallTime now{std::chrono::seconds(1'700'000'000)};
constexpr altered::Limits limits{.bytes = 1'048'576, .attempts = 500, .signatures = 50};

const crypto::SigningKey& key() {
  static const auto made = crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  return *made;
}

std::vector<trust::dkim::Signature> verified(const mail::Message& message, const std::string& record, trust::Answers& answers) {
  auto signatures = trust::dkim::verify(message, answers, now);
  if (signatures) return *signatures;
  for (auto& question : answers.take_missing()) {
    dns::Answer answer;
    answer.outcome = dns::Outcome::found;
    answer.records.push_back(dns::Txt{record});
    answers.put(std::move(question), std::move(answer));
  }
  signatures = trust::dkim::verify(message, answers, now);
  if (!signatures) std::abort();
  return *signatures;
}

void check_proof(const altered::Alteration& found, const std::string& record) {
  if (found.proof != altered::Proof::signature) return;
  trust::Answers answers;
  const auto message = mail::parse(found.restored);
  for (const auto& one : verified(message, record, answers))
    if (one.result == trust::dkim::Result::pass) return;
  std::abort();
}

void look(const std::string& bytes, const std::string& record) {
  const auto message = mail::parse(bytes);
  trust::Answers answers;
  const auto signatures = verified(message, record, answers);
  const auto search = altered::search(message, signatures, answers, limits);
  if (search.cost.bytes > limits.bytes || search.cost.attempts > limits.attempts || search.cost.signatures > limits.signatures)
    std::abort();
  if (search.found) {
    check_proof(*search.found, record);
    if (altered::describe(*search.found).empty()) std::abort();
  }
  const auto account = altered::account_of(message, signatures, answers, limits);
  bool good = false;
  for (const auto& one : signatures) good = good || one.result == trust::dkim::Result::pass;
  if (account.known == altered::Known::nothing_changed && !good) std::abort();
  altered::to_json(account);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  if (nul != input.npos) {
    look(std::string(input.substr(0, nul)), std::string(input.substr(nul + 1)));
    return 0;
  }
  const std::string letter(input);
  const auto field = trust::dkim::sign(mail::parse(letter), key(), {"example.org", "s1", now});
  if (field) look(*field + letter + "_______\r\nlist mailing list\r\n", trust::dkim::key_record(key()));
  return 0;
}
