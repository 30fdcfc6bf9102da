#include "jmap/mail/submission_json.h"

#include <boost/json/parse.hpp>

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

std::string_view name_of(post::Delivered delivered) {
  switch (delivered) {
    case post::Delivered::queued: return "queued";
    case post::Delivered::yes: return "yes";
    case post::Delivered::no: return "no";
    case post::Delivered::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(post::Undo undo) {
  switch (undo) {
    case post::Undo::pending: return "pending";
    case post::Undo::final: return "final";
    case post::Undo::canceled: return "canceled";
  }
  return "final";
}

std::string submission_id(ObjectId id) { return "S" + store::object_id(id).substr(1); }

std::optional<ObjectId> submission_of(std::string_view id) {
  if (!id.starts_with('S')) return std::nullopt;
  return store::object_id_of("O" + std::string(id.substr(1)));
}

Result<std::vector<Submitted>> submissions(const store::View& view) {
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::submission));
  std::vector<Submitted> out;
  for (const auto& object : objects) {
    TRY_ASSIGN(auto record, post::decode_submission(object.value));
    out.push_back(Submitted{object.id, std::move(record)});
  }
  return out;
}

Result<std::optional<Submitted>> find_submission(const store::View& view, ObjectId id) {
  TRY_ASSIGN(const auto object, view.object(store::DataType::submission, id));
  if (!object) return std::optional<Submitted>();
  TRY_ASSIGN(auto record, post::decode_submission(object->value));
  return std::optional(Submitted{id, std::move(record)});
}

Result<std::vector<Submitted>> submissions_of(const store::View& view, EmailId email, std::optional<std::vector<Submitted>>& all) {
  TRY_ASSIGN(const auto account, view.account());
  TRY_ASSIGN(const auto indexed, post::submissions_of(view.reader(), account.id, email));
  std::vector<Submitted> out;
  if (!indexed) {
    if (!all) {
      TRY_ASSIGN(all, submissions(view));
    }
    for (const auto& one : *all)
      if (one.record.email == email) out.push_back(one);
    return out;
  }
  for (const auto id : *indexed) {
    TRY_ASSIGN(auto one, find_submission(view, id));
    if (one) out.push_back(std::move(*one));
  }
  return out;
}

json::object submission_json(const Submitted& one) {
  const auto& record = one.record;
  json::object status;
  for (const auto& r : record.recipients)
    status[r.address] = json::object{{"smtpReply", r.reply.empty() ? json::value("250 2.1.5 Queued") : json::value(clean_utf8(r.reply))}, {"delivered", name_of(r.delivered)}, {"displayed", "unknown"}};
  boost::system::error_code error;
  auto envelope = json::parse(record.envelope, error);
  return {{"id", submission_id(one.id)},
          {"identityId", record.identity},
          {"emailId", store::object_id(record.email)},
          {"threadId", store::object_id(record.thread)},
          {"envelope", error ? json::value(nullptr) : std::move(envelope)},
          {"sendAt", utc_date(record.send_at)},
          {"undoStatus", name_of(record.undo)},
          {"deliveryStatus", std::move(status)},
          {"dsnBlobIds", json::array()},
          {"mdnBlobIds", json::array()}};
}

json::array recipients_json(const post::SubmissionRecord& record) {
  json::array out;
  for (const auto& r : record.recipients) {
    json::array attempts;
    for (const auto& t : r.tried)
      attempts.push_back(json::object{{"at", utc_date(t.at)}, {"host", clean_utf8(t.remote)}, {"tls", t.tls.empty() ? json::value(nullptr) : json::value(clean_utf8(t.tls))}, {"code", t.code}, {"answer", clean_utf8(t.answer)}});
    out.push_back(json::object{{"address", clean_utf8(r.address)}, {"delivered", name_of(r.delivered)}, {"reply", clean_utf8(r.reply)}, {"attempts", std::move(attempts)}});
  }
  return out;
}

}  // namespace posthorn::jmap
