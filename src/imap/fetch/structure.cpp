// imap/fetch/structure.cpp - BODY and BODYSTRUCTURE, see structure.h.
#include "imap/fetch/structure.h"

#include <algorithm>

#include "base/text.h"

namespace posthorn::imap {

namespace {

using mail::StructurePart;

enum class Shape : std::uint8_t { leaf, multipart, message };

// As mail::Part does: a multipart or message without children is opaque. So the shapes agree with the part numbers.
Shape shape_of(const StructurePart& part) {
  if (part.children.empty()) return Shape::leaf;
  if (part.type == "multipart") return Shape::multipart;
  if (part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global")) return Shape::message;
  return Shape::leaf;
}

// rfc:2231#4: UTF-8 as "utf-8''%C3%A4", for clients that may not get 8-bit text.
std::string percent_encoded(std::string_view value) {
  std::string out = "utf-8''";
  for (const char c : value) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    if (plain)
      out += c;
    else
      out += '%' + to_upper(hex(std::string_view(&c, 1)));
  }
  return out;
}

// rfc:2046#4.1.2, rfc:9051#7.5.2's examples: text without a charset is US-ASCII, and clients want to see it said.
mail::Parameters with_charset(mail::Parameters parameters) {
  const bool has = std::ranges::any_of(parameters, [](const auto& p) { return p.first == "charset"; });
  if (!has) parameters.emplace_back("charset", "us-ascii");
  return parameters;
}

void append_parameters(std::string& out, const mail::Parameters& parameters, QuotedText allowed) {
  if (parameters.empty()) {
    out += "NIL";
    return;
  }
  char before = '(';
  for (const auto& [name, value] : parameters) {
    out += before;
    before = ' ';
    const bool encode = allowed == QuotedText::ascii && !is_ascii(value);
    append_string(out, encode ? name + '*' : name, allowed);
    out += ' ';
    append_string(out, encode ? percent_encoded(value) : value, allowed);
  }
  out += ')';
}

void append_languages(std::string& out, const std::vector<std::string>& languages, QuotedText allowed) {
  if (languages.empty()) {
    out += "NIL";
    return;
  }
  char before = '(';
  for (const auto& language : languages) {
    out += before;
    before = ' ';
    append_string(out, language, allowed);
  }
  out += ')';
}

class Writer {
 public:
  Writer(std::string& out, const std::vector<StructurePart>& parts, StructureForm form, QuotedText allowed)
      : out_(out), parts_(parts), form_(form), allowed_(allowed), seen_(parts.size(), false) {}

  void write() {
    open(0);
    while (!frames_.empty()) {
      auto& frame = frames_.back();
      const auto& part = parts_[frame.index];
      if (frame.next < frame.count) {
        const auto child = part.children[frame.next++];
        if (child >= parts_.size() || seen_[child])
          out_ += empty_part;  // decode_summary() refuses such; the line must stay well-formed in any case
        else
          open(child);
        continue;
      }
      close(part);
      frames_.pop_back();
    }
  }

 private:
  struct Frame {
    std::size_t index, next, count;
  };
  static constexpr std::string_view empty_part = R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7BIT" 0 0))";

  void open(std::size_t index) {
    seen_[index] = true;
    const auto& part = parts_[index];
    out_ += '(';
    switch (shape_of(part)) {
      case Shape::leaf: leaf(part); break;
      case Shape::multipart: frames_.push_back({index, 0, part.children.size()}); break;
      case Shape::message:
        fields(part, part.type, part.subtype, part.parameters);
        out_ += ' ';
        append_envelope(out_, part.envelope.value_or(mail::Envelope()), allowed_);
        out_ += ' ';
        frames_.push_back({index, 0, 1});
        break;
    }
  }

  void close(const StructurePart& part) {
    if (shape_of(part) == Shape::message) {
      lines(part);
      single_extension(part);
    } else {
      out_ += ' ';
      append_string(out_, part.subtype, allowed_);
      if (form_ == StructureForm::bodystructure) {
        out_ += ' ';
        append_parameters(out_, part.parameters, allowed_);
        extension(part);
      }
    }
    out_ += ')';
  }

  void leaf(const StructurePart& part) {
    // Clients expect parts inside of multipart and message/rfc822. One that has none is shown as what can be read of it.
    const bool text = part.type == "text" || part.type == "multipart";
    const bool opaque = part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global");
    if (part.type == "multipart")
      fields(part, "text", "plain", with_charset({}));
    else if (part.type == "text")
      fields(part, part.type, part.subtype, with_charset(part.parameters));
    else if (opaque)
      fields(part, "application", "octet-stream", part.parameters);
    else
      fields(part, part.type, part.subtype, part.parameters);
    if (text) lines(part);
    single_extension(part);
    out_ += ')';
  }

  // media, then body-fields
  void fields(const StructurePart& part, std::string_view type, std::string_view subtype, const mail::Parameters& parameters) {
    append_string(out_, type, allowed_);
    out_ += ' ';
    append_string(out_, subtype, allowed_);
    out_ += ' ';
    append_parameters(out_, parameters, allowed_);
    out_ += ' ';
    append_nstring(out_, part.id, allowed_);
    out_ += ' ';
    append_nstring(out_, part.description, allowed_);
    out_ += ' ';
    append_string(out_, part.encoding.empty() ? "7BIT" : std::string_view(part.encoding), allowed_);
    out_.append(" ").append(std::to_string(part.size));
  }

  void lines(const StructurePart& part) { out_.append(" ").append(std::to_string(part.lines)); }

  void single_extension(const StructurePart& part) {
    if (form_ == StructureForm::body) return;
    out_ += ' ';
    append_nstring(out_, part.md5, allowed_);
    extension(part);
  }

  // disposition, language, location
  void extension(const StructurePart& part) {
    if (part.disposition.empty()) {
      out_ += " NIL ";
    } else {
      out_ += " (";
      append_string(out_, part.disposition, allowed_);
      out_ += ' ';
      append_parameters(out_, part.disposition_parameters, allowed_);
      out_ += ") ";
    }
    append_languages(out_, part.languages, allowed_);
    out_ += ' ';
    append_nstring(out_, part.location, allowed_);
  }

  std::string& out_;
  const std::vector<StructurePart>& parts_;
  StructureForm form_;
  QuotedText allowed_;
  std::vector<bool> seen_;
  std::vector<Frame> frames_;
};

}  // namespace

void append_structure(std::string& out, const std::vector<StructurePart>& parts, StructureForm form, QuotedText allowed) {
  if (!parts.empty()) return Writer(out, parts, form, allowed).write();
  std::vector<StructurePart> empty(1);  // decode_summary() gives at least one; the line must stay well-formed in any case
  empty[0].type = "text";
  empty[0].subtype = "plain";
  Writer(out, empty, form, allowed).write();
}

}  // namespace posthorn::imap
