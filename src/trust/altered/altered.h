// trust/altered/altered.h - what was done to a signed message on its way: known edits (list footers, subject tags, re-encoding,
// From rewriting...) are undone until a DKIM signature that fails verifies again. Pure; called by `posthorn check` and, when
// somebody asks for the evidence of a stored message, by post::replay; never at delivery. It changes no verdict: who sent the
// message is trust::judge's word, this only says what was changed. Honest: an edit is named only if the message without it
// verifies (or, Proof::body_hash, if its body has the signed hash). Security: runs on strangers' messages. The search is bounded
// by Limits and gives up in words; nothing recurses on input.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/dkim/dkim.h"

namespace posthorn::trust::altered {

enum class Kind : std::uint8_t {
  footer,               // text added at the end of the body or of a text part
  banner,               // text added before it
  part_added,           // a MIME part more
  wrapped,              // the message became one part of a multipart
  reencoded,            // another Content-Transfer-Encoding, the same text
  charset_changed,      // another charset, the same text
  trailing_space,       // white space at line ends added or stripped
  text_refolded,        // long lines broken, or broken lines joined
  from_quoted,          // "From " at a line's begin made ">From " (mbox)
  dots_doubled,         // "." at a line's begin made ".." (SMTP transparency not undone)
  subject_changed,      // a tag such as "[list]" or "Fwd:"
  field_added,          // a field that was not there, or one instance more
  field_refolded,       // the same text on other lines
  from_rewritten,       // "Alice via List"
  field_changed,        // another value
  addresses_reordered,  // the same addresses
};
std::string_view name_of(Kind kind);  // "footer", "part_added"...

// One edit, as the editor made it. Lines are of the message as received, from 1; 0: the edit's place has no lines of its own
// there.
struct Edit {
  Kind kind = Kind::footer;
  std::string where;  // "body", "part 1.2" (the section of IMAP), or the field's name
  std::size_t first_line = 0, last_line = 0;
  std::string removed, added;  // excerpts: what stood there before, what stands there now; bounded by Limits::excerpt
  std::string sentence;        // for people
};

// Between which hops it happened, as far as the trace fields tell.
struct Between {
  std::string after, before;          // hosts; empty: not known
  std::string editor;                 // who names itself as the one: a list, a sealer, a later signer; empty: nobody
  std::vector<std::string> evidence;  // sentences
};

// signature: it verifies with the restored bytes. body_hash: the body is whole (again), the header is altered in some way not
// found.
enum class Proof : std::uint8_t { signature, body_hash };

struct Cost {
  std::uint64_t bytes = 0;       // hashed or rewritten
  std::uint64_t attempts = 0;    // bodies compared
  std::uint64_t signatures = 0;  // headers verified
};

struct Limits {
  std::uint64_t bytes = 0;  // 0: 64 times the message, at least 4 MiB, at most 64 MiB
  std::uint64_t attempts = 20'000;
  std::uint64_t signatures = 1'500;
  std::size_t lines = 400'000;   // of a body that is searched
  std::size_t header = 262'144;  // bytes of a header that is searched
  std::size_t footer_lines = 2'000;
  std::size_t excerpt = 2'000;
};

struct Alteration {
  std::size_t signature = 0;  // index among the given signatures
  std::string domain, selector;
  Proof proof = Proof::signature;
  std::vector<Edit> edits;            // header first; empty: nothing is known but that the body is whole
  std::vector<std::string> suspects;  // Proof::body_hash: signed fields that look edited
  Between between;
  std::string restored;  // the message with the edits undone
  std::string recipe;    // how to come from the received message to `restored`, as JSON; see recipe.h
  std::string sentence;  // all of it in one or two sentences
};

struct Search {
  std::optional<Alteration> found;
  Cost cost;
  bool gave_up = false;  // a limit ended the search: there may be more to find
};

// `signatures` as dkim::verify gave them for this message; those that failed by body_hash, header_hash or body_length are
// searched, with the keys that `answers` holds. Nothing found: no such signature, or no known edit.
Search search(const mail::Message& message, const std::vector<dkim::Signature>& signatures, Answers& answers,
              const Limits& limits = {});
std::optional<Alteration> find_alteration(const mail::Message& message, const std::vector<dkim::Signature>& signatures,
                                          Answers& answers, const Limits& limits = {});

// What can be said of a message's way by its signatures, in every case.
enum class Known : std::uint8_t {
  nothing_changed,  // every signature that could be checked is good
  changed,          // and what, is found
  changed_somehow,  // a signature fails, and no known edit explains it
  unknown,          // no signature, or none that could be checked
};
std::string_view name_of(Known known);  // "nothing", "found", "not found", "could not check"
struct Account {
  Known known = Known::unknown;
  std::string sentence;
  std::optional<Alteration> found;
};
Account account_of(const mail::Message& message, const std::vector<dkim::Signature>& signatures, Answers& answers,
                   const Limits& limits = {});
boost::json::object to_json(const Account& account);  // {"result":"found","sentence":...} and the members of the Alteration
std::string describe(const Account& account);

boost::json::object to_json(const Alteration& alteration);  // without the restored bytes
// Several lines for people: the sentence, each edit with its changed lines as + and -, between which hops. Each ends with LF.
std::string describe(const Alteration& alteration);

}  // namespace posthorn::trust::altered
