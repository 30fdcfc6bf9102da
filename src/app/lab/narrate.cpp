#include "app/lab/narrate.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/cursor.h"
#include "base/json.h"
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

std::string accepted(const json::object& line, Trail& trail) {
  const auto id = string_at(line, "id"), login = string_at(line, "login");
  const bool known = trail.ids.contains(id);
  if (!known) {
    // The next server knows our letter by envelope only; its own queue id joins the trail.
    if (!equal_icase(string_at(line, "from"), trail.from) || !contains_icase(string_at(line, "to"), trail.to) || trail.ids.empty()) return {};
    trail.ids.insert(id);
    trail.accepted_there = true;
  }
  const auto tls = string_at(line, "tls");
  std::string out = "stored it safely as " + id + " (" + string_at(line, "size") + " octets";
  out += login.empty() ? ", from " + string_at(line, "client") : ", sent by " + login;
  return out + (tls == "none" ? ", in clear)" : ", " + tls + ")");
}

// The next server judges before it takes the letter, and knows it by its sender only.
std::string judged(const json::object& line, const Trail& trail) {
  if (trail.ids.empty() || !equal_icase(string_at(line, "from"), trail.from)) return {};
  return "judged it: SPF " + string_at(line, "spf") + ", DMARC " + string_at(line, "dmarc") + " (" + string_at(line, "why") + "), so: " + string_at(line, "done");
}

std::string ready(const json::object& line) {
  const auto tls = string_at(line, "tls");
  if (tls == "none") return "no TLS with " + string_at(line, "host") + ": it goes in clear";
  return "TLS with " + string_at(line, "host") + ": " + tls + ", " + string_at(line, "cipher") + ", certificate " + string_at(line, "certificate");
}

std::string dialogue(const json::object& line) {
  if (line.contains("we")) return "--> " + string_at(line, "we");
  return "<-- " + string_at(line, "they");
}

std::string settled(const std::string& event, const json::object& line, Trail& trail) {
  const auto answer = string_at(line, "code") + " " + string_at(line, "answer");
  const auto to = string_at(line, "to");
  if (event == "delivery.done") {
    trail.delivered = true;
    if (auto id = queue_id_in(answer); !id.empty()) trail.ids.insert(std::move(id));
    return "delivered to " + to + ": " + string_at(line, "host") + " said " + answer;
  }
  const auto code = string_at(line, "code");
  trail.trouble = (string_at(line, "host").empty() ? "" : string_at(line, "host") + ": ") + (code == "0" ? string_at(line, "answer") : answer);
  if (event == "delivery.deferred") return "not delivered to " + to + " yet: " + trail.trouble;
  trail.failed = true;
  return "cannot be delivered to " + to + ": " + trail.trouble;
}

std::string told(const std::string& event, const json::object& line, Trail& trail) {
  if (event == "delivery.route") return "DNS: " + string_at(line, "dns");
  if (event == "delivery.connected") return "connected to " + string_at(line, "host") + " at " + string_at(line, "address");
  if (event == "delivery.ready") return ready(line);
  if (event == "delivery.dialogue") return dialogue(line);
  if (event == "delivery.in_clear") return "TLS with " + string_at(line, "host") + " did not work, trying without: " + string_at(line, "why");
  if (event == "delivery.host_failed") {
    trail.trouble = string_at(line, "host") + ": " + string_at(line, "why");
    return "no luck with " + trail.trouble;
  }
  if (event == "delivery.done" || event == "delivery.deferred" || event == "delivery.failed") return settled(event, line, trail);
  if (event == "dsn.sent") {
    trail.notified = true;
    return "told " + string_at(line, "to") + " in a notice, " + string_at(line, "as");
  }
  return {};
}

}  // namespace

std::optional<WallTime> time_of_line(std::string_view json_line) {
  const auto line = parsed(json_line);
  if (!line) return std::nullopt;
  // "2026-11-23T18:33:01.123Z", as base/log.cpp writes it.
  const auto text = string_at(*line, "time");
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
  const auto event = string_at(*object, "event");
  std::string text;
  if (event == "message.accepted") text = accepted(*object, trail);
  else if (event == "message.judged") text = judged(*object, trail);
  else if (trail.ids.contains(string_at(*object, "id"))) text = told(event, *object, trail);
  if (text.empty()) return std::nullopt;
  return Step{line.host, std::move(text)};
}

}  // namespace posthorn::app::lab
