// mail/base_subject.cpp - the base subject of RFC 5256 2.1, by which letters are put in one thread.
// Linear: each step only moves the ends of one view inwards.
#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"
#include "mail/summary.h"

namespace posthorn::mail {
namespace {

// Step 1: tabs and folds to spaces, runs of spaces to one.
std::string with_single_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_fws(c))
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  return out;
}

// Step 2: subj-trailer = "(fwd)" / WSP
std::string_view without_trailer(std::string_view text) {
  constexpr std::string_view forwarded = "(fwd)";
  for (;;) {
    if (text.ends_with(' '))
      text.remove_suffix(1);
    else if (text.size() >= forwarded.size() && equal_icase(text.substr(text.size() - forwarded.size()), forwarded))
      text.remove_suffix(forwarded.size());
    else
      return text;
  }
}

// subj-blob = "[" *BLOBCHAR "]" *WSP
bool take_blob(Cursor& at) {
  Cursor look = at;
  if (!look.take('[')) return false;
  look.take_while([](char c) { return c != '[' && c != ']'; });
  if (!look.take(']')) return false;
  look.take_while(is_wsp);
  at = look;
  return true;
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
bool take_reply_mark(Cursor& at) {
  Cursor look = at;
  if (!look.take_icase("re") && !look.take_icase("fwd") && !look.take_icase("fw")) return false;
  look.take_while(is_wsp);
  take_blob(look);
  if (!look.take(':')) return false;
  at = look;
  return true;
}

// Steps 3 to 5: leaders, and blobs as long as something stays behind them.
std::string_view without_leaders(std::string_view text) {
  for (;;) {
    Cursor at(text);
    at.take_while(is_wsp);
    text = at.rest();
    std::size_t last_blob = at.position();
    const std::size_t start = at.position();
    for (std::size_t before = start; take_blob(at); before = at.position()) last_blob = before;
    if (take_reply_mark(at)) {
      text = at.rest();
      continue;
    }
    // No reply mark behind the blobs: they go, but the last one stays if it is all there is.
    const auto from = at.done() ? last_blob : at.position();
    return text.substr(from - start);
  }
}

}  // namespace

std::string base_subject(std::string_view decoded_subject) {
  const std::string subject = with_single_spaces(decoded_subject);
  std::string_view text = subject;
  constexpr std::string_view header = "[fwd:";
  for (;;) {
    text = without_leaders(without_trailer(text));
    // Step 6: subj-fwd = "[fwd:" subj-base "]"
    Cursor at(text);
    if (!at.take_icase(header) || !text.ends_with(']')) return std::string(text);
    text = text.substr(header.size(), text.size() - header.size() - 1);
  }
}

}  // namespace posthorn::mail
