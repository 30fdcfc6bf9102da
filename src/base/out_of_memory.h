// base/out_of_memory.h - what happens when memory is gone: the process says so and ends at once, and whoever supervises it starts it anew.
// Carrying on would need every library below us to unwind cleanly; a crash is the one failure that the store is proven against
// (docs/reliability.md), so nothing that was acknowledged is lost.
#pragma once

namespace posthorn {

// At the start of main(), before there are threads.
void end_when_out_of_memory();

}  // namespace posthorn
