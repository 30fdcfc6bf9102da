// trust/altered/field_guesses.h - what a signed field may have been before somebody edited it, guessed from the message itself.
// Internal to src/trust/altered. Pure. Security: fields of strangers; each has at most `most_guesses`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/altered/draft.h"
#include "trust/dkim/check.h"

namespace posthorn::trust::altered {

constexpr std::size_t most_guesses = 32;

// All instances of a field's name, from the top: whole fields with CRLF, or nothing where one was not there before.
struct Guess {
  unsigned cost = 0;  // the likelier the less; 0: as received, or what the body asks for
  std::vector<std::optional<std::string>> instances;
  std::optional<std::string> lost;  // a field that was taken away
};

struct Slot {
  std::string name;                  // lower case
  std::vector<std::size_t> fields;   // indices into the root's fields
  std::vector<Guess> guesses;        // by cost; [0] costs nothing
  std::optional<std::size_t> usual;  // the guess that undoes what lists usually do
};

// One for each signed name for which there is more than one guess.
std::vector<Slot> guess_fields(const dkim::SignedMessage& message, const dkim::Signature& signature,
                               const std::vector<Wish>& wishes);

void sort_by_cost(std::vector<Guess>& guesses);  // stable

// The same field on other lines; for simple canonicalisation.
struct Style {
  std::string (*apply)(std::string_view whole);
};
const std::vector<Style>& styles();  // [0] changes nothing

std::vector<std::string> split_addresses(std::string_view value);  // at commas outside quotes, comments and <>; trimmed

}  // namespace posthorn::trust::altered
