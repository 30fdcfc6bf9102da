// mail/mime_tree.cpp - the one pass that makes a Message of bytes (RFC 5322 2.1, RFC 2046 5.1 and 5.2).
// It walks the lines once. Open multiparts and embedded messages stand on a stack of at most Limits::depth frames; a
// line that begins with "--" is compared with their boundaries. A message may have CRLF, LF or both as line ends.
// Security: hostile bytes. Linear (each line costs at most depth comparisons), iterative, bounded by Limits.
#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "mail/content.h"
#include "mail/header_fields.h"
#include "mail/lexer.h"
#include "mail/message.h"
#include "mail/parameters.h"

namespace posthorn::mail {
namespace {

constexpr std::uint32_t bit(Ambiguity a) {
  return static_cast<std::uint32_t>(a);
}

// The line being looked at: offsets into the bytes.
struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;    // behind the line end
  std::string_view text;  // without line end
};

class TreeParser {
 public:
  TreeParser(std::string_view bytes, const Limits& limits)
      : bytes_(bytes), limits_(limits), fields_left_(limits.all_fields), parameters_left_(limits.all_parameters) {
    message_.bytes = bytes;
  }

  Message run() {
    begin_part(0);
    std::size_t at = 0;
    while (at < bytes_.size()) {
      if (state_ == State::body && open_multiparts_ + closed_multiparts_ == 0) {
        lines_ += static_cast<std::uint64_t>(std::ranges::count(bytes_.substr(at), '\n'));
        break;
      }
      const Line line = line_at(at);
      take_line(line);
      at = line.end;
      if (bytes_[at - 1] == '\n') ++lines_;
    }
    finish();
    return std::move(message_);
  }

 private:
  enum class State : std::uint8_t { header, body };  // body: of a leaf, or preamble and epilogue of a multipart
  enum class FrameKind : std::uint8_t { multipart, digest, message };
  struct Frame {
    std::size_t part = 0;
    FrameKind kind = FrameKind::message;
    std::string boundary;  // of a multipart
    bool open = true;      // false behind the final boundary: what follows is epilogue
  };
  struct Delimiter {
    std::size_t frame = 0;
    bool final = false;
  };

  Line line_at(std::size_t at) const {
    const auto newline = bytes_.find('\n', at);
    const std::size_t end = newline == bytes_.npos ? bytes_.size() : newline + 1;
    return {at, end, without_line_end(bytes_.substr(at, end - at))};
  }

  void flag(Ambiguity a) { message_.ambiguities |= bit(a); }
  Part& part_of(const Frame& frame) { return message_.parts[frame.part]; }

  void take_line(const Line& line) {
    if (open_multiparts_ + closed_multiparts_ > 0 && line.text.starts_with("--"))
      if (const auto delimiter = match(line.text.substr(2))) return take_delimiter(line, *delimiter);
    if (state_ == State::header) take_header_line(line);
  }

  void take_header_line(const Line& line) {
    if (line.text.empty()) return end_header(line.begin, line.end);
    const bool continues = is_wsp(line.text.front());
    if (continues && field_begin_ != none) return;
    flush_field(line.begin);
    if (continues) flag(Ambiguity::bad_header_line);  // attacks.md 2C a9: the first line of a header begins with a space
    field_begin_ = line.begin;
  }

  // The field that began at field_begin_ goes up to `end`.
  void flush_field(std::size_t end) {
    if (field_begin_ == none) return;
    const auto whole = bytes_.substr(field_begin_, end - field_begin_);
    field_begin_ = none;
    const auto read = read_field(whole);
    if (!read || read->form == FieldForm::lenient) flag(Ambiguity::bad_header_line);
    if (!read) return;
    auto& fields = message_.parts[current_].fields;
    if (fields.size() >= limits_.header_fields || fields_left_ == 0) return flag(Ambiguity::over_limit);
    if (fields.empty()) fields.reserve(message_.parts.size() == 1 ? 24 : 4);
    fields.push_back(read->field);
    --fields_left_;
  }

  void begin_part(std::size_t begin) {
    current_ = message_.parts.size();
    auto& part = message_.parts.emplace_back();
    part.header_begin = part.body_begin = part.body_end = begin;
    if (!frames_.empty()) {
      part.parent = static_cast<int>(frames_.back().part);
      part_of(frames_.back()).children.push_back(static_cast<std::uint32_t>(current_));
    }
    state_ = State::header;
    field_begin_ = none;
  }

  // The header block of current_ ends at `end`; its body begins at `body_begin`, behind the empty line if there is one.
  void end_header(std::size_t end, std::size_t body_begin) {
    flush_field(end);
    state_ = State::body;
    auto& part = message_.parts[current_];
    part.body_begin = part.body_end = body_begin;
    part.lines = lines_ + (body_begin > end ? 1 : 0);  // the count where the body begins, until close() makes a length of it
    const bool in_digest = !frames_.empty() && frames_.back().kind == FrameKind::digest;
    message_.ambiguities |=
        read_content_fields(part, in_digest ? DefaultType::message_rfc822 : DefaultType::text_plain, limits_, parameters_left_);
    if (part.type == "multipart") return open_multipart(part);
    if (part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global")) open_message(part, body_begin);
  }

  static bool is_identity(Encoding e) { return e == Encoding::seven_bit || e == Encoding::eight_bit || e == Encoding::binary; }

  void open_multipart(const Part& part) {
    constexpr std::size_t longest_boundary = 1'000;  // rfc:2046#5.1.1 says 70; nobody keeps to it
    // rfc:2045#6.4: no encoding but the identities is allowed here; the lines are read as they stand.
    if (!is_identity(part.encoding)) flag(Ambiguity::encoded_multipart);
    const auto* value = find_parameter(part.parameters, "boundary");
    auto boundary = value ? std::string_view(*value) : std::string_view();
    while (!boundary.empty() && is_fws(boundary.back())) boundary.remove_suffix(1);
    if (boundary.empty() || boundary.size() > longest_boundary) return flag(Ambiguity::missing_boundary);
    if (frames_.size() >= limits_.depth) return flag(Ambiguity::over_limit);
    const auto kind = part.subtype == "digest" ? FrameKind::digest : FrameKind::multipart;
    frames_.push_back({current_, kind, std::string(boundary), true});
    ++open_multiparts_;
    in_leaf_ = false;
  }

  void open_message(const Part& part, std::size_t body_begin) {
    // rfc:2046#5.2.1: only the identities. What is encoded stays one opaque part.
    if (!is_identity(part.encoding)) return flag(Ambiguity::encoded_multipart);
    if (frames_.size() >= limits_.depth || message_.parts.size() >= limits_.parts) return flag(Ambiguity::over_limit);
    frames_.push_back({current_, FrameKind::message, {}, true});
    begin_part(body_begin);
  }

  // `rest` is a line behind its "--". rfc:2046#5.1.1: the boundary must stand there in full, the line may go on. A line
  // that is exactly a boundary goes before longer ones, else the longest boundary wins; inner ones before outer ones.
  std::optional<Delimiter> match(std::string_view rest) {
    std::optional<Delimiter> best;
    std::size_t longest = 0;
    bool late = false;
    for (std::size_t i = frames_.size(); i-- > 0;) {
      const auto& frame = frames_[i];
      if (frame.kind == FrameKind::message || !rest.starts_with(frame.boundary)) continue;
      auto tail = rest.substr(frame.boundary.size());
      const bool final = tail.starts_with("--");
      if (final) tail.remove_prefix(2);
      const bool exact = tail.find_first_not_of(" \t") == tail.npos;
      if (!frame.open) {
        late |= exact;
        continue;
      }
      if (exact) return Delimiter{i, final};
      if (frame.boundary.size() > longest) {
        longest = frame.boundary.size();
        best = Delimiter{i, final};
      }
    }
    if (best)
      flag(Ambiguity::inexact_boundary);
    else if (late)
      flag(Ambiguity::after_final_boundary);
    return best;
  }

  void take_delimiter(const Line& line, Delimiter delimiter) {
    close_down_to(delimiter.frame + 1, end_before(line.begin), line.begin);
    auto& frame = frames_[delimiter.frame];
    state_ = State::body;
    if (delimiter.final) {
      frame.open = false;
      --open_multiparts_;
      ++closed_multiparts_;
      return;
    }
    if (message_.parts.size() >= limits_.parts) return flag(Ambiguity::over_limit);
    begin_part(line.end);
    in_leaf_ = true;
  }

  // The line end before `at` belongs to the delimiter line there (rfc:2046#5.1.1).
  std::size_t end_before(std::size_t at) const {
    if (at > 0 && bytes_[at - 1] == '\n') --at;
    if (at > 0 && bytes_[at - 1] == '\r' && at < bytes_.size() && bytes_[at] == '\n') --at;
    return at;
  }

  // Ends the current leaf and all frames from index `keep` on at `at`, where a delimiter line begins or the input ends.
  // `end` is where bodies end; one that begins behind it is empty, and then its ancestors end at `at`, to hold it.
  void close_down_to(std::size_t keep, std::size_t end, std::size_t at) {
    // A header without its empty line may still open a frame; that of an embedded message begins another header.
    while (in_leaf_ && state_ == State::header) end_header(at, at);
    std::size_t inner_end = end;
    if (in_leaf_) inner_end = close(message_.parts[current_], inner_end, end, at);
    in_leaf_ = false;
    while (frames_.size() > keep) {
      const auto& frame = frames_.back();
      inner_end = close(part_of(frame), inner_end, end, at);
      if (frame.kind != FrameKind::message) {
        if (frame.open) flag(Ambiguity::missing_final_boundary);
        --(frame.open ? open_multiparts_ : closed_multiparts_);
      }
      frames_.pop_back();
    }
  }

  std::size_t close(Part& part, std::size_t inner_end, std::size_t end, std::size_t at) {
    part.body_end = std::max({part.body_begin, inner_end, end});
    const auto lines = lines_ - (part.body_end < at ? 1 : 0);
    part.lines = lines > part.lines ? lines - part.lines : 0;
    return part.body_end;
  }

  void finish() { close_down_to(0, bytes_.size(), bytes_.size()); }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::string_view bytes_;
  const Limits& limits_;
  std::size_t fields_left_;
  std::size_t parameters_left_;
  Message message_;
  std::vector<Frame> frames_;
  State state_ = State::header;
  bool in_leaf_ = true;      // current_ is a part whose body is being read, not a multipart's preamble or epilogue
  std::size_t current_ = 0;  // the part whose header or body is being read
  std::size_t field_begin_ = none;
  std::size_t open_multiparts_ = 0;
  std::size_t closed_multiparts_ = 0;
  std::uint64_t lines_ = 0;  // line feeds before the current line
};

}  // namespace

Message parse(std::string_view bytes, const Limits& limits) {
  return TreeParser(bytes, limits).run();
}

}  // namespace posthorn::mail
