// app/lab/knot.h - the lab's DNS server: writes zones, makes keys, starts knotd. Called by `lab up`.
// Fails if Knot is not installed or refuses what we wrote.
#pragma once

#include "app/lab/plan.h"

namespace posthorn::app::lab {

// Zones, keys (kept once made) and the trust anchor. The hosts' DKIM keys must be there.
Status prepare_dns(const Lab& lab);
Result<int> start_dns(const Lab& lab);

}  // namespace posthorn::app::lab
