// jmap/mail/body.h - the body of a message as JMAP shows it (RFC 8621 4.1.4): the tree of parts, the flat lists of what to show and what
// to attach, and the values of text parts. Pure.
// Security: works on the bounded tree of mail::parse (64 deep, 10,000 parts) without recursion.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jmap/mail/header_property.h"
#include "mail/message.h"

namespace posthorn::jmap {

enum class PartProperty : std::uint8_t { part_id, blob_id, size, headers, name, type, charset, disposition, cid, language, location, sub_parts, header };

// What is to be told of each part, and which values.
struct BodyRequest {
  struct Wanted {
    PartProperty property{};
    std::string as_asked;
    HeaderProperty header;
  };
  std::vector<Wanted> properties;
  bool text_values = false, html_values = false, all_values = false;
  std::uint64_t most_value_bytes = 0;  // 0: no limit
};

// Names of bodyProperties; nothing given: the default of RFC 8621 4.2. Errc::invalid: there is no such property.
Result<std::vector<BodyRequest::Wanted>> parse_body_properties(const std::vector<std::string>& names);
const std::vector<std::string>& default_body_properties();

// Indices into mail::Message::parts.
struct BodyLists {
  std::vector<std::size_t> text, html, attachments;
};
BodyLists body_lists(const mail::Message& message);

class BodyView {
 public:
  // `blob_id` names the decoded content of a part.
  BodyView(const mail::Message& message, std::function<std::string(std::size_t part)> blob_id)
      : message_(message), blob_id_(std::move(blob_id)), lists_(body_lists(message)) {}

  boost::json::object structure(const BodyRequest& request) const;
  boost::json::array list(const std::vector<std::size_t>& parts, const BodyRequest& request) const;
  const BodyLists& lists() const { return lists_; }
  boost::json::object values(const BodyRequest& request) const;
  bool has_attachment() const;

 private:
  boost::json::object part(std::size_t index, const BodyRequest& request) const;
  boost::json::value property(std::size_t index, const BodyRequest::Wanted& wanted) const;

  const mail::Message& message_;
  std::function<std::string(std::size_t)> blob_id_;
  BodyLists lists_;
};

// Cut to at most `most` octets (0: whole), never inside a character, of HTML not inside a tag.
struct Cut {
  std::string text;
  bool truncated = false;
};
Cut cut_value(std::string text, std::uint64_t most, bool html);

// The part with that partId, if there is one that is no multipart.
std::optional<std::size_t> part_of(const mail::Message& message, std::string_view part_id);

}  // namespace posthorn::jmap
