#include "app/lab/narrate.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::app::lab {
namespace {

namespace json = boost::json;

std::optional<json::object> parsed(std::string_view line) {
  boost::system::error_code error;
  auto value = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string accepted(const json::object& line, Trail& trail) {
  const auto id = member(line, "id"), login = member(line, "login");
  const bool known = trail.ids.contains(id);
  if (!known) {
    // The next server knows our letter by envelope only; its own queue id joins the trail.
    if (!equal_icase(member(line, "from"), trail.from) || !contains_icase(member(line, "to"), trail.to) || trail.ids.empty()) return {};
    trail.ids.insert(id);
    trail.accepted_there = true;
  }
  const auto tls = member(line, "tls");
  std::string out = "stored it safely as " + id + " (" + member(line, "size") + " octets";
  out += login.empty() ? ", from " + member(line, "client") : ", sent by " + login;
  return out + (tls == "none" ? ", in clear)" : ", " + tls + ")");
}

// The next server judges before it takes the letter, and knows it by its sender only.
std::string judged(const json::object& line, const Trail& trail) {
  if (trail.ids.empty() || !equal_icase(member(line, "from"), trail.from)) return {};
  return "judged it: SPF " + member(line, "spf") + ", DMARC " + member(line, "dmarc") + " (" + member(line, "why") + "), so: " + member(line, "done");
}

std::string ready(const json::object& line) {
  const auto tls = member(line, "tls");
  if (tls == "none") return "no TLS with " + member(line, "host") + ": it goes in clear";
  return "TLS with " + member(line, "host") + ": " + tls + ", " + member(line, "cipher") + ", certificate " + member(line, "certificate");
}

std::string dialogue(const json::object& line) {
  if (line.contains("we")) return "--> " + member(line, "we");
  return "<-- " + member(line, "they");
}

std::string settled(const std::string& event, const json::object& line, Trail& trail) {
  const auto answer = member(line, "code") + " " + member(line, "answer");
  const auto to = member(line, "to");
  if (event == "delivery.done") {
    trail.delivered = true;
    if (auto id = queue_id_in(answer); !id.empty()) trail.ids.insert(std::move(id));
    return "delivered to " + to + ": " + member(line, "host") + " said " + answer;
  }
  const auto code = member(line, "code");
  trail.trouble = (member(line, "host").empty() ? "" : member(line, "host") + ": ") + (code == "0" ? member(line, "answer") : answer);
  if (event == "delivery.deferred") return "not delivered to " + to + " yet: " + trail.trouble;
  trail.failed = true;
  return "cannot be delivered to " + to + ": " + trail.trouble;
}

std::string told(const std::string& event, const json::object& line, Trail& trail) {
  if (event == "delivery.route") return "DNS: " + member(line, "dns");
  if (event == "delivery.connected") return "connected to " + member(line, "host") + " at " + member(line, "address");
  if (event == "delivery.ready") return ready(line);
  if (event == "delivery.dialogue") return dialogue(line);
  if (event == "delivery.in_clear") return "TLS with " + member(line, "host") + " did not work, trying without: " + member(line, "why");
  if (event == "delivery.host_failed") {
    trail.trouble = member(line, "host") + ": " + member(line, "why");
    return "no luck with " + trail.trouble;
  }
  if (event == "delivery.done" || event == "delivery.deferred" || event == "delivery.failed") return settled(event, line, trail);
  if (event == "dsn.sent") {
    trail.notified = true;
    return "told " + member(line, "to") + " in a notice, " + member(line, "as");
  }
  return {};
}

}  // namespace

std::optional<WallTime> time_of_line(std::string_view json_line) {
  const auto line = parsed(json_line);
  if (!line) return std::nullopt;
  // "2026-11-23T18:33:01.123Z", as base/log.cpp writes it.
  const auto text = member(*line, "time");
  if (text.size() != 24) return std::nullopt;
  const auto number = [&text](std::size_t at, std::size_t count) {
    Cursor digits(std::string_view(text).substr(at, count));
    const auto value = digits.take_number(9999);
    return static_cast<int>(value && digits.done() ? *value : 0);
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok()) return std::nullopt;
  const std::chrono::sys_days date = day;
  return WallTime(date.time_since_epoch() + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) +
                  std::chrono::milliseconds(number(20, 3)));
}

std::string queue_id_in(std::string_view reply) {
  const auto words = split(trim(reply), ' ');
  const auto last = words.empty() ? std::string_view() : words.back();
  const bool good = last.size() == 16 && last.find_first_not_of("0123456789abcdef") == last.npos;
  return good ? std::string(last) : std::string();
}

std::optional<Step> narrate(const LogLine& line, Trail& trail) {
  const auto object = parsed(line.text);
  if (!object) return std::nullopt;
  const auto event = member(*object, "event");
  std::string text;
  if (event == "message.accepted") text = accepted(*object, trail);
  else if (event == "message.judged") text = judged(*object, trail);
  else if (trail.ids.contains(member(*object, "id"))) text = told(event, *object, trail);
  if (text.empty()) return std::nullopt;
  return Step{line.host, std::move(text)};
}

}  // namespace posthorn::app::lab
