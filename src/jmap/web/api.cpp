// jmap/web/api.cpp - the Session resource and the API (RFC 8620 sections 2 and 3) over HTTP.
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "jmap/core/request.h"
#include "jmap/web/web.h"

namespace posthorn::jmap {

Task<http::Response> session_resource(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  auto session = session_json(web.services(), visitor.login);
  // rfc:8887#3.1
  session["capabilities"].as_object()["urn:ietf:params:jmap:websocket"].as_object()["url"] = "wss://" + std::string(exchange.request().field("host")) + "/jmap/ws";
  session["state"] = session_state(web.services(), visitor.login);
  // Relative to this resource: right for whatever name and port the client came by.
  session["apiUrl"] = "/jmap/api";
  session["downloadUrl"] = "/jmap/download/{accountId}/{blobId}/{name}?type={type}";
  session["uploadUrl"] = "/jmap/upload/{accountId}/";
  session["eventSourceUrl"] = "/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}";
  co_return json_response(200, session);
}

Task<http::Response> api(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& limits = web.services().limits;
  const auto type = exchange.request().field("content-type");
  // rfc:8620#3.6.1; it also keeps forms of other origins out, which can send text/plain only.
  if (!equal_icase(trim(type.substr(0, type.find(';'))), "application/json")) co_return problem_response(400, "urn:ietf:params:jmap:error:notJSON", "The content type must be application/json.");
  const auto place = web.take_place(visitor.login.account, Web::Kind::request);
  if (!place) {
    Problem busy{400, "urn:ietf:params:jmap:error:limit", "at most " + std::to_string(limits.concurrent_requests) + " requests at once", "maxConcurrentRequests"};
    co_return json_response(400, to_json(busy));
  }
  auto body = co_await exchange.body(limits.request);
  if (!body) {
    Problem large{400, "urn:ietf:params:jmap:error:limit", body.error().what, "maxSizeRequest"};
    auto response = json_response(400, to_json(large));
    response.close = true;
    co_return response;
  }
  Call call{web.services(), visitor.login, {}, {}, exchange.peer().address};
  call.session = visitor.session;
  auto state = session_state(web.services(), visitor.login);
  auto answer = co_await process(call, *body, std::move(state));
  if (!answer) {
    auto response = json_response(answer.error().status, to_json(answer.error()));
    response.fields.front().second = "application/problem+json";
    co_return response;
  }
  co_return json_response(200, *answer);
}

}  // namespace posthorn::jmap
