// posthorn queue: what waits to leave, why, and what to do with it.
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;

std::string why(const json::value& entry) {
  if (flag_of(entry, "held")) return "held: " + text_of(entry, "held_because");
  for (const auto& r : entry.at("recipients").as_array())
    if (text_of(r, "state") == "waiting" && !text_of(r, "answer").empty()) return text_of(r, "answer");
  return {};
}

std::string recipients_of(const json::value& entry) {
  std::string out;
  std::size_t more = 0;
  for (const auto& r : entry.at("recipients").as_array()) {
    if (text_of(r, "state") != "waiting") continue;
    if (out.empty()) out = text_of(r, "address");
    else ++more;
  }
  return more == 0 ? out : out + " +" + std::to_string(more);
}

std::string or_null(const std::string& sender) { return sender.empty() ? "<>" : sender; }

}  // namespace

int queue_list(const Common& common) {
  return call_and_show(common, "queue.list", {}, [](const json::value& all) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : all.as_array())
      rows.push_back({text_of(one, "id"), text_of(one, "arrived"), or_null(text_of(one, "from")), recipients_of(one), std::to_string(number_of(one, "attempts")),
                      text_of(one, "next_attempt"), why(one)});
    print_table({"ID", "ARRIVED", "FROM", "TO", "TRIES", "NEXT TRY", "WHY IT WAITS"}, rows);
  });
}

int queue_show(const Common& common, const std::string& id, bool message) {
  auto answer = call_once(common, "queue.show", {{"id", id}, {"message", message}});
  if (!answer) return report(answer.error(), common.format());
  if (message) {
    std::fwrite(answer->payload.data(), 1, answer->payload.size(), stdout);
    return 0;
  }
  if (common.json) {
    print_json(answer->value);
    return 0;
  }
  const auto& e = answer->value;
  std::printf("id        %s\nfrom      %s\nsubmitted %s\narrived   %s\nsize      %s\ntries     %llu\nnext try  %s\ngives up  %s\n", text_of(e, "id").c_str(),
              or_null(text_of(e, "from")).c_str(), text_of(e, "login").empty() ? "by nobody who logged in" : ("by " + text_of(e, "login")).c_str(),
              text_of(e, "arrived").c_str(), human_size(number_of(e, "size")).c_str(), static_cast<unsigned long long>(number_of(e, "attempts")),
              text_of(e, "next_attempt").c_str(), text_of(e, "expires").c_str());
  if (flag_of(e, "held")) std::printf("held      %s\n", text_of(e, "held_because").c_str());
  std::puts("");
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : e.at("recipients").as_array()) {
    const auto code = number_of(r, "code");
    rows.push_back({text_of(r, "address"), text_of(r, "state"), std::to_string(number_of(r, "attempts")), text_of(r, "host"),
                    (code == 0 ? "" : std::to_string(code) + " ") + text_of(r, "answer")});
  }
  print_table({"TO", "STATE", "TRIES", "HOST", "LAST ANSWER"}, rows);
  rows.clear();
  for (const auto& t : e.at("tried").as_array()) {
    const auto code = number_of(t, "code");
    rows.push_back({text_of(t, "at"), text_of(t, "to"), text_of(t, "host"), text_of(t, "tls").empty() ? "none" : text_of(t, "tls"),
                    (code == 0 ? "" : std::to_string(code) + " ") + text_of(t, "answer")});
  }
  if (rows.empty()) return 0;
  std::puts("");
  print_table({"TRIED AT", "TO", "HOST", "TLS", "ANSWER"}, rows);
  return 0;
}

int queue_retry(const Common& common, const std::string& id, bool all) {
  if (id.empty() != all) return report(Error{Errc::invalid, "which message?", "Give an id (see: posthorn queue list) or --all"}, common.format());
  json::object arguments;
  if (all) arguments["all"] = true;
  else arguments["id"] = id;
  return call_and_show(common, "queue.retry", std::move(arguments), [](const json::value& v) {
    std::printf("%llu to be tried again now\n", static_cast<unsigned long long>(number_of(v, "retried")));
  });
}

int queue_hold(const Common& common, const std::string& id, const std::string& because) {
  return call_and_show(common, "queue.hold", {{"id", id}, {"because", because}},
                       [&](const json::value&) { std::printf("%s is held until: posthorn queue retry %s\n", id.c_str(), id.c_str()); });
}

int queue_drop(const Common& common, const std::string& id) {
  return call_and_show(common, "queue.drop", {{"id", id}}, [&](const json::value&) { std::printf("%s is gone; its sender was not told\n", id.c_str()); });
}

}  // namespace posthorn::app
