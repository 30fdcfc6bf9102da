// jmap/web/body.h - the formatted text of a message as the page of a sandboxed frame. Called by the route below and by tests.
// Security: attacks.md F2, F3: rebuilt from an allow list (mail/html/rebuild.h); pictures of the message itself are put into the page, so that
// the frame fetches nothing; the policy that comes with it forbids scripts and requests in any case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/html/rebuild.h"
#include "store/store.h"

namespace posthorn::jmap {

// Of the message's HTML, or of its plain text where there is none. Nothing: the account has no such Email. Reads a cold disk.
Result<std::optional<std::string>> body_page(const store::Store& store, AccountId account, std::string_view email_id, mail::html::Theme theme);

// The policy of that page.
std::string_view body_policy();

}  // namespace posthorn::jmap
