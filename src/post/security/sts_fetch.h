// post/security/sts_fetch.h - fetches a policy from https://mta-sts.DOMAIN/.well-known/mta-sts.txt (RFC 8461 3.3).
// Over the doors, so that the names are looked up by our validating resolver, the connection goes to an address that was looked at
// (attacks.md F4: what is not on the internet is never connected to, and no name is looked up twice), a slow host holds no thread while mail
// waits for it, and tests need no internet. Fails with what went wrong, for the log and the queue's record.
// Security: the answer is read by http/response_reader.h, of at most 64 KiB in 60 s; a redirect is a failure.
#pragma once

#include <string>

#include "dns/resolver.h"
#include "net/dialer.h"
#include "post/options.h"
#include "post/security/sts_policy.h"

namespace posthorn::post {

Task<Result<StsPolicy>> fetch_sts_policy(dns::Resolver& resolver, net::Dialer& dialer, const Options& options, std::string domain);

}  // namespace posthorn::post
