// jmap/core/echo.cpp - Core/echo (RFC 8620 section 4): gives back what it got.
#include "jmap/core/tables.h"

namespace posthorn::jmap {
namespace {

Task<Answer> echo(Call&, boost::json::object arguments) { co_return arguments; }

constexpr Method methods[] = {{"Core/echo", "urn:ietf:params:jmap:core", echo}};

}  // namespace

std::span<const Method> core_methods() { return methods; }

}  // namespace posthorn::jmap
