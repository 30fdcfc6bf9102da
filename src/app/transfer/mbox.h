// app/transfer/mbox.h - reading and writing mbox files (RFC 4155; the "mboxrd" quoting of From lines). Over iostreams, a message at a time.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn::app {

// One message as a source gives it, lines ended by CRLF.
struct SourceMessage {
  std::string bytes;
  std::vector<std::string> flags;          // IMAP's names
  std::optional<std::int64_t> received_ms; // since 1970
};

class MboxReader {
 public:
  explicit MboxReader(std::istream& in) : in_(in) {}
  // Nothing at the end of the file. ">From " at a line's start becomes "From ", ">>From " ">From ", and so on.
  std::optional<SourceMessage> next();

 private:
  std::istream& in_;
  std::optional<std::string> from_line_;
};

// One message for an mbox file: From_ line, quoted body lines, LF line ends, empty line.
std::string to_mbox(std::string_view message, std::int64_t received_ms, const std::vector<std::string>& flags);

// Status and X-Status header fields to flags (as mutt and Dovecot write them), and Maildir's ":2,FRS".
std::vector<std::string> status_flags(std::string_view header_block);
std::vector<std::string> maildir_flags(std::string_view file_name);
std::string maildir_suffix(const std::vector<std::string>& flags);

}  // namespace posthorn::app
