// base/short_slices.h - asks the kernel to let the calling thread run at once when it wakes, for a thread that does little at a time
// and that others wait for. Linux since 6.12 takes a slice of a thread's own and lets one with a short slice go before those that are in
// the middle of a long one; elsewhere, or where it is not permitted, nothing changes. No rights are needed for it.
#pragma once

namespace posthorn {

void ask_for_short_slices();

}  // namespace posthorn
