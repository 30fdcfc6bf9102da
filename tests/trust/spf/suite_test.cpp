// The OpenSPF test suite for RFC 7208, every case. Its zone data becomes Answers: SPF records stand for TXT unless TXT are given;
// TIMEOUT is a failed answer.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "suites.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::spf {
namespace {

struct Zone {
  struct Node {
    std::map<dns::Type, std::vector<dns::Record>> records;
    std::string cname;
    bool timeout = false;
    std::map<dns::Type, bool> timeouts;
  };
  std::map<std::string, Node> nodes;

  dns::Answer answer(const Question& question) const {
    dns::Answer out;
    out.outcome = dns::Outcome::no_such_name;
    std::string name = question.name;
    for (int hop = 0; hop < 8; ++hop) {
      const auto at = nodes.find(name);
      if (at == nodes.end()) {
        for (const auto& [other, node] : nodes)
          if (other.ends_with("." + name)) out.outcome = dns::Outcome::no_data;
        return out;
      }
      const auto& node = at->second;
      // A TIMEOUT without a type is for the types that are not given.
      if ((node.timeout && !node.records.contains(question.type)) || node.timeouts.contains(question.type)) {
        out.outcome = dns::Outcome::failed;
        return out;
      }
      if (!node.cname.empty()) {
        name = node.cname;
        continue;
      }
      const auto records = node.records.find(question.type);
      out.outcome = records == node.records.end() ? dns::Outcome::no_data : dns::Outcome::found;
      if (records != node.records.end()) out.records = records->second;
      return out;
    }
    out.outcome = dns::Outcome::failed;
    return out;
  }
};

std::string joined(const YAML::Node& value) {
  if (value.IsScalar()) return value.as<std::string>();
  std::string out;
  for (const auto& one : value) out += one.as<std::string>();
  return out;
}

std::string normal(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return to_lower(name);
}

void add(Zone::Node& node, const std::string& type, const YAML::Node& value, bool& has_txt, std::vector<std::string>& spf) {
  const std::map<std::string, dns::Type> types = {{"A", dns::Type::a}, {"AAAA", dns::Type::aaaa}, {"MX", dns::Type::mx}, {"PTR", dns::Type::ptr}, {"TXT", dns::Type::txt}, {"SPF", dns::Type::txt}};
  if (value.IsScalar() && value.as<std::string>() == "TIMEOUT") {
    if (type != "SPF" && types.contains(type)) node.timeouts[types.at(type)] = true;  // nobody asks for the type SPF any more (3.1)
    return;
  }
  if (type == "TXT") {
    has_txt = true;
    if (joined(value) != "NONE") node.records[dns::Type::txt].push_back(dns::Txt{joined(value)});
  } else if (type == "SPF") {
    spf.push_back(joined(value));
  } else if (type == "A") {
    node.records[dns::Type::a].push_back(dns::A{joined(value)});
  } else if (type == "AAAA") {
    node.records[dns::Type::aaaa].push_back(dns::Aaaa{joined(value)});
  } else if (type == "PTR") {
    node.records[dns::Type::ptr].push_back(dns::Name{normal(joined(value))});
  } else if (type == "CNAME") {
    node.cname = normal(joined(value));
  } else if (type == "MX") {
    node.records[dns::Type::mx].push_back(dns::Mx{value[0].as<std::uint16_t>(), normal(value[1].as<std::string>())});
  }
}

Zone zone_of(const YAML::Node& data) {
  Zone out;
  for (const auto& entry : data) {
    auto& node = out.nodes[normal(entry.first.as<std::string>())];
    bool has_txt = false;
    std::vector<std::string> spf;
    for (const auto& record : entry.second) {
      if (record.IsScalar()) {
        node.timeout |= record.as<std::string>() == "TIMEOUT";
        continue;
      }
      for (const auto& one : record) add(node, one.first.as<std::string>(), one.second, has_txt, spf);
    }
    if (!has_txt)
      for (auto& text : spf) node.records[dns::Type::txt].push_back(dns::Txt{std::move(text)});
  }
  return out;
}

std::string text_or(const YAML::Node& node, const char* key) { return node[key] && !node[key].IsNull() ? node[key].as<std::string>() : std::string(); }

TEST(SpfSuite, EveryCaseOfOpenSpfPasses) {
  const auto file = suites_folder() + "/spf/rfc7208-tests.yml";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: no suites";
  std::size_t cases = 0;
  for (const auto& scenario : YAML::LoadAllFromFile(file)) {
    const auto zone = zone_of(scenario["zonedata"]);
    for (const auto& entry : scenario["tests"]) {
      const auto name = entry.first.as<std::string>();
      const auto& test = entry.second;
      Request request;
      request.ip = text_or(test, "host");
      request.helo = text_or(test, "helo");
      request.mail_from = text_or(test, "mailfrom");
      request.receiver = "receiver.example";
      Answers answers;
      std::optional<Verdict> verdict;
      for (int round = 0; round < 100; ++round) {
        verdict = check(request, answers);
        if (verdict) break;
        for (auto& question : answers.take_missing()) {
          auto answer = zone.answer(question);
          answers.put(std::move(question), std::move(answer));
        }
      }
      ++cases;
      ASSERT_TRUE(verdict) << name;
      std::vector<std::string> allowed;
      if (test["result"].IsScalar()) allowed.push_back(test["result"].as<std::string>());
      else allowed = test["result"].as<std::vector<std::string>>();
      EXPECT_NE(std::ranges::find(allowed, name_of(verdict->result)), allowed.end())
          << name << ": " << name_of(verdict->result) << " instead of " << allowed.front() << ", " << verdict->reason << "\n" << text_or(test, "description");
      if (const auto wanted = text_or(test, "explanation"); !wanted.empty() && wanted != "DEFAULT") {
        EXPECT_EQ(verdict->explanation, wanted) << name;
      }
      if (const auto wanted = text_or(test, "explanation"); wanted == "DEFAULT") {
        EXPECT_EQ(verdict->explanation, "") << name;
      }
    }
  }
  EXPECT_EQ(cases, 203u);
  std::printf("OpenSPF's suite: %zu cases, all as it says\n", cases);
}

}  // namespace
}  // namespace posthorn::trust::spf
