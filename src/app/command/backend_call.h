// app/command/backend_call.h - what nearly every command does: open the configuration, call one operation, print the answer.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>

#include "app/command/commands.h"
#include "app/control/backend.h"

namespace posthorn::app {

using Show = std::function<void(const boost::json::value&)>;  // for people; JSON is printed as it is

Result<admin::Response> call_once(const Common& common, std::string operation, boost::json::object arguments, std::string payload = {});
int call_and_show(const Common& common, std::string operation, boost::json::object arguments, const Show& show);

// The bytes of a file, or of standard input for "-". `what` is what should have been named: "a file with one message".
Result<std::string> file_or_input(const std::string& file, std::string_view what);

// Members of answers, with a default where they are absent.
std::string text_of(const boost::json::value& object, std::string_view name);
std::uint64_t number_of(const boost::json::value& object, std::string_view name);
bool flag_of(const boost::json::value& object, std::string_view name);

}  // namespace posthorn::app
