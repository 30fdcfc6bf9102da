// A DNS of a few lines, and verdicts driven to their end with it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dns/zone.h"
#include "trust/answers.h"

namespace posthorn::trust {

// Names with TXT records, names that exist with other data, and names that fail.
class Dns {
 public:
  Dns& txt(const std::string& name, const std::string& text) {
    zone_.add(name, dns::Type::txt, 60, dns::Txt{text});
    return *this;
  }
  Dns& host(const std::string& name, const std::string& address = "192.0.2.1") {
    zone_.add(name, dns::Type::a, 60, dns::A{address});
    return *this;
  }
  Dns& fails(const std::string& name) {
    failing_.insert(name);
    return *this;
  }
  static Dns of(std::string_view zone_text) {
    Dns dns;
    auto zone = dns::parse_zone(zone_text);
    EXPECT_TRUE(zone) << zone.error().text();
    if (zone) dns.zone_ = std::move(*zone);
    return dns;
  }
  dns::Answer answer(const Question& question) const {
    if (!failing_.contains(question.name)) return zone_.answer(question.name, question.type);
    dns::Answer failed;
    failed.why = "SERVFAIL";
    return failed;
  }

 private:
  dns::Zone zone_;
  std::set<std::string> failing_;
};

// Calls `verdict` until it has all it asks for. `asked`: every question, in order.
template <class Verdict>
auto driven(const Dns& dns, Answers& answers, Verdict verdict, std::vector<Question>* asked = nullptr) {
  for (int round = 0; round < 200; ++round) {
    if (auto result = verdict(answers)) return std::move(*result);
    const auto missing = answers.take_missing();
    if (missing.empty()) break;
    for (const auto& question : missing) {
      if (asked != nullptr) asked->push_back(question);
      answers.put(question, dns.answer(question));
    }
  }
  ADD_FAILURE() << "no verdict, though every question was answered";
  return typename decltype(verdict(answers))::value_type{};
}

}  // namespace posthorn::trust
