// app/confine/privileges.h - from root to nobody in particular. Called by `serve` before its first thread (a capability belongs to a
// thread), and by commands that work on the data folder themselves. Fails with what to do: nothing runs on half of its rights.
#pragma once

#include <string>

#include "base/result.h"

namespace posthorn::app::confine {

// Becomes `user` for good, if we are root and a user is named: groups, group, user, then a look that there is no way back.
Status become(const std::string& user);
// Makes `folder` (0700) for `user` if it is not there; refuses one that belongs to somebody else. Before become().
Status prepare_folder(const std::string& folder, const std::string& user);
// Root working on another's folder would leave files that their owner cannot open: becomes the owner. Nothing happens to others.
Status become_owner_of(const std::string& folder);
// Empties all five sets of capabilities. User 0 without capabilities is a user like any other, who owns root's files.
Status drop_capabilities();
// No core dumps, no memory for other processes of this user to look into.
Status hide_memory();

}  // namespace posthorn::app::confine
