// A DKIM-Signature field and a key record of strangers. Input: the message's header fields, NUL, the key record.
// Never a pass by accident (nothing here is signed), at most five questions, all of them names that may be asked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/dkim/dkim.h"

using namespace posthorn;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const auto text = input.substr(0, nul);
  const std::string record(nul == input.npos ? "" : input.substr(nul + 1));
  const auto message = mail::parse(text);
  const WallTime now{std::chrono::seconds(1'700'000'000)};
  for (const bool old : {false, true}) {
    trust::dkim::Limits limits;
    limits.sha1 = old;
    limits.rsa_min = old ? 0 : 1024;
    trust::Answers answers;
    auto signatures = trust::dkim::verify(message, answers, now, limits);
    if (!signatures) {
      auto missing = answers.take_missing();
      if (missing.empty() || missing.size() > 5) std::abort();
      for (auto& question : missing) {
        if (!dns::is_valid_name(question.name)) std::abort();
        dns::Answer answer;
        answer.outcome = dns::Outcome::found;
        answer.records.push_back(dns::Txt{record});
        answers.put(std::move(question), std::move(answer));
      }
      signatures = trust::dkim::verify(message, answers, now, limits);
      if (!signatures) std::abort();
    }
    for (const auto& signature : *signatures) {
      const bool good = signature.result == trust::dkim::Result::pass;
      if (good != (signature.fault == trust::dkim::Fault::none)) std::abort();
      if (good != signature.reason.empty()) std::abort();
      if (!signature.domain.empty() && !dns::is_valid_name(signature.domain)) std::abort();
    }
  }
  return 0;
}
