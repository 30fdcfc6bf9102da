// imap/search/respond.h - the answers of SEARCH: "* SEARCH" of RFC 3501 and "* ESEARCH" of RFC 9051 7.3.4. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "imap/search/program.h"

namespace posthorn::imap {

enum class SearchBy : std::uint8_t { sequence, uid };

// `numbers` in ascending order; `highest` is the highest mod-sequence among them, if the program asked for MODSEQ.
// Without RETURN and before ENABLE IMAP4rev2: rfc:3501#7.2.5.
void append_search(std::string& out, std::span<const std::uint32_t> numbers, std::optional<ModSeq> highest);
void append_esearch(std::string& out, std::string_view tag, SearchBy by, const SearchReturn& wants,
                    std::span<const std::uint32_t> numbers, std::optional<ModSeq> highest);
// What '$' becomes (rfc:9051#6.4.4.1): with MIN or MAX and without ALL and COUNT only those, else all. An index range of
// `numbers` cannot say MIN and MAX, so the chosen numbers themselves.
std::vector<std::uint32_t> saved_of(const SearchReturn& wants, std::span<const std::uint32_t> numbers);

}  // namespace posthorn::imap
