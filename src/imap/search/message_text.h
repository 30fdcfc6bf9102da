// imap/search/message_text.h - looking for strings in a whole message: decoded headers, text parts and HTML as text. Pure.
// Called by evaluate.cpp for BODY, TEXT and HEADER.
// Security: one pass over the parts for all keys, one part in memory at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "imap/search/program.h"
#include "mail/message.h"

namespace posthorn::imap {

class MessageText {
 public:
  MessageText(const SearchProgram& program, std::string_view bytes) : program_(program), bytes_(bytes) {}

  // `key` is the index of a header, body or text key.
  bool matches(std::size_t key);

 private:
  const mail::Message& parsed();
  bool header_matches(const SearchKey& key);
  void look_everywhere();
  void look_in(std::string_view folded_text, bool is_header);

  const SearchProgram& program_;
  std::string_view bytes_;
  std::optional<mail::Message> parsed_;
  bool looked_ = false;
  std::vector<std::size_t> open_;  // keys not found so far
  std::vector<std::size_t> found_;
};

}  // namespace posthorn::imap
