// posthorn serve, verify, mime, and the commands to a running server.
#include "app/server.h"

#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"
#include "app/keyring/process.h"
#include "mail/json.h"
#include "mail/message.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;

// The tree for people: one line a part, indented by its depth.
void print_parts(const mail::Message& message) {
  std::vector<std::size_t> depth(message.parts.size(), 0);
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    if (part.parent >= 0) depth[i] = depth[static_cast<std::size_t>(part.parent)] + 1;
    const auto name = mail::file_name(part);
    std::printf("%*s%s/%s  %s%s%s\n", static_cast<int>(2 * depth[i]), "", part.type.c_str(), part.subtype.c_str(), human_size(part.body_end - part.body_begin).c_str(),
                name.empty() ? "" : "  ", name.c_str());
  }
}

}  // namespace

int serve_command(const Common& common) {
  auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  if (config->listen.empty())
    return report(Error{Errc::invalid, common.config + " names nothing to listen on", "Add a [[listen]] section; see packaging/posthorn.toml"}, common.format());
  auto status = serve(*config);
  return status ? 0 : report(status.error(), common.format());
}

int keyring_command(const Common& common) {
  auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  auto status = run_keyring(*config);
  return status ? 0 : report(status.error(), common.format());
}

int mime_command(const Common& common, const std::string& file) {
  auto bytes = file_or_input(file, "a file with one message");
  if (!bytes) return report(bytes.error(), common.format());
  const auto message = mail::parse(*bytes);
  if (common.json) print_json(mail::to_json(message));
  else print_parts(message);
  return 0;
}

int verify_command(const Common& common) {
  auto answer = call_once(common, "store.verify", {});
  if (!answer) return report(answer.error(), common.format());
  const bool good = flag_of(answer->value, "good");
  if (common.json) {
    print_json(answer->value);
  } else if (good) {
    std::puts("everything was counted again and is as it should be");
  } else {
    for (const auto& one : answer->value.at("problems").as_array()) std::printf("%s\n", one.as_string().c_str());
  }
  return good ? 0 : 1;
}

int server_command(const Common& common, const std::string& operation) {
  auto config = load_config(common.config);
  if (!config) return report(config.error(), common.format());
  auto backend = connect_server(*config);
  if (!backend) return report(backend.error(), common.format());
  auto answer = (*backend)->call(admin::Request{operation, {}, {}});
  if (!answer) return report(answer.error(), common.format());
  if (common.json || operation == "server.status") print_json(answer->value);
  else std::puts("done");
  return 0;
}

}  // namespace posthorn::app
