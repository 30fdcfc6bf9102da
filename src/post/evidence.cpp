#include "post/evidence.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "mail/message.h"
#include "trust/json.h"

namespace posthorn::post {
namespace {

namespace json = boost::json;

std::int64_t seconds(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

json::object tls_json(const TlsFacts& tls) { return {{"version", tls.version}, {"cipher", tls.cipher}}; }

// Who else got the message is nobody's business: recipients are counted, not named.
json::object session_json(const Arrival& arrival, std::size_t size) {
  json::object out;
  out["version"] = 1;
  out["id"] = arrival.id;
  out["received_at"] = seconds(arrival.now);
  out["by"] = arrival.host_name;
  out["client"] = json::object{{"ip", arrival.peer.client.address}, {"port", arrival.peer.client.port}};
  if (!arrival.country.empty()) out["client"].get_object()["country"] = arrival.country;
  out["helo"] = printable(arrival.peer.helo, 512);
  out["protocol"] = arrival.peer.esmtp ? "ESMTP" : "SMTP";
  out["tls"] = arrival.peer.tls ? json::value(tls_json(*arrival.peer.tls)) : json::value(nullptr);
  out["reverse_path"] = printable(arrival.from.reverse_path.text(), 512);
  out["recipients"] = arrival.recipients;
  out["size"] = size;
  return out;
}

}  // namespace

std::string arrival_evidence(const Arrival& arrival, const trust::Judgement& judgement, const trust::Answers& answers, std::size_t size) {
  auto out = session_json(arrival, size);
  out["judgement"] = trust::to_json(judgement);
  out["dns"] = trust::to_json(answers);
  return json::serialize(out);
}

std::string submission_evidence(const Arrival& arrival, std::string_view signature_fields, std::size_t size) {
  auto out = session_json(arrival, size);
  out["login"] = printable(arrival.peer.login, 512);
  json::array made;
  const std::string header = std::string(signature_fields) + "\r\n";
  for (const auto& field : mail::parse(header).root().fields) made.push_back(json::string(printable(field.value, 2000)));
  out["signed"] = std::move(made);
  return json::serialize(out);
}

}  // namespace posthorn::post
