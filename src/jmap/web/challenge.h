// jmap/web/challenge.h - what somebody who has not logged in yet is given to bring back: random, for one purpose, for a time, and good once.
// Nothing is kept of it until it comes back.
#pragma once

#include <string>
#include <string_view>

#include "jmap/web/web.h"

namespace posthorn::jmap {

std::string make_challenge(const Services& services, std::string_view purpose, Duration good_for);
// Takes it: it counts once. False: it is none of ours for that purpose, it is over, or it was taken before.
bool take_challenge(Web& web, std::string_view purpose, std::string_view challenge);

}  // namespace posthorn::jmap
