// jmap/web/sign_on.h - login of browsers by an OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE): /auth/oidc/begin sends
// there, /auth/oidc/callback is where the browser comes back.
// Security: before login. What came back must have been begun in this browser (state, from a cookie that only we can make), within ten minutes, and
// counts once; no address to go on to is taken from anybody: it is always the webmail's first page.
#pragma once

#include <string_view>

#include "jmap/web/web.h"

namespace posthorn::jmap {

inline constexpr std::string_view sign_on_path = "/auth/oidc/";
inline constexpr std::string_view sign_on_callback = "/auth/oidc/callback";

// What the login screen may offer: {"oidc": {"label": "..."}} or {"oidc": null}.
http::Response login_methods(const Web& web);
Task<http::Response> sign_on(Web& web, http::Exchange& exchange);

}  // namespace posthorn::jmap
