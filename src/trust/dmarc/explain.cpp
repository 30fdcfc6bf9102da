// trust/dmarc/explain.cpp - each tag of a record in words, for `posthorn check domain`.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "trust/dmarc/dmarc.h"
#include "trust/dmarc/record_tags.h"

namespace posthorn::trust::dmarc {
namespace {

std::string asks_for(std::string_view policy) {
  if (equal_icase(policy, "none")) return "mail that fails is to be delivered as usual (monitoring)";
  if (equal_icase(policy, "quarantine")) return "mail that fails is to be treated as suspicious";
  if (equal_icase(policy, "reject")) return "mail that fails is to be refused";
  return {};
}

std::string of_policy(std::string_view value) {
  return asks_for(value);
}
std::string of_sp(std::string_view value) {
  const auto meaning = asks_for(value);
  return meaning.empty() ? meaning : "for subdomains that exist: " + meaning;
}
std::string of_np(std::string_view value) {
  const auto meaning = asks_for(value);
  return meaning.empty() ? meaning : "for subdomains that do not exist: " + meaning;
}
std::string of_alignment(std::string_view value) {
  if (equal_icase(value, "r")) return "relaxed: a domain of the same organization is enough";
  if (equal_icase(value, "s")) return "strict: it must be exactly the author's domain";
  return {};
}
std::string of_psd(std::string_view value) {
  if (equal_icase(value, "y")) return "a public suffix: others register their domains below it";
  if (equal_icase(value, "n")) return "an organization of its own: what is above it does not count";
  if (equal_icase(value, "u")) return "the tree of records decides where the organization begins (the default)";
  return {};
}
std::string of_t(std::string_view value) {
  if (equal_icase(value, "y")) return "a test: the policy is to be applied one step weaker";
  if (equal_icase(value, "n")) return "no test: the policy is meant as it stands (the default)";
  return {};
}
std::string of_fo(std::string_view value) {
  const auto record = parse_record("v=DMARC1; p=none; fo=" + std::string(value));
  if (!record || !record->errors.empty()) return {};
  std::string out;
  const auto add = [&out](std::string_view text) { out += (out.empty() ? "failure reports " : " and ") + std::string(text); };
  if (record->fo.contains('0')) add("if nothing gave an aligned pass");
  if (record->fo.contains('1')) add("if SPF or DKIM gave no aligned pass");
  if (record->fo.contains('d')) add("if a DKIM signature failed");
  if (record->fo.contains('s')) add("if SPF failed");
  return out;
}

std::string addresses(std::string_view what, std::string_view value) {
  const auto parts = split(value, ',');
  const auto good = std::ranges::count_if(parts, [](std::string_view uri) { return report_uri(trim(uri)).has_value(); });
  if (static_cast<std::size_t>(good) != parts.size()) return {};
  return std::string(what) + " go to " + (good == 1 ? "this address" : "these " + std::to_string(good) + " addresses");
}
std::string of_rua(std::string_view value) {
  return addresses("daily reports", value);
}
std::string of_ruf(std::string_view value) {
  return addresses("reports on single failures", value);
}

struct Meaning {
  std::string_view name;
  std::string (*text)(std::string_view);  // empty: the value is bad
};
constexpr std::array<Meaning, 10> meanings{{{"p", of_policy},
                                            {"sp", of_sp},
                                            {"np", of_np},
                                            {"adkim", of_alignment},
                                            {"aspf", of_alignment},
                                            {"psd", of_psd},
                                            {"t", of_t},
                                            {"rua", of_rua},
                                            {"ruf", of_ruf},
                                            {"fo", of_fo}}};
constexpr std::array<std::string_view, 3> historic{"pct", "rf", "ri"};

TagNote note_of(const RecordTag& tag) {
  TagNote note{tag.name, std::string(tag.value), {}, true};
  const auto known = std::ranges::find(meanings, tag.name, &Meaning::name);
  if (known != meanings.end()) {
    note.meaning = known->text(tag.value);
    note.good = !note.meaning.empty();
    if (!note.good) note.meaning = "not a value that this tag can have";
  } else if (std::ranges::find(historic, tag.name) != historic.end()) {
    note.meaning = "of RFC 7489, without effect since RFC 9989; it can be removed";
    note.good = false;
  } else {
    note.meaning = "an unknown tag, without effect";
    note.good = false;
  }
  return note;
}

}  // namespace

std::vector<TagNote> explain(const Record& record) {
  std::vector<TagNote> notes;
  const auto tags = split_record(record.text);
  if (!tags) return notes;
  notes.push_back({"v", "DMARC1", "a DMARC record", true});
  std::vector<std::string_view> seen;
  for (const auto& tag : tags->tags) {
    auto note = note_of(tag);
    if (std::ranges::find(seen, tag.name) != seen.end()) {
      note.meaning = "stands here a second time; the first counts";
      note.good = false;
    }
    seen.push_back(tag.name);
    notes.push_back(std::move(note));
  }
  for (const auto& error : tags->errors) notes.push_back({"", "", error, false});
  if (std::ranges::find(seen, "p") == seen.end())
    notes.push_back(
        {"p", "", record.usable ? "missing: the record counts as p=none" : "missing: the record does not count", false});
  if (std::ranges::find(seen, "rua") == seen.end())
    notes.push_back({"rua", "", "missing: nobody sends reports about this domain", false});
  return notes;
}

}  // namespace posthorn::trust::dmarc
