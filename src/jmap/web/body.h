// jmap/web/body.h - the formatted text of a message as the page of a sandboxed frame. Called by the route below and by tests.
// Security: attacks.md F2, F3: rebuilt from an allow list (mail/html/rebuild.h); pictures of the message itself are put into the page, so that
// the frame fetches nothing, unless its reader asked for remote images, and then only by our own proxy; the policy that comes with it forbids scripts and requests in any case.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mail/html/rebuild.h"
#include "store/store.h"

namespace posthorn::jmap {

// To be printed it has a head for paper, and the webmail may reach into its frame, as only so the browser's dialog can be opened.
enum class Purpose : unsigned char { reading, printing };

// Of the message's HTML, or of its plain text where there is none. Nothing: the account has no such Email. Reads a cold disk.
// `remote`: the URL for a remote image (jmap/web/images.h); absent: none are shown.
Result<std::optional<std::string>> body_page(const store::Store& store, AccountId account, std::string_view email_id, mail::html::Theme theme, Purpose purpose = Purpose::reading,
                                             const std::function<std::string(std::string_view url)>& remote = {});

// The policy of that page: neither purpose lets a script run or anything be fetched but `images`: from where it may load them, if anywhere.
std::string body_policy(Purpose purpose = Purpose::reading, std::string_view images = {});

}  // namespace posthorn::jmap
