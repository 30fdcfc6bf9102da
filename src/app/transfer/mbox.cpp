#include "app/transfer/mbox.h"

#include <algorithm>
#include <ctime>

#include "base/text.h"
#include "mail/build.h"
#include "mail/message.h"

namespace posthorn::app {
namespace {

struct Letter {
  char letter;
  std::string_view flag;
};
constexpr Letter maildir_letters[] = {{'D', "\\Draft"}, {'F', "\\Flagged"}, {'P', "$Forwarded"}, {'R', "\\Answered"}, {'S', "\\Seen"}, {'T', "\\Deleted"}};
constexpr Letter status_letters[] = {{'R', "\\Seen"}, {'A', "\\Answered"}, {'F', "\\Flagged"}, {'D', "\\Deleted"}, {'T', "\\Draft"}};

bool is_from_line(std::string_view line) { return line.starts_with("From "); }

// Strips one '>' from ">From ", ">>From " and so on (mboxrd).
std::string_view unquoted(std::string_view line) {
  const auto first = line.find_first_not_of('>');
  if (first != std::string_view::npos && first > 0 && is_from_line(line.substr(first))) line.remove_prefix(1);
  return line;
}

// "From sender Mon Nov 23 17:05:04 2026": the date is the last five words, UTC.
std::optional<std::int64_t> date_of(std::string_view from_line) {
  const auto text = trim(from_line);
  std::size_t at = text.size();
  for (int words = 0; words < 5 && at != std::string_view::npos && at > 0; ++words) {
    at = text.find_last_of(' ', at - 1);
    while (at != std::string_view::npos && at > 0 && text[at - 1] == ' ') --at;
  }
  if (at == std::string_view::npos) return std::nullopt;
  std::tm parts{};
  const std::string date(trim(text.substr(at)));
  if (strptime(date.c_str(), "%a %b %d %H:%M:%S %Y", &parts) == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts)) * 1000;
}

void finish(SourceMessage& message) {
  // The empty line before the next From_ line belongs to the format, not to the message.
  if (message.bytes.ends_with("\n\n")) message.bytes.pop_back();
  else if (message.bytes.ends_with("\r\n\r\n")) message.bytes.resize(message.bytes.size() - 2);
  message.bytes = mail::to_crlf(message.bytes);
  message.flags = status_flags(std::string_view(message.bytes).substr(0, message.bytes.find("\r\n\r\n")));
}

}  // namespace

std::vector<std::string> status_flags(std::string_view header_block) {
  std::vector<std::string> out;
  const std::string block(header_block.substr(0, 65'536));
  const auto parsed = mail::parse(block);
  for (const char* name : {"Status", "X-Status"}) {
    const auto* field = mail::find(parsed.root().fields, name);
    if (field == nullptr) continue;
    for (const auto& [letter, flag] : status_letters)
      if (field->value.contains(letter)) out.emplace_back(flag);
  }
  return out;
}

std::vector<std::string> maildir_flags(std::string_view file_name) {
  std::vector<std::string> out;
  const auto info = file_name.rfind(":2,");
  if (info == std::string_view::npos) return out;
  for (const auto& [letter, flag] : maildir_letters)
    if (file_name.substr(info + 3).contains(letter)) out.emplace_back(flag);
  return out;
}

std::string maildir_suffix(const std::vector<std::string>& flags) {
  std::string out = ":2,";
  for (const auto& [letter, flag] : maildir_letters)
    if (std::ranges::find(flags, flag) != flags.end()) out += letter;
  return out;
}

std::optional<SourceMessage> MboxReader::next() {
  std::string line;
  while (!from_line_) {
    if (!std::getline(in_, line)) return std::nullopt;
    if (is_from_line(line)) from_line_ = line;
  }
  SourceMessage message;
  message.received_ms = date_of(*from_line_);
  from_line_.reset();
  bool after_empty = false;
  while (std::getline(in_, line)) {
    if (after_empty && is_from_line(line)) {
      from_line_ = line;
      break;
    }
    after_empty = line.empty() || line == "\r";
    message.bytes += unquoted(line);
    if (!in_.eof()) message.bytes += '\n';
  }
  finish(message);
  return message;
}

std::string to_mbox(std::string_view message, std::int64_t received_ms, const std::vector<std::string>& flags) {
  const auto seconds = static_cast<std::time_t>(received_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[40];
  std::string out = "From MAILER-DAEMON " + std::string(date, std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &parts)) + "\n";
  std::string status, more;
  for (const auto& [letter, flag] : status_letters)
    if (std::ranges::find(flags, flag) != flags.end()) (letter == 'R' ? status : more) += letter;
  out += "Status: " + status + "O\n";
  if (!more.empty()) out += "X-Status: " + more + "\n";
  for (std::size_t at = 0; at < message.size();) {
    auto end = message.find('\n', at);
    if (end == std::string_view::npos) end = message.size();
    auto line = message.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto first = line.find_first_not_of('>');
    if (first != std::string_view::npos && is_from_line(line.substr(first))) out += '>';
    out += line;
    out += '\n';
    at = end + 1;
  }
  return out + "\n";
}

}  // namespace posthorn::app
