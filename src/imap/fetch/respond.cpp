// imap/fetch/respond.cpp - see respond.h.
#include "imap/fetch/respond.h"

#include <algorithm>
#include <array>

#include "imap/fetch/section.h"
#include "imap/fetch/structure.h"
#include "imap/grammar/date.h"
#include "imap/grammar/object_id.h"

namespace posthorn::imap {

namespace {

// By store::SystemFlag.
constexpr std::array<std::string_view, store::first_keyword_bit> system_flags = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
                                                                                 "\\Draft"};

class Responder {
 public:
  Responder(std::string& out, const FetchData& data, QuotedText allowed)
      : out_(out), data_(data), allowed_(allowed), message_(data.message.value_or(std::string_view())) {}

  Status value(const FetchItem& item) {
    switch (item.kind) {
      case FetchKind::uid: out_ += std::to_string(number(data_.member.uid)); return {};
      case FetchKind::flags: append_flags(out_, data_.member.flags, data_.keywords); return {};
      case FetchKind::modseq: in_parentheses(std::to_string(number(data_.member.modseq))); return {};
      case FetchKind::savedate: out_ += format_date_time(data_.member.saved); return {};
      case FetchKind::emailid: in_parentheses(object_id(data_.member.email)); return {};
      case FetchKind::internaldate: out_ += format_date_time(data_.email->received); return {};
      case FetchKind::size: out_ += std::to_string(data_.email->size); return {};
      case FetchKind::threadid: in_parentheses(object_id(data_.email->thread)); return {};
      case FetchKind::envelope: append_envelope(out_, data_.summary->envelope, allowed_); return {};
      case FetchKind::body: append_structure(out_, data_.summary->structure, StructureForm::body, allowed_); return {};
      case FetchKind::bodystructure:
        append_structure(out_, data_.summary->structure, StructureForm::bodystructure, allowed_);
        return {};
      case FetchKind::preview: append_string(out_, data_.summary->preview, allowed_); return {};
      case FetchKind::section: section(item); return {};
      case FetchKind::binary:
      case FetchKind::binary_size: return binary(item);
    }
    return {};
  }

 private:
  void in_parentheses(std::string_view text) { out_.append("(").append(text).append(")"); }

  void section(const FetchItem& item) {
    if (data_.extents != nullptr && !data_.message) return extent(0, data_.email->size, item.partial);
    std::string made;
    const auto octets = octets_of(message_, item.section, made);
    if (!octets) {
      out_ += "NIL";
      return;
    }
    if (data_.extents != nullptr && made.empty())
      return extent(static_cast<std::uint64_t>(octets->data() - data_.message->data()), octets->size(), item.partial);
    append_literal(out_, cut(*octets, item.partial));
  }

  // The literal's announcement; its octets are the caller's to write.
  void extent(std::uint64_t offset, std::uint64_t length, const std::optional<Partial>& partial) {
    if (partial) {
      const auto skipped = std::min(partial->offset, length);
      offset += skipped;
      length = std::min(partial->length, length - skipped);
    }
    out_.append("{").append(std::to_string(length)).append("}\r\n");
    if (length > 0) data_.extents->push_back({out_.size(), offset, length});
  }

  Status binary(const FetchItem& item) {
    std::string made;
    TRY_ASSIGN(const auto octets, decoded_octets_of(message_, item.section, made));
    if (item.kind == FetchKind::binary_size)
      out_ += std::to_string(octets ? octets->size() : 0);  // of a part that is not there: the grammar wants a number
    else if (octets)
      append_literal8(out_, cut(*octets, item.partial));
    else
      out_ += "NIL";
    return {};
  }

  std::string& out_;
  const FetchData& data_;
  QuotedText allowed_;
  LazyMessage message_;
};

}  // namespace

void append_flags(std::string& out, store::Flags flags, const std::vector<std::string>& keywords) {
  out += '(';
  const auto from = out.size();
  const auto add = [&](std::string_view name) {
    if (out.size() != from) out += ' ';
    out += name;
  };
  for (unsigned bit = 0; bit < system_flags.size(); ++bit)
    if (flags.has(bit)) add(system_flags[bit]);
  if ((flags.low >> store::first_keyword_bit) != 0 || flags.high != 0)
    for (unsigned i = 0; i < keywords.size() && i < store::flag_bits - store::first_keyword_bit; ++i)
      if (flags.has(store::first_keyword_bit + i)) add(keywords[i]);
  out += ')';
}

Status append_fetch(std::string& out, const FetchRequest& request, const FetchData& data, QuotedText allowed) {
  const auto& needs = request.needs;
  if ((needs.email && data.email == nullptr) || (needs.summary && data.summary == nullptr) || (needs.message && !data.message && (data.extents == nullptr || data.email == nullptr)))
    return fail(Errc::invalid, "FETCH was not given the data it needs", "Read what FetchRequest::needs says");
  const auto start = out.size();
  out.append("* ").append(std::to_string(data.sequence)).append(" FETCH (");
  Responder responder(out, data, allowed);
  bool first = true;
  for (const auto& item : request.items) {
    if (!first) out += ' ';
    first = false;
    out.append(item.label).append(" ");
    if (auto done = responder.value(item); !done) {
      out.resize(start);
      return done;
    }
  }
  out += ")\r\n";
  return {};
}

}  // namespace posthorn::imap
