// jmap/mail/email_filter_parse.cpp - reads a filter (RFC 8621 4.4.1) into the flat program that email_filter.cpp runs.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "jmap/mail/email_filter.h"
#include "jmap/mail/email_json.h"
#include "mail/fold.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using T = EmailTest;

enum class Argument : std::uint8_t { mailbox, mailboxes, date, size, keyword, flag, text, header, country };

struct ConditionRow {
  std::string_view name;
  T test;
  Argument argument;
};
constexpr std::array<ConditionRow, 24> condition_table = {{{"inMailbox", T::in_mailbox, Argument::mailbox},
                                                           {"inMailboxOtherThan", T::in_mailbox_other_than, Argument::mailboxes},
                                                           {"before", T::before, Argument::date},
                                                           {"after", T::after, Argument::date},
                                                           {"minSize", T::min_size, Argument::size},
                                                           {"maxSize", T::max_size, Argument::size},
                                                           {"allInThreadHaveKeyword", T::all_in_thread_have_keyword, Argument::keyword},
                                                           {"someInThreadHaveKeyword", T::some_in_thread_have_keyword, Argument::keyword},
                                                           {"noneInThreadHaveKeyword", T::none_in_thread_have_keyword, Argument::keyword},
                                                           {"hasKeyword", T::has_keyword, Argument::keyword},
                                                           {"notKeyword", T::not_keyword, Argument::keyword},
                                                           {"hasAttachment", T::has_attachment, Argument::flag},
                                                           {"text", T::text, Argument::text},
                                                           {"from", T::from, Argument::text},
                                                           {"to", T::to, Argument::text},
                                                           {"cc", T::cc, Argument::text},
                                                           {"bcc", T::bcc, Argument::text},
                                                           {"subject", T::subject, Argument::text},
                                                           {"body", T::body, Argument::text},
                                                           {"header", T::header, Argument::header},
                                                           {"attachmentName", T::attachment_name, Argument::text},
                                                           {"arrivedEncrypted", T::arrived_encrypted, Argument::flag},
                                                           {"altered", T::altered, Argument::flag},
                                                           {"country", T::country, Argument::country}}};

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

std::unexpected<Error> wrong(std::string_view name, const char* what) { return fail(Errc::invalid, std::string(name) + " " + what); }

Status take_words(EmailCondition& out, std::string_view name, std::string_view text, const FilterLimits& limits) {
  if (text.size() > limits.text) return fail(Errc::too_big, std::string(name) + " is longer than " + std::to_string(limits.text) + " octets");
  out.phrases = search_phrases(text);
  std::size_t words = 0;
  for (const auto& one : out.phrases) words += one.words.size();
  if (words > limits.words) return fail(Errc::too_big, std::string(name) + " has more than " + std::to_string(limits.words) + " words");
  // Nothing but punctuation: there is no word that could be found.
  if (out.phrases.empty() && !trim(text).empty()) out.test = T::none;
  return {};
}

Status take_header(EmailCondition& out, const json::value& value, const FilterLimits& limits) {
  if (!value.is_array()) return wrong("header", "is not a list");
  const auto& list = value.get_array();
  if (list.empty() || list.size() > 2 || !list[0].is_string() || (list.size() == 2 && !list[1].is_string())) return wrong("header", "has one or two strings");
  out.name = list[0].get_string();
  if (list.size() == 2) return take_words(out, "header", list[1].get_string(), limits);
  return {};
}

Result<EmailCondition> condition_of(const ConditionRow& row, const json::value& value, const FilterLimits& limits) {
  EmailCondition out;
  out.test = row.test;
  switch (row.argument) {
    case Argument::mailbox: {
      if (!value.is_string()) return wrong(row.name, "is not an id");
      const auto id = store::mailbox_id_of(value.get_string());
      if (id) out.mailboxes.push_back(*id);
      else out.test = T::none;
      return out;
    }
    case Argument::mailboxes:
      if (!value.is_array()) return wrong(row.name, "is not a list of ids");
      for (const auto& one : value.get_array()) {
        if (!one.is_string()) return wrong(row.name, "is not a list of ids");
        if (const auto id = store::mailbox_id_of(one.get_string())) out.mailboxes.push_back(*id);
      }
      return out;
    case Argument::date: {
      const auto time = value.is_string() ? parse_utc_date(value.get_string()) : std::nullopt;
      if (!time) return wrong(row.name, "is not a UTCDate");
      out.number = static_cast<std::uint64_t>(time->time_since_epoch().count());
      return out;
    }
    case Argument::size:
      if (value.is_int64() && value.get_int64() >= 0) out.number = static_cast<std::uint64_t>(value.get_int64());
      else if (value.is_uint64()) out.number = value.get_uint64();
      else return wrong(row.name, "is not an unsigned number");
      return out;
    case Argument::keyword: {
      if (!value.is_string()) return wrong(row.name, "is not a keyword");
      TRY_ASSIGN(out.name, imap_keyword(value.get_string()));
      return out;
    }
    case Argument::flag:
      if (!value.is_bool()) return wrong(row.name, "is not true or false");
      out.flag = value.get_bool();
      return out;
    case Argument::text: {
      if (!value.is_string()) return wrong(row.name, "is not a string");
      TRY(take_words(out, row.name, value.get_string(), limits));
      return out;
    }
    case Argument::header: {
      TRY(take_header(out, value, limits));
      return out;
    }
    case Argument::country:
      if (!value.is_string() || value.get_string().size() != 2 || !std::ranges::all_of(value.get_string(), is_letter)) return wrong(row.name, "is two letters, such as DE");
      out.name = to_upper(value.get_string());
      return out;
  }
  return out;
}

}  // namespace

std::vector<mail::Phrase> search_phrases(std::string_view text) {
  std::vector<mail::Phrase> out;
  std::string piece;
  const auto end_piece = [&](bool open) {
    auto phrase = mail::Phrase::of(mail::folded(piece), open);
    if (!phrase.words.empty()) out.push_back(std::move(phrase));
    piece.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool quote = (c == '"' || c == '\'') && piece.empty();
    const auto close = quote ? text.find(c, at + 1) : text.npos;
    if (quote && close != text.npos) {
      // rfc:8621#4.4.1 within a phrase a backslash escapes ' " and itself.
      for (++at; at < text.size() && text[at] != c; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        piece += text[at];
      }
      end_piece(false);
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      end_piece(true);
    } else {
      piece += c;
    }
  }
  end_piece(true);
  return out;
}

// Walks operators with a stack of its own: each frame is an operator whose conditions are still to be compiled.
struct EmailFilter::Parser {
  struct Frame {
    const json::array* conditions = nullptr;
    std::size_t next = 0;
    Kind join = Kind::both;
    bool negate = false;
  };
  const FilterLimits& limits;
  EmailFilter out;
  std::vector<Frame> frames;

  Status condition(const json::object& object) {
    bool first = true;
    for (const auto& [name, value] : object) {
      const auto row = std::ranges::find(condition_table, std::string_view(name), &ConditionRow::name);
      if (row == condition_table.end()) return fail(Errc::unsupported, "there is no filter condition \"" + printable(name, 100) + "\"");
      if (out.conditions_.size() >= limits.conditions) return fail(Errc::too_big, "a filter has at most " + std::to_string(limits.conditions) + " conditions");
      TRY_ASSIGN(auto made, condition_of(*row, value, limits));
      out.conditions_.push_back(std::move(made));
      out.steps_.push_back({Kind::condition, static_cast<std::uint32_t>(out.conditions_.size() - 1)});
      if (!first) out.steps_.push_back({Kind::both, 0});
      first = false;
    }
    if (first) out.steps_.push_back({Kind::yes, 0});
    return {};
  }

  Status begin(const json::object& object) {
    const auto* op = object.if_contains("operator");
    const auto* conditions = object.if_contains("conditions");
    if (op == nullptr) return condition(object);
    if (!op->is_string() || conditions == nullptr || !conditions->is_array() || object.size() != 2) return fail(Errc::invalid, "a FilterOperator has an operator and a list of conditions");
    if (frames.size() >= limits.depth) return fail(Errc::too_big, "filters are nested at most " + std::to_string(limits.depth) + " deep");
    const std::string_view name = op->get_string();
    Frame frame;
    frame.conditions = &conditions->get_array();
    if (name == "OR" || name == "NOT") frame.join = Kind::either;
    else if (name != "AND") return fail(Errc::invalid, "an operator is AND, OR or NOT");
    frame.negate = name == "NOT";
    if (name != "AND") out.conjunction_ = false;
    frames.push_back(frame);
    return {};
  }

  Status run(const json::object& root) {
    TRY(begin(root));
    while (!frames.empty()) {
      auto& frame = frames.back();
      // After the second condition and each one more, two truth values are joined to one.
      if (frame.next >= 2) out.steps_.push_back({frame.join, 0});
      if (frame.next == frame.conditions->size()) {
        if (frame.next == 0) out.steps_.push_back({frame.join == Kind::both ? Kind::yes : Kind::no, 0});
        if (frame.negate) out.steps_.push_back({Kind::negate, 0});
        frames.pop_back();
        continue;
      }
      const auto& next = (*frame.conditions)[frame.next++];
      if (out.steps_.size() > 4 * limits.conditions) return fail(Errc::too_big, "the filter has too many operators");
      if (!next.is_object()) return fail(Errc::invalid, "a condition is not an object");
      TRY(begin(next.get_object()));
    }
    return {};
  }
};

Result<EmailFilter> EmailFilter::parse(const json::value& value, const FilterLimits& limits) {
  if (value.is_null()) return EmailFilter();
  if (!value.is_object()) return fail(Errc::invalid, "a filter is an object or null");
  Parser parser{limits, {}, {}};
  TRY(parser.run(value.get_object()));
  return std::move(parser.out);
}

}  // namespace posthorn::jmap
