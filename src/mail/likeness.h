// mail/likeness.h - whether one domain is made to be taken for another: by letters of other scripts that look the same (UTS 39), or by one
// letter. And whether two belong together as far as their names tell. Pure. Used for warnings, never for a verdict: DMARC walks the DNS.
#pragma once

#include <string_view>

namespace posthorn::mail {

// Both end in the same name that somebody registers: "www.example.org" and "mail.example.org". By the names alone, without a list of public
// suffixes: of two short labels under a country ("co.uk") the third counts.
bool same_organization(std::string_view a, std::string_view b);

// `domain` (A-labels or UTF-8) is none of `known`'s, but a reader may take it for that: it has the same letters to the eye, or the same
// but for one, of at least six, under the same suffix.
bool looks_like(std::string_view domain, std::string_view known);

// One of its labels mixes scripts that no language mixes (UTS 39 section 5.2, "highly restrictive").
bool mixes_scripts(std::string_view domain);

}  // namespace posthorn::mail
