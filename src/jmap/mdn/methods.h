// jmap/mdn/methods.h - receipts of reading (RFC 9007): MDN/send and MDN/parse over mail/mdn.h, a file each. Inside jmap only.
#pragma once

#include <boost/json/object.hpp>

#include "jmap/core/method.h"
#include "mail/mdn.h"

namespace posthorn::jmap {

Task<Answer> mdn_send(Call& call, boost::json::object arguments);
Task<Answer> mdn_parse(Call& call, boost::json::object arguments);

std::span<const Method> mdn_methods();

boost::json::object disposition_json(const mail::Disposition& disposition);

}  // namespace posthorn::jmap
