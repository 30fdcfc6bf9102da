// app/lab/roles.h - whose hands a letter passes in the lab, beside its sender's: an impostor, who has only the sender's name; a
// forwarder (forward.test), who sends it on as it is; a mailing list (list.test), which changes it. Called by `lab send`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/lab/errand.h"

namespace posthorn::app::lab {

enum class Role : std::uint8_t { sender, impostor, forwarder, list };
std::optional<Role> role_named(std::string_view name);

// What an errand's first part came to.
struct Sent {
  std::string id;                      // the queue id at the server that took it
  std::optional<smtp::Reply> refused;  // by the server that it was meant for
};

// Hands the letter to the server of `to` from the impostor's address. `errand.letter` is the impostor's.
Result<Sent> send_as_impostor(Desk& desk, Errand& errand, Narrator& narrator);
// Submits it to the forwarder's address for the user `to`.
Result<Sent> send_by_forwarder(Desk& desk, Errand& errand, Narrator& narrator);
// Submits it to the list, takes it out of the list's mailbox, changes it as list programs do and sends it to the member `to`.
Result<Sent> send_by_list(Desk& desk, Errand& errand, Follower& follower, Narrator& narrator);

}  // namespace posthorn::app::lab
