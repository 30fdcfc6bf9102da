// admin/operations.h - the operations on domains, accounts, aliases, queue and mail that CLI, API and console share.
// A table from names such as "account.add" to functions; each takes JSON arguments (and bytes, for mail) and gives JSON.
// Errors: invalid (an argument; the text says which), and those of the store. Callers have checked who may ask.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "crypto/keyring.h"
#include "dns/resolver.h"
#include "post/sender.h"
#include "report/desk.h"
#include "store/store.h"

namespace posthorn::admin {

struct Request {
  std::string operation;
  boost::json::object arguments;
  std::string payload;  // bytes of a message, where the operation takes one
};

struct Response {
  boost::json::value value;
  std::string payload;
};

struct Context {
  store::Store& store;
  crypto::Keyring& keyring;
  post::Queue& queue;
  post::Sender* sender = nullptr;        // these three: nothing when no server runs
  dns::Resolver* resolver = nullptr;
  report::Desk* reports = nullptr;
  std::function<void(boost::json::object)> progress;  // long operations say how far they are; may be empty
};

Task<Result<Response>> run(Context& context, Request request);
std::vector<std::string_view> operations();

// Arguments of a request, with errors that name them.
Result<std::string> text_argument(const boost::json::object& arguments, std::string_view name);
std::string text_argument_or(const boost::json::object& arguments, std::string_view name, std::string_view otherwise);
std::optional<std::uint64_t> number_argument(const boost::json::object& arguments, std::string_view name);
std::optional<bool> flag_argument(const boost::json::object& arguments, std::string_view name);
Result<store::AccountInfo> account_argument(const Context& context, const boost::json::object& arguments);  // "address"
Response in_payload(const boost::json::value& value);  // for what may be long: a line of the control socket is bounded
std::string rfc3339(WallTime time);  // "2026-11-23T17:05:04Z"

using Operation = Task<Result<Response>> (*)(Context&, Request);
struct NamedOperation {
  std::string_view name;
  Operation operation;
};
// One table a subject: accounts.cpp, queue.cpp, mail.cpp, dkim.cpp, evidence.cpp, report.cpp.
std::vector<NamedOperation> account_operations();
std::vector<NamedOperation> queue_operations();
std::vector<NamedOperation> mail_operations();
std::vector<NamedOperation> dkim_operations();
std::vector<NamedOperation> evidence_operations();
std::vector<NamedOperation> report_operations();

}  // namespace posthorn::admin
