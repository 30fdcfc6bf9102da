// Every message that stands somewhere in the public suites: whole files, those in mboxes and in the ARC suite's YAML, and each
// message or MIME part within another, taken as a message of its own.
#pragma once

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "kit.h"

namespace posthorn::trust {

struct Letter {
  std::string name;   // its file in the suites, and the part: "... part 3"
  std::string bytes;  // CRLF
};

class Corpus {
 public:
  Corpus() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(suites()))
      if (entry.is_regular_file()) paths.push_back(entry.path());
    std::ranges::sort(paths);
    for (const auto& path : paths) take(path, std::filesystem::relative(path, suites()).string());
  }
  const std::vector<Letter>& letters() const { return letters_; }

 private:
  static constexpr std::size_t largest = 200'000;  // each is signed and verified some fifty times

  void take(const std::filesystem::path& path, const std::string& name) {
    if (name.ends_with(".mbox.txt"))
      add_mbox(name, read_file(path));
    else if (name.starts_with("arc/") && name.ends_with(".yml"))
      add_yaml(name, path);
    else if ((name.ends_with(".eml") || name.ends_with(".txt")) && !name.contains("LICENSE"))
      add(name, read_file(path));
  }

  void add_mbox(const std::string& name, const std::string& text) {
    std::size_t count = 0;
    std::string one;
    for (const auto line : split(text, '\n')) {
      if (line.starts_with("From ")) {
        if (!one.empty()) add(name + " message " + std::to_string(++count), one);
        one.clear();
        continue;
      }
      one += std::string(line) + "\n";
    }
    add(name + " message " + std::to_string(++count), one);
  }

  void add_yaml(const std::string& name, const std::filesystem::path& path) {
    for (const auto& scenario : YAML::LoadAllFromFile(path))
      for (const auto& test : scenario["tests"])
        add(name + " " + test.first.as<std::string>(), test.second["message"].as<std::string>());
  }

  void add(const std::string& name, const std::string& raw) {
    const auto bytes = mail::to_crlf(raw);
    keep(name, bytes);
    const auto message = mail::parse(bytes);
    for (std::size_t i = 1; i < message.parts.size() && i < 40; ++i) {
      const auto& part = message.parts[i];
      keep(name + " part " + std::to_string(i),
           mail::to_crlf(std::string(message.bytes.substr(part.header_begin, part.body_end - part.header_begin))));
    }
  }

  // rfc:6376#5.4 nothing without a From can be signed: those get one.
  void keep(const std::string& name, std::string bytes) {
    if (!mail::find(mail::parse(bytes).root().fields, "From")) bytes = "From: nobody@cross.example\r\n" + bytes;
    if (bytes.size() <= largest && seen_.insert(bytes).second) letters_.push_back({name, bytes});
  }

  std::vector<Letter> letters_;
  std::set<std::string> seen_;
};

}  // namespace posthorn::trust
