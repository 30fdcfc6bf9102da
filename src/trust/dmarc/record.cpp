// trust/dmarc/record.cpp - the policy record (RFC 9989 4.7, 4.8): tags split, values read, faults noted for people.
#include <algorithm>
#include <array>

#include "base/cursor.h"
#include "base/percent.h"
#include "base/text.h"
#include "mail/address.h"
#include "trust/dmarc/dmarc.h"
#include "trust/dmarc/record_tags.h"

namespace posthorn::trust::dmarc {
namespace {

constexpr std::size_t shown_value = 60;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_letter(char c) {
  return Cursor::lower(c) >= 'a' && Cursor::lower(c) <= 'z';
}
bool is_number(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void note(std::vector<std::string>& errors, std::string text) {
  if (errors.size() < most_errors) errors.push_back(std::move(text));
}

std::string written(std::string_view tag, std::string_view value) {
  return std::string(tag) + "=" + printable(value, shown_value);
}

std::optional<Policy> policy_named(std::string_view value) {
  for (const auto policy : {Policy::none, Policy::quarantine, Policy::reject})
    if (equal_icase(value, name_of(policy))) return policy;
  return std::nullopt;
}

// What is known of a record while it is read.
struct Reading {
  Record record;
  bool broken_policy = false;

  void wrong(std::string_view tag, std::string_view value, std::string_view meaning) {
    note(record.errors, written(tag, value) + " is " + std::string(meaning));
  }
  void policy(std::optional<Policy>& into, std::string_view tag, std::string_view value) {
    into = policy_named(value);
    if (into) return;
    broken_policy = true;
    wrong(tag, value, "no policy (none, quarantine or reject)");
  }
  // The index of the value's letter in `letters`, or nothing and a note.
  std::optional<std::size_t> letter(std::string_view tag, std::string_view value, std::string_view letters) {
    const auto at = value.size() == 1 ? letters.find(Cursor::lower(value.front())) : std::string_view::npos;
    if (at != std::string_view::npos) return at;
    wrong(tag, value, "neither of its values; the default counts");
    return std::nullopt;
  }
  void uris(std::vector<std::string>& into, std::string_view tag, std::string_view value) {
    for (const auto part : split(value, ',')) {
      if (into.size() >= most_uris) return note(record.errors, std::string(tag) + " names too many addresses");
      if (auto uri = report_uri(trim_space(part)))
        into.push_back(std::move(*uri));
      else
        wrong(tag, part, "no address for reports");
    }
  }
};

// rfc:9989#4.7: a colon list of 0, 1, d and s, each once, not 0 and 1 together.
bool is_fo(std::string_view value) {
  std::string seen;
  for (const auto part : split(value, ':')) {
    const auto item = trim_space(part);
    if (item.size() != 1 || std::string_view("01ds").find(Cursor::lower(item.front())) == std::string_view::npos) return false;
    const char c = Cursor::lower(item.front());
    if (seen.find(c) != seen.npos) return false;
    seen += c;
  }
  return !(seen.contains('0') && seen.contains('1'));
}

using Reader = void (*)(Reading&, std::string_view);
struct KnownTag {
  std::string_view name;
  Reader read;
};
void read_p(Reading& r, std::string_view value) {
  r.policy(r.record.p, "p", value);
}
void read_sp(Reading& r, std::string_view value) {
  r.policy(r.record.sp, "sp", value);
}
void read_np(Reading& r, std::string_view value) {
  r.policy(r.record.np, "np", value);
}
void read_adkim(Reading& r, std::string_view value) {
  if (const auto i = r.letter("adkim", value, "rs")) r.record.adkim = *i == 1 ? Alignment::strict : Alignment::relaxed;
}
void read_aspf(Reading& r, std::string_view value) {
  if (const auto i = r.letter("aspf", value, "rs")) r.record.aspf = *i == 1 ? Alignment::strict : Alignment::relaxed;
}
void read_psd(Reading& r, std::string_view value) {
  constexpr std::array meanings{Psd::unknown, Psd::yes, Psd::no};
  if (const auto i = r.letter("psd", value, "uyn")) r.record.psd = meanings.at(*i);
}
void read_t(Reading& r, std::string_view value) {
  if (const auto i = r.letter("t", value, "ny")) r.record.testing = *i == 1;
}
void read_rua(Reading& r, std::string_view value) {
  r.uris(r.record.rua, "rua", value);
}
void read_ruf(Reading& r, std::string_view value) {
  r.uris(r.record.ruf, "ruf", value);
}
void read_fo(Reading& r, std::string_view value) {
  if (!is_fo(value)) return r.wrong("fo", value, "no list of 0, 1, d and s; the default counts");
  r.record.fo = to_lower(value);
  std::erase_if(r.record.fo, is_space);
}
constexpr std::array<KnownTag, 10> known_tags{{{"p", read_p},
                                               {"sp", read_sp},
                                               {"np", read_np},
                                               {"adkim", read_adkim},
                                               {"aspf", read_aspf},
                                               {"psd", read_psd},
                                               {"t", read_t},
                                               {"rua", read_rua},
                                               {"ruf", read_ruf},
                                               {"fo", read_fo}}};

// rfc:9989#4.7: without a good policy, or with a bad sp or np, the record acts as p=none if somebody wants reports, else not at
// all.
void settle_policy(Reading& r) {
  auto& record = r.record;
  if (record.p && !r.broken_policy) return;
  const std::string fault = r.broken_policy ? "a policy cannot be read" : "p= is missing";
  record.sp = record.np = std::nullopt;
  record.usable = !record.rua.empty();
  record.p = record.usable ? std::optional(Policy::none) : std::nullopt;
  note(record.errors,
       fault + (record.usable ? ": the record counts as p=none" : " and nobody is named for reports: the record does not count"));
}

// "!10m", the size that RFC 7489 had. False: a "!" that begins something else.
bool drop_size(std::string_view& uri) {
  const auto mark = uri.find('!');
  if (mark == uri.npos) return true;
  auto size = uri.substr(mark + 1);
  uri = uri.substr(0, mark);
  if (!size.empty() && std::string_view("kmgt").find(Cursor::lower(size.back())) != std::string_view::npos) size.remove_suffix(1);
  return !size.empty() && std::ranges::all_of(size, is_number);
}

bool is_uri_character(char c) {
  return is_letter(c) || is_number(c) || std::string_view("-._~:/?#[]@$&'()*+;=%").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> report_uri(std::string_view text) {
  if (!drop_size(text)) return std::nullopt;
  Cursor at(text);
  const auto scheme = at.take_while([](char c) { return is_letter(c) || is_number(c) || c == '+' || c == '-' || c == '.'; });
  if (scheme.empty() || !is_letter(scheme.front()) || !at.take(':') || at.done()) return std::nullopt;
  if (!std::ranges::all_of(text, is_uri_character)) return std::nullopt;
  if (!equal_icase(scheme, "mailto")) return std::string(text);
  const auto address = percent_decode(at.rest().substr(0, at.rest().find('?')));
  if (!address || !mail::parse_address(*address)) return std::nullopt;
  return std::string(text);
}

std::optional<RecordTags> split_record(std::string_view text) {
  Cursor at(text);
  if (!at.take_icase("v")) return std::nullopt;
  at.take_while(is_space);
  if (!at.take('=')) return std::nullopt;
  at.take_while(is_space);
  if (!at.take("DMARC1")) return std::nullopt;
  at.take_while(is_space);
  if (!at.done() && !at.take(';')) return std::nullopt;
  RecordTags out;
  for (const auto part : split(at.rest(), ';')) {
    const auto tag = trim_space(part);
    if (tag.empty()) continue;
    const auto equals = tag.find('=');
    const auto name = trim_space(tag.substr(0, equals));
    const auto value = equals == tag.npos ? std::string_view() : trim_space(tag.substr(equals + 1));
    const bool named = !name.empty() && std::ranges::all_of(name, is_letter);
    if (!named || value.empty() || !std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; })) {
      note(out.errors, "\"" + printable(tag, shown_value) + "\" is no tag with a value");
    } else if (out.tags.size() >= most_tags) {
      note(out.errors, "more than 100 tags: the rest does not count");
      break;
    } else {
      out.tags.push_back({to_lower(name), value});
    }
  }
  return out;
}

std::optional<Record> parse_record(std::string_view text) {
  const auto split_text = split_record(text);
  if (!split_text) return std::nullopt;
  Reading reading;
  reading.record.text = std::string(text);
  reading.record.errors = split_text->errors;
  std::array<bool, known_tags.size()> seen{};
  for (const auto& tag : split_text->tags) {
    const auto known = std::ranges::find(known_tags, tag.name, &KnownTag::name);
    if (known == known_tags.end()) continue;  // rfc:9989#4.7: unknown tags, and pct, rf and ri, are nothing to us
    bool& again = seen.at(static_cast<std::size_t>(known - known_tags.begin()));
    if (again)
      reading.wrong(tag.name, tag.value, "there a second time; the first counts");
    else
      known->read(reading, tag.value);
    again = true;
  }
  settle_policy(reading);
  return std::move(reading.record);
}

}  // namespace posthorn::trust::dmarc
