#include "app/command/backend_call.h"

#include <boost/json/parse.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

namespace posthorn::app {

Result<admin::Response> call_once(const Common& common, std::string operation, boost::json::object arguments, std::string payload) {
  TRY_ASSIGN(const auto config, load_config(common.config));
  TRY_ASSIGN(auto backend, open_backend(config));
  TRY_ASSIGN(auto answer, backend->call(admin::Request{std::move(operation), std::move(arguments), std::move(payload)}));
  // Long answers travel as payload: a line of the control socket is bounded.
  if (flag_of(answer.value, "in_payload")) {
    boost::system::error_code error;
    answer.value = boost::json::parse(answer.payload, error);
    if (error) return fail(Errc::invalid, "the server's answer cannot be read", "Client and server may be of different versions");
    answer.payload.clear();
  }
  return answer;
}

int call_and_show(const Common& common, std::string operation, boost::json::object arguments, const Show& show) {
  auto answer = call_once(common, std::move(operation), std::move(arguments));
  if (!answer) return report(answer.error(), common.format());
  if (common.json) print_json(answer->value);
  else show(answer->value);
  return 0;
}

std::string text_of(const boost::json::value& object, std::string_view name) {
  return object.is_object() ? admin::text_argument_or(object.get_object(), name, "") : std::string();
}

std::uint64_t number_of(const boost::json::value& object, std::string_view name) {
  return object.is_object() ? admin::number_argument(object.get_object(), name).value_or(0) : 0;
}

bool flag_of(const boost::json::value& object, std::string_view name) {
  return object.is_object() && admin::flag_argument(object.get_object(), name).value_or(false);
}

Result<std::string> file_or_input(const std::string& file, std::string_view what) {
  std::stringstream bytes;
  if (file == "-") {
    bytes << std::cin.rdbuf();
    return std::move(bytes).str();
  }
  std::ifstream in(file, std::ios::binary);
  if (!in || (bytes << in.rdbuf()).bad()) return fail(Errc::invalid, "cannot read " + file, "Name " + std::string(what) + ", or - for standard input");
  return std::move(bytes).str();
}

}  // namespace posthorn::app
