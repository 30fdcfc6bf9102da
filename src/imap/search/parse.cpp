// imap/search/parse.cpp - see parse.h. What is not yet complete waits on a stack of frames of our own; a completed key becomes
// steps, and a completed frame joins its children's steps, the cheap ones first.
#include "imap/search/parse.h"

#include <algorithm>

#include "base/text.h"
#include "imap/grammar/object_id.h"
#include "imap/grammar/tokens.h"
#include "mail/fold.h"
#include "imap/search/keys.h"

namespace posthorn::imap {

namespace {

using Kind = SearchStep::Kind;

struct Piece {
  std::vector<SearchStep> steps;
  Need need = Need::row;
};

struct Frame {
  enum class Of : std::uint8_t { program, list, negation, either } of = Of::program;
  std::vector<Piece> pieces;
};

Piece negated(Piece piece) {
  piece.steps.push_back({Kind::negate, 0});
  return piece;
}

// a, jump over all the rest if decided, b, join, jump..., c, join
Piece joined(std::vector<Piece> pieces, Kind join) {
  std::vector<Piece> sorted;  // by need, else in the client's order
  for (const auto need : {Need::row, Need::email, Need::summary, Need::message})
    for (auto& piece : pieces)
      if (piece.need == need) sorted.push_back(std::move(piece));
  const Kind jump = join == Kind::both ? Kind::jump_if_no : Kind::jump_if_yes;
  std::size_t total = sorted.front().steps.size();
  for (std::size_t i = 1; i < sorted.size(); ++i) total += sorted[i].steps.size() + 2;
  Piece whole = std::move(sorted.front());
  whole.steps.reserve(total);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    whole.steps.push_back({jump, static_cast<std::uint32_t>(total - whole.steps.size() - 1)});
    whole.steps.insert(whole.steps.end(), sorted[i].steps.begin(), sorted[i].steps.end());
    whole.steps.push_back({join, 0});
    whole.need = std::max(whole.need, sorted[i].need);
  }
  return whole;
}

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Parser {
 public:
  Parser(Cursor& in, const SearchLimits& limits, SearchRequest& request) : in_(in), limits_(limits), request_(request) {}

  Status charset() {
    if (!take_word(in_, "CHARSET")) return {};
    const auto name = take_space(in_) ? take_astring(in_) : std::nullopt;
    if (!name || !take_space(in_)) return fail(Errc::invalid, "CHARSET wants a name and search keys");
    if (!equal_icase(*name, "UTF-8") && !equal_icase(*name, "US-ASCII"))
      return fail(Errc::unsupported, "That charset is not supported");
    return {};
  }

  Status program() {
    frames_.emplace_back();
    for (bool more = true; more;) {
      TRY(begin());
      TRY_ASSIGN(more, end());
    }
    if (frames_.size() != 1) return fail(Errc::invalid, "Search keys end too early");
    request_.program.steps = joined(std::move(frames_.front().pieces), Kind::both).steps;
    return {};
  }

 private:
  // One key, or the opening of one that has keys inside.
  Status begin() {
    while (true) {
      if (++keys_ > limits_.keys) return fail(Errc::too_big, "Too many search keys");
      if (in_.take('(')) {
        if (++depth_ > limits_.depth) return fail(Errc::too_big, "Search keys are nested too deeply");
        frames_.push_back({Frame::Of::list, {}});
      } else if (take_word(in_, "NOT")) {
        if (!take_space(in_)) return fail(Errc::invalid, "NOT wants a search key");
        frames_.push_back({Frame::Of::negation, {}});
      } else if (take_word(in_, "OR")) {
        if (!take_space(in_)) return fail(Errc::invalid, "OR wants two search keys");
        frames_.push_back({Frame::Of::either, {}});
      } else {
        return leaf();
      }
    }
  }

  // After a complete key: closes what is complete with it. Whether another key follows.
  Result<bool> end() {
    while (true) {
      auto& frame = frames_.back();
      if (frame.of == Frame::Of::negation) {
        close(negated(std::move(frame.pieces.front())));
      } else if (frame.of == Frame::Of::either && frame.pieces.size() == 2) {
        close(joined(std::move(frame.pieces), Kind::either));
      } else if (frame.of == Frame::Of::list && in_.take(')')) {
        --depth_;
        close(joined(std::move(frame.pieces), Kind::both));
      } else if (frame.of == Frame::Of::program && in_.done()) {
        return false;
      } else if (take_space(in_)) {
        return true;
      } else {
        return fail(Errc::invalid, "Expected a space or the end after a search key");
      }
    }
  }

  void close(Piece piece) {
    frames_.pop_back();
    frames_.back().pieces.push_back(std::move(piece));
  }

  Status leaf() {
    SearchKey key;
    bool negate = false;
    const auto first = in_.peek();
    if (first && (*first == '$' || *first == '*' || (*first >= '0' && *first <= '9'))) {
      TRY(set_of(key, SearchTest::sequence));
    } else {
      const auto* row = find_key(in_.take_while(is_key_char));
      if (row == nullptr) return fail(Errc::invalid, "Unknown search key");
      key.test = row->test;
      key.need = row->need;
      key.number = row->number;
      negate = row->negated;
      if (row->argument != KeyArgument::none) {
        if (!take_space(in_)) return fail(Errc::invalid, "Search key wants an argument");
        TRY(argument(key, row->argument));
      }
    }
    if (key.need == Need::message && ++message_keys_ > limits_.message_keys)
      return fail(Errc::too_big, "Too many search keys that read whole messages");
    Piece piece{{{Kind::key, static_cast<std::uint32_t>(request_.program.keys.size())}}, key.need};
    request_.program.keys.push_back(std::move(key));
    frames_.back().pieces.push_back(negate ? negated(std::move(piece)) : std::move(piece));
    return {};
  }

  Status argument(SearchKey& key, KeyArgument kind) {
    switch (kind) {
      case KeyArgument::none: return {};
      case KeyArgument::string: return string_of(key);
      case KeyArgument::date: return have(take_date(in_), key.day, "Search key wants a date such as 1-Feb-1994");
      case KeyArgument::number: return have(take_number64(in_), key.number, "Search key wants a number");
      case KeyArgument::nz_number: return have(take_nz_number(in_), key.number, "Search key wants a number of seconds");
      case KeyArgument::keyword: return have(take_atom(in_), key.name, "Search key wants a keyword");
      case KeyArgument::set: return set_of(key, SearchTest::uid);
      case KeyArgument::header: return header_of(key);
      case KeyArgument::modseq: return modseq_of(key);
      case KeyArgument::email_id: return id_of(key, email_id_of);
      case KeyArgument::thread_id: return id_of(key, thread_id_of);
    }
    return {};
  }

  template <class Value, class Target>
  Status have(const Value& value, Target& target, std::string_view otherwise) {
    if (!value) return fail(Errc::invalid, std::string(otherwise));
    target = *value;
    return {};
  }

  Status string_of(SearchKey& key) {
    const auto text = take_astring(in_);
    if (!text) return fail(Errc::invalid, "Search key wants a string");
    if (!is_utf8(*text)) return fail(Errc::invalid, "Search string is not valid in its charset");
    if (text->size() > limits_.text) return fail(Errc::too_big, "Search string is too long");
    key.text = mail::folded(*text);
    return {};
  }

  // "$" is kept as UIDs (rfc:5182#2.1), so it is tested as such also among sequence numbers.
  Status set_of(SearchKey& key, SearchTest test) {
    const auto set = take_sequence_set(in_);
    if (!set) return fail(Errc::invalid, "Bad sequence set");
    key.set = *set;
    key.test = set->saved ? SearchTest::uid : test;
    return {};
  }

  Status header_of(SearchKey& key) {
    const auto name = take_astring(in_);
    if (!name || !take_space(in_)) return fail(Errc::invalid, "HEADER wants a field name and a string");
    key.name = to_lower(*name);
    TRY(string_of(key));
    // These two stand in the summary as they stand in the message; others may be there more than once or lose their comments.
    if (key.name == "message-id" || key.name == "in-reply-to") {
      key.test = SearchTest::envelope_header;
      key.need = Need::summary;
    }
    return {};
  }

  // rfc:7162#3.1.5: [entry-name SP entry-type-req] mod-sequence-valzer. We keep one mod-sequence a message, so the entry is only
  // read.
  Status modseq_of(SearchKey& key) {
    request_.asks_modseq = true;
    if (in_.peek() == '"') {
      const auto entry = take_quoted(in_);
      const bool type = entry && entry->starts_with("/flags/") && take_space(in_) &&
                        (take_word(in_, "priv") || take_word(in_, "shared") || take_word(in_, "all")) && take_space(in_);
      if (!type) return fail(Errc::invalid, "MODSEQ wants a mod-sequence");
    }
    return have(take_number64(in_), key.number, "MODSEQ wants a mod-sequence");
  }

  template <class ToId>
  Status id_of(SearchKey& key, ToId to_id) {
    const auto text = take_object_id(in_);
    if (!text) return fail(Errc::invalid, "Search key wants an object id");
    const auto id = to_id(*text);
    if (id)
      key.number = number(*id);
    else
      key.test = SearchTest::none;
    return {};
  }

  Cursor& in_;
  const SearchLimits& limits_;
  SearchRequest& request_;
  std::vector<Frame> frames_;
  std::size_t keys_ = 0, depth_ = 0, message_keys_ = 0;
};

// "RETURN (" [option *(SP option)] ")" SP
Status parse_return(Cursor& in, SearchReturn& wants) {
  if (!take_word(in, "RETURN")) return {};
  wants.extended = true;
  if (!in.take(" (")) return fail(Errc::invalid, "RETURN wants a list of options");
  if (!in.take(')')) {
    do {
      if (take_word(in, "MIN"))
        wants.min = true;
      else if (take_word(in, "MAX"))
        wants.max = true;
      else if (take_word(in, "ALL"))
        wants.all = true;
      else if (take_word(in, "COUNT"))
        wants.count = true;
      else if (take_word(in, "SAVE"))
        wants.save = true;
      else
        return fail(Errc::invalid, "Unknown SEARCH result option");
    } while (take_space(in));
    if (!in.take(')')) return fail(Errc::invalid, "Expected ')' after the result options");
  }
  // rfc:9051#6.4.4: no option is ALL; SAVE alone asks for no ESEARCH data (6.4.4.1).
  if (!wants.min && !wants.max && !wants.count && !wants.save) wants.all = true;
  if (!take_space(in)) return fail(Errc::invalid, "SEARCH wants search keys");
  return {};
}

}  // namespace

Result<SearchRequest> parse_search(Cursor& in, const SearchLimits& limits) {
  SearchRequest request;
  TRY(parse_return(in, request.wants));
  Parser parser(in, limits, request);
  TRY(parser.charset());
  TRY(parser.program());
  return request;
}

}  // namespace posthorn::imap
