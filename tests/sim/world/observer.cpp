#include "world/observer.h"

#include "base/text.h"

namespace posthorn::sim {
namespace {

constexpr std::size_t head_kept = 16'384;
constexpr std::string_view end_of_text = "\r\n.\r\n";

std::string address_in(std::string_view line) {
  const auto from = line.find('<'), to = line.find('>');
  return from == line.npos || to == line.npos ? std::string() : to_lower(line.substr(from + 1, to - from - 1));
}

}  // namespace

std::string letter_in(std::string_view message) {
  constexpr std::string_view field = "X-Letter: ";
  const auto at = message.find(field);
  if (at == message.npos) return {};
  const auto from = at + field.size();
  return std::string(message.substr(from, message.find('\r', from) - from));
}

void Observer::client_said(std::string_view bytes) {
  while (!bytes.empty()) {
    if (in_text_) {
      if (text_head_.size() < head_kept) text_head_ += bytes.substr(0, head_kept - text_head_.size());
      text_tail_ += bytes.size() > end_of_text.size() ? bytes.substr(bytes.size() - end_of_text.size()) : bytes;
      if (text_tail_.size() > end_of_text.size()) text_tail_.erase(0, text_tail_.size() - end_of_text.size());
      // The client waits for the reply, so the end of the text is the end of a chunk; an empty text is the dot alone.
      if (text_tail_ == end_of_text || text_head_ == ".\r\n") {
        in_text_ = false;
        awaits_final_ = true;
        letter_ = letter_in(text_head_);
        asked_.emplace_back(".");
      }
      return;
    }
    const auto end = bytes.find('\n');
    from_client_ += bytes.substr(0, end == bytes.npos ? bytes.size() : end + 1);
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
    command(from_client_);
    from_client_.clear();
  }
}

void Observer::command(std::string_view line) {
  const auto verb = to_lower(line.substr(0, 4));
  if (verb == "mail") {
    accepted_.clear();
    offered_.clear();
    letter_.clear();
  }
  if (verb == "rcpt") offered_.push_back(address_in(line));
  asked_.emplace_back(verb == "rcpt" ? "rcpt " + address_in(line) : verb);
}

std::vector<Observer::Refusal> Observer::server_said(std::string_view bytes) {
  std::vector<Refusal> refusals;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    from_server_ += bytes.substr(0, end == bytes.npos ? bytes.size() : end + 1);
    if (end == bytes.npos) break;
    bytes.remove_prefix(end + 1);
    if (from_server_.size() > 3 && from_server_[3] == ' ') reply(from_server_, refusals);
    from_server_.clear();
  }
  return refusals;
}

void Observer::reply(std::string_view line, std::vector<Refusal>& refusals) {
  const std::string to = asked_.empty() ? "" : asked_.front();
  if (!asked_.empty()) asked_.pop_front();
  const char kind = line[0];
  const auto refuse_all = [&](const std::vector<std::string>& addresses, const std::string& letter) {
    for (const auto& one : addresses) refusals.push_back({letter, one});
  };
  if (to.starts_with("rcpt ")) {
    if (kind == '2') accepted_.push_back(to.substr(5));
    if (kind == '5') refusals.push_back({"", to.substr(5)});
  } else if (to == "mail" && kind == '5') {
    refuse_all(offered_, "");
  } else if (to == "data") {
    if (line.starts_with("354")) {
      in_text_ = true;
      text_head_.clear();
      text_tail_.clear();
    }
    if (kind == '5') refuse_all(accepted_, "");
  } else if (to == ".") {
    awaits_final_ = false;
    if (kind == '2') delivered_ = true;
    if (kind == '4') deferred_ = true;
    if (kind == '5') refuse_all(accepted_, letter_);
  }
}

bool Observer::take_delivered() { return take(delivered_); }
bool Observer::take_deferred() { return take(deferred_); }

}  // namespace posthorn::sim
