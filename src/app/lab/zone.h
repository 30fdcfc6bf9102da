// app/lab/zone.h - the lab's DNS as text: master files for ".", "test." and each mail domain, and Knot's configuration. Pure.
// Called by knot.cpp. The root zone makes the lab an internet of its own: a name outside it does not exist, rather than being asked elsewhere.
#pragma once

#include <string>
#include <vector>

#include "app/lab/plan.h"

namespace posthorn::app::lab {

inline constexpr std::string_view dkim_selector = "lab";

// `serial` must grow from one start to the next.
std::string root_zone(const Lab& lab, std::uint32_t serial);
// `ds` are the DS records of the mail domains, lines as `keymgr ZONE ds` prints them.
std::string test_zone(const Lab& lab, std::uint32_t serial, const std::vector<std::string>& ds);
// `dkim_public` is the base64 of the SubjectPublicKeyInfo (RFC 6376 3.6.1).
std::string mail_zone(const Host& host, std::uint32_t serial, const std::string& dkim_public);
std::string knot_config(const Lab& lab);
// The names of the zones that are signed, with the final dot.
std::vector<std::string> signed_zones(const Lab& lab);

// A TXT record's text in strings of at most 255 octets (RFC 1035 3.3.14), each quoted.
std::string txt_strings(std::string_view text);

}  // namespace posthorn::app::lab
