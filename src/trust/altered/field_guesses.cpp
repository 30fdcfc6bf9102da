#include "trust/altered/field_guesses.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/build.h"
#include "mail/lexer.h"
#include "trust/altered/author_guesses.h"
#include "trust/altered/subject_guesses.h"

namespace posthorn::trust::altered {
namespace {

constexpr unsigned likely = 1, possible = 2, unlikely = 3;

// Fields that list programs and gateways put into messages that did not have them.
constexpr std::array<std::string_view, 14> often_added = {
    "reply-to",     "sender",         "cc",         "list-id",    "list-post", "list-help",    "list-unsubscribe",
    "list-archive", "list-subscribe", "list-owner", "precedence", "errors-to", "mime-version", "list-unsubscribe-post"};
constexpr std::array<std::string_view, 4> never_added = {"from", "date", "message-id", "dkim-signature"};

template <class List>
bool is_in(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string renamed(const mail::HeaderField& field, std::string_view value) {
  return std::string(field.name) + ": " + std::string(value) + "\r\n";
}

class Guesser {
 public:
  Guesser(const dkim::SignedMessage& message, const dkim::Signature& signature, const std::vector<Wish>& wishes)
      : message_(message), signature_(signature), wishes_(wishes) {}

  Slot slot_of(const std::string& name) {
    const auto at = message_.fields_of(name);
    slot_ = Slot{name, {at.begin(), at.end()}, {}, std::nullopt};
    if (name == "dkim-signature") return slot_;
    for (const auto field : slot_.fields) received_.emplace_back(message_.field(field).whole);
    const auto wish = std::ranges::find(wishes_, name, &Wish::name);
    if (wish == wishes_.end()) {
      add({0, received_, std::nullopt});
    } else {
      add_wish(*wish);
    }
    if (!slot_.fields.empty()) add_values(name);
    add_removals(name);
    sort_by_cost(slot_.guesses);
    for (std::size_t i = 0; i < slot_.guesses.size() && !slot_.usual; ++i)
      if (slot_.guesses[i].cost == likely) slot_.usual = i;
    received_.clear();
    return std::move(slot_);
  }

 private:
  void add(Guess guess) {
    const auto same = [&](const Guess& one) { return one.instances == guess.instances && one.lost == guess.lost; };
    if (slot_.guesses.size() < most_guesses && std::ranges::none_of(slot_.guesses, same))
      slot_.guesses.push_back(std::move(guess));
  }
  // The lowest instance has another value: it is the one that h= counts first.
  void add_value(unsigned cost, std::string whole) {
    auto instances = received_;
    instances.back() = std::move(whole);
    add({cost, std::move(instances), std::nullopt});
  }
  void add_wish(const Wish& wish) {
    unsigned cost = 0;
    for (const auto& value : wish.values) {
      auto instances = received_;
      if (!instances.empty()) {
        instances.back() = value;
        add({cost, std::move(instances), std::nullopt});
      } else {
        add({cost, {}, value});
      }
      cost = std::min(cost + 1, unlikely);
    }
    add({std::min(cost, possible), received_, std::nullopt});
  }
  void add_values(const std::string& name) {
    const auto& field = message_.field(slot_.fields.back());
    if (name == "subject") {
      unsigned cost = likely;
      for (const auto& value : subject_guesses(field.value)) {
        add_value(cost, renamed(field, value));
        cost = possible;
      }
    } else if (name == "from") {
      std::size_t count = 0;
      for (const auto& value : author_guesses(message_, signature_.domain))
        add_value(count++ < 2 ? likely : count < 10 ? possible : unlikely, renamed(field, value));
    } else if (name == "reply-to" || name == "to" || name == "cc") {
      add_addresses(name, field);
    }
  }
  void add_addresses(const std::string& name, const mail::HeaderField& field) {
    auto list = split_addresses(field.value);
    if (list.size() < 2 || list.size() > 64) return;
    // One address more is what lists do to Reply-To and Cc.
    for (std::size_t left_out = 0; left_out < std::min<std::size_t>(list.size(), 4) && name != "to"; ++left_out)
      add_value(possible, renamed(field, joined(list, left_out)));
    if (list.size() > 4) {
      std::ranges::reverse(list);
      return add_value(possible, renamed(field, joined(list, list.size())));
    }
    const auto received = list;
    std::ranges::sort(list);
    do {
      if (list != received) add_value(possible, renamed(field, joined(list, list.size())));
    } while (std::ranges::next_permutation(list).found);
  }
  static std::string joined(const std::vector<std::string>& list, std::size_t left_out) {
    std::string out;
    for (std::size_t i = 0; i < list.size(); ++i)
      if (i != left_out) out += (out.empty() ? "" : ", ") + list[i];
    return out;
  }
  void add_removals(const std::string& name) {
    if (received_.empty()) return;
    if (received_.size() == 1) {
      if (!is_in(never_added, name))
        add({is_in(often_added, name)            ? likely
             : name == "subject" || name == "to" ? unlikely
                                                 : possible,
             {std::nullopt},
             std::nullopt});
      return;
    }
    if (received_.size() > 8) return;
    for (std::size_t i = 0; i < received_.size(); ++i) {
      auto instances = received_;
      instances[i].reset();
      add({i == 0 || i + 1 == received_.size() ? likely : possible, std::move(instances), std::nullopt});
    }
    add({possible, std::vector<std::optional<std::string>>(received_.size()), std::nullopt});
  }

  const dkim::SignedMessage& message_;
  const dkim::Signature& signature_;
  const std::vector<Wish>& wishes_;
  Slot slot_;
  std::vector<std::optional<std::string>> received_;
};

std::string unfolded(std::string_view whole) {
  std::string out;
  for (const char c : whole)
    if (c != '\r' && c != '\n') out += c;
  return out + "\r\n";
}

std::string_view name_in(std::string_view whole) {
  return whole.substr(0, whole.find(':'));
}
std::string value_in(std::string_view whole) {
  const auto one_line = unfolded(whole);
  const auto value = std::string_view(one_line).substr(std::min(one_line.size(), one_line.find(':') + 1));
  std::string out;
  for (const char c : dkim::trim_fws(value))
    if (!mail::is_wsp(c))
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  return out;
}

std::string as_it_is(std::string_view whole) {
  return std::string(whole);
}
std::string one_space(std::string_view whole) {
  return std::string(name_in(whole)) + ": " + value_in(whole) + "\r\n";
}
std::string no_space(std::string_view whole) {
  return std::string(name_in(whole)) + ":" + value_in(whole) + "\r\n";
}
std::string folded(std::string_view whole) {
  return mail::header_field(name_in(whole), value_in(whole)).value_or(std::string(whole));
}
std::string with_fold(std::string_view whole, std::string_view space) {
  std::string out;
  for (std::size_t at = 0; at < whole.size();) {
    const auto fold = std::min(whole.find("\r\n", at), whole.size());
    out += whole.substr(at, fold - at);
    if (fold == whole.size()) break;
    out += "\r\n";
    at = fold + 2;
    while (at < whole.size() && mail::is_wsp(whole[at])) ++at;
    if (at < whole.size()) out += space;
  }
  return out;
}
std::string tab_folds(std::string_view whole) {
  return with_fold(whole, "\t");
}
std::string space_folds(std::string_view whole) {
  return with_fold(whole, " ");
}
std::string wide_folds(std::string_view whole) {
  return with_fold(whole, "        ");
}
std::string folded_with_tabs(std::string_view whole) {
  return tab_folds(folded(whole));
}
std::string at_commas(std::string_view whole, std::string_view fold) {
  std::string out = std::string(name_in(whole)) + ":";
  for (const auto& one : split_addresses(value_in(whole))) out += (out.ends_with(':') ? " " : "," + std::string(fold)) + one;
  return out + "\r\n";
}
std::string comma_space_folds(std::string_view whole) {
  return at_commas(whole, "\r\n ");
}
std::string comma_tab_folds(std::string_view whole) {
  return at_commas(whole, "\r\n\t");
}

}  // namespace

void sort_by_cost(std::vector<Guess>& guesses) {
  for (auto at = guesses.begin(); at != guesses.end(); ++at)
    std::rotate(std::ranges::upper_bound(guesses.begin(), at, at->cost, {}, &Guess::cost), at, at + 1);
}

const std::vector<Style>& styles() {
  static const std::vector<Style> all = {{as_it_is},          {unfolded},        {one_space},  {folded},
                                         {tab_folds},         {space_folds},     {wide_folds}, {folded_with_tabs},
                                         {comma_space_folds}, {comma_tab_folds}, {no_space}};
  return all;
}

std::vector<std::string> split_addresses(std::string_view value) {
  std::vector<std::string> out;
  std::size_t begin = 0, comments = 0;
  bool quoted = false, angle = false;
  const auto take = [&](std::size_t end) {
    const auto one = dkim::trim_fws(value.substr(begin, end - begin));
    if (!one.empty()) out.emplace_back(one);
    begin = end + 1;
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\\')
      ++i;
    else if (c == '"' && comments == 0)
      quoted = !quoted;
    else if (quoted)
      continue;
    else if (c == '(')
      ++comments;
    else if (c == ')' && comments > 0)
      --comments;
    else if (c == '<')
      angle = true;
    else if (c == '>')
      angle = false;
    else if (c == ',' && comments == 0 && !angle)
      take(i);
  }
  take(value.size());
  return out;
}

std::vector<Slot> guess_fields(const dkim::SignedMessage& message, const dkim::Signature& signature,
                               const std::vector<Wish>& wishes) {
  Guesser guesser(message, signature, wishes);
  std::vector<Slot> out;
  auto names = signature.signed_fields;
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
  for (const auto& name : names) {
    auto slot = guesser.slot_of(name);
    if (slot.guesses.size() > 1 || (!slot.guesses.empty() && !wishes.empty())) out.push_back(std::move(slot));
  }
  return out;
}

}  // namespace posthorn::trust::altered
