// imap/fetch/items.cpp - see items.h.
#include "imap/fetch/items.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "imap/grammar/quote.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {

namespace {

struct Plain {
  std::string_view name;
  FetchKind kind;
};
// Items that are only a name. PREVIEW may have "(LAZY)" after it; our previews are always there, so that changes nothing.
constexpr Plain plain_items[] = {
    {"UID", FetchKind::uid},
    {"FLAGS", FetchKind::flags},
    {"MODSEQ", FetchKind::modseq},
    {"SAVEDATE", FetchKind::savedate},
    {"EMAILID", FetchKind::emailid},
    {"INTERNALDATE", FetchKind::internaldate},
    {"RFC822.SIZE", FetchKind::size},
    {"THREADID", FetchKind::threadid},
    {"ENVELOPE", FetchKind::envelope},
    {"BODY", FetchKind::body},
    {"BODYSTRUCTURE", FetchKind::bodystructure},
    {"PREVIEW", FetchKind::preview},
};

constexpr FetchKind fast[] = {FetchKind::flags, FetchKind::internaldate, FetchKind::size};
constexpr FetchKind all[] = {FetchKind::flags, FetchKind::internaldate, FetchKind::size, FetchKind::envelope};
constexpr FetchKind full[] = {FetchKind::flags, FetchKind::internaldate, FetchKind::size, FetchKind::envelope, FetchKind::body};
struct Macro {
  std::string_view name;
  std::span<const FetchKind> kinds;
};
constexpr Macro macros[] = {{"FAST", fast}, {"ALL", all}, {"FULL", full}};

// Items that are sections under another name (rfc:3501#6.4.5).
struct OldName {
  std::string_view name;
  SectionText text;
  bool sets_seen;
};
constexpr OldName old_names[] = {
    {"RFC822", SectionText::all, true}, {"RFC822.HEADER", SectionText::header, false}, {"RFC822.TEXT", SectionText::text, true}};

std::string_view label_of(FetchKind kind) {
  for (const auto& plain : plain_items)
    if (plain.kind == kind) return plain.name;
  return {};
}

void add_needs(FetchNeeds& needs, FetchKind kind) {
  switch (kind) {
    case FetchKind::uid:
    case FetchKind::flags:
    case FetchKind::modseq:
    case FetchKind::savedate:
    case FetchKind::emailid: break;
    case FetchKind::internaldate:
    case FetchKind::size:
    case FetchKind::threadid: needs.email = true; break;
    case FetchKind::envelope:
    case FetchKind::body:
    case FetchKind::bodystructure:
    case FetchKind::preview: needs.summary = true; break;
    case FetchKind::section:
    case FetchKind::binary:
    case FetchKind::binary_size: needs.message = true; break;
  }
}

void add_item(FetchRequest& request, FetchItem item) {
  for (const auto& there : request.items)
    if (there.label == item.label && there.partial.has_value() == item.partial.has_value() &&
        (!item.partial || there.partial->length == item.partial->length))
      return;
  add_needs(request.needs, item.kind);
  if (item.kind == FetchKind::modseq) request.asks_modseq = true;
  request.items.push_back(std::move(item));
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
}

class Parser {
 public:
  Parser(Cursor& in, const FetchLimits& limits, FetchRequest& request) : in_(in), limits_(limits), request_(request) {}

  Status items() {
    if (!in_.take('(')) return item(Macros::allowed);
    do {
      TRY(item(Macros::refused));
    } while (take_space(in_));
    if (!in_.take(')')) return fail(Errc::invalid, "Expected a space or ')' after a FETCH item");
    return {};
  }

  // rfc:4466#2.4 fetch-modifiers
  Status modifiers() {
    if (!in_.take(" (")) return fail(Errc::invalid, "Unexpected text after the FETCH items");
    do {
      if (take_word(in_, "CHANGEDSINCE")) {
        const auto since = take_space(in_) ? take_number64(in_) : std::nullopt;
        if (!since || request_.changed_since) return fail(Errc::invalid, "CHANGEDSINCE wants one mod-sequence");
        request_.changed_since = ModSeq{*since};
      } else if (take_word(in_, "VANISHED")) {
        request_.vanished = true;
      } else {
        return fail(Errc::invalid, "Unknown FETCH modifier");
      }
    } while (take_space(in_));
    if (!in_.take(')')) return fail(Errc::invalid, "Expected ')' after the FETCH modifiers");
    // rfc:7162#3.2.6: VANISHED is nothing without CHANGEDSINCE.
    if (request_.vanished && !request_.changed_since) return fail(Errc::invalid, "VANISHED wants CHANGEDSINCE");
    return {};
  }

 private:
  enum class Macros : std::uint8_t { refused, allowed };  // rfc:9051#6.4.5: a macro stands alone

  Status item(Macros with_macros) {
    if (request_.items.size() >= limits_.items) return fail(Errc::too_big, "Too many FETCH items");
    const auto name = in_.take_while(is_name_char);
    if (in_.peek() == '[') return section_item(to_upper(name));
    if (with_macros == Macros::allowed)
      for (const auto& macro : macros)
        if (equal_icase(name, macro.name)) {
          for (const auto kind : macro.kinds) request_.add(kind);
          return {};
        }
    for (const auto& plain : plain_items)
      if (equal_icase(name, plain.name)) {
        request_.add(plain.kind);
        if (plain.kind == FetchKind::preview) in_.take_icase(" (LAZY)");
        return {};
      }
    for (const auto& old : old_names)
      if (equal_icase(name, old.name)) {
        request_.sets_seen |= old.sets_seen;
        add_item(request_, {FetchKind::section, std::string(old.name), {.part = {}, .text = old.text, .fields = {}}, {}});
        return {};
      }
    return fail(Errc::invalid, "Unknown FETCH item");
  }

  // BODY[section]<partial> and its kin, from the '['.
  Status section_item(std::string_view name) {
    FetchItem item;
    const bool binary = name.starts_with("BINARY");
    if (name == "BODY" || name == "BODY.PEEK")
      item.kind = FetchKind::section;
    else if (name == "BINARY" || name == "BINARY.PEEK")
      item.kind = FetchKind::binary;
    else if (name == "BINARY.SIZE")
      item.kind = FetchKind::binary_size;
    else
      return fail(Errc::invalid, "Unknown FETCH item");
    item.label = binary ? (item.kind == FetchKind::binary ? "BINARY[" : "BINARY.SIZE[") : "BODY[";
    in_.take('[');
    TRY(part(item));
    if (!binary) TRY(text(item));
    if (!in_.take(']')) return fail(Errc::invalid, "Bad section in a FETCH item");
    item.label += ']';
    if (item.kind != FetchKind::binary_size) TRY(partial(item));
    request_.sets_seen |= name == "BODY" || name == "BINARY";
    add_item(request_, std::move(item));
    return {};
  }

  // section-part; the '.' before a section-text is taken too.
  Status part(FetchItem& item) {
    for (bool more = true; more;) {
      const auto number = take_nz_number(in_);
      if (!number) return {};  // nothing, or the section-text after a '.': text() tells
      if (item.section.part.size() >= limits_.numbers) return fail(Errc::too_big, "Part number has too many levels");
      if (!item.section.part.empty()) item.label += '.';
      item.label += std::to_string(*number);
      item.section.part.push_back(*number);
      more = in_.take('.');
      dot_ = more;
    }
    return {};
  }

  Status text(FetchItem& item) {
    const bool after_part = !item.section.part.empty();
    if (in_.peek() == ']') {
      if (after_part && dot_) return fail(Errc::invalid, "Bad section in a FETCH item");
      return {};
    }
    if (after_part && !dot_) return fail(Errc::invalid, "Bad section in a FETCH item");
    const auto name = to_upper(in_.take_while(is_name_char));
    auto& kind = item.section.text;
    if (name == "HEADER")
      kind = SectionText::header;
    else if (name == "HEADER.FIELDS")
      kind = SectionText::header_fields;
    else if (name == "HEADER.FIELDS.NOT")
      kind = SectionText::header_fields_not;
    else if (name == "TEXT")
      kind = SectionText::text;
    else if (name == "MIME" && after_part)
      kind = SectionText::mime;  // rfc:9051#6.4.5: MIME must have a part number
    else
      return fail(Errc::invalid, "Bad section in a FETCH item");
    if (after_part) item.label += '.';
    item.label += name;
    if (kind == SectionText::header_fields || kind == SectionText::header_fields_not) return fields(item);
    return {};
  }

  // SP "(" header-fld-name *(SP header-fld-name) ")"
  Status fields(FetchItem& item) {
    if (!in_.take(" (")) return fail(Errc::invalid, "HEADER.FIELDS wants a list of names");
    item.label += " (";
    do {
      const auto name = take_astring(in_);
      if (!name) return fail(Errc::invalid, "HEADER.FIELDS wants a list of names");
      if (item.section.fields.size() >= limits_.fields) return fail(Errc::too_big, "Too many header fields");
      if (!item.section.fields.empty()) item.label += ' ';
      append_astring(item.label, *name);
      item.section.fields.push_back(to_lower(*name));
    } while (take_space(in_));
    if (!in_.take(')')) return fail(Errc::invalid, "Expected ')' after the header field names");
    item.label += ')';
    std::sort(item.section.fields.begin(), item.section.fields.end());
    return {};
  }

  // "<" number64 "." nz-number64 ">"; the response names only the offset (rfc:9051#7.5.2).
  Status partial(FetchItem& item) {
    if (!in_.take('<')) return {};
    const auto offset = take_number64(in_);
    const auto length = offset && in_.take('.') ? take_nz_number64(in_) : std::nullopt;
    if (!length || !in_.take('>')) return fail(Errc::invalid, "Bad partial in a FETCH item");
    item.partial = Partial{*offset, *length};
    item.label.append("<").append(std::to_string(*offset)).append(">");
    return {};
  }

  Cursor& in_;
  const FetchLimits& limits_;
  FetchRequest& request_;
  bool dot_ = false;  // the part number ended with a '.'
};

}  // namespace

void FetchRequest::add(FetchKind kind) {
  add_item(*this, {kind, std::string(label_of(kind)), {}, {}});
}

bool FetchRequest::asks_only_whole() const {
  return std::ranges::all_of(items, [](const FetchItem& item) {
    if (item.kind == FetchKind::section) return item.section.whole_message();
    return item.kind != FetchKind::binary && item.kind != FetchKind::binary_size;
  });
}

bool FetchRequest::asks(FetchKind kind) const {
  return std::any_of(items.begin(), items.end(), [&](const FetchItem& item) { return item.kind == kind; });
}

Result<FetchRequest> parse_fetch(Cursor& in, FetchBy by, const FetchLimits& limits) {
  FetchRequest request;
  if (by == FetchBy::uid) request.add(FetchKind::uid);
  Parser parser(in, limits, request);
  TRY(parser.items());
  if (!in.done()) TRY(parser.modifiers());
  if (!in.done()) return fail(Errc::invalid, "Unexpected text at the end of FETCH");
  if (request.changed_since) request.add(FetchKind::modseq);
  return request;
}

}  // namespace posthorn::imap
