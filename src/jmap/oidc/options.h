// jmap/oidc/options.h - which OpenID provider is trusted, and with which accounts.
#pragma once

#include <string>
#include <vector>

namespace posthorn::jmap::oidc {

struct Options {
  std::string issuer;                  // empty: there is none
  std::string client, secret;          // without a secret: a public client
  std::string claim = "email";         // that names the account
  std::string scope = "openid email";
  std::vector<std::string> domains;    // of the accounts that it may open; none: all
  std::string label = "Single sign-on";
  std::string redirect;                // our URL that browsers come back to
};

}  // namespace posthorn::jmap::oidc
