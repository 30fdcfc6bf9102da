// VacationResponse/get and /set (RFC 8621 8.1, 8.2): one object an account, which is there before anybody sets it.
#include <algorithm>

#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"
#include "post/vacation.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using post::VacationRecord;
constexpr std::string_view singleton = "singleton";
constexpr std::array<std::string_view, 7> vacation_properties = {"id", "isEnabled", "fromDate", "toDate", "subject", "textBody", "htmlBody"};
constexpr std::size_t longest_subject = 500, longest_body = 100'000;

struct Stored {
  ObjectId id{};  // 0: it was never set
  VacationRecord record;
};

Result<Stored> read(const store::View& view) {
  TRY_ASSIGN(const auto objects, view.objects(store::DataType::vacation));
  if (objects.empty()) return Stored{};
  // What cannot be read is as good as never set: setting it mends it.
  return Stored{objects.front().id, post::decode_vacation(objects.front().value).value_or(VacationRecord())};
}

json::value text_json(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(nullptr); }
json::value time_json(const std::optional<WallTime>& time) { return time ? json::value(utc_date(*time)) : json::value(nullptr); }

json::object vacation_json(const VacationRecord& one) {
  return {{"id", singleton},          {"isEnabled", one.enabled},           {"fromDate", time_json(one.from)},     {"toDate", time_json(one.to)},
          {"subject", text_json(one.subject)}, {"textBody", text_json(one.text)}, {"htmlBody", text_json(one.html)}};
}

Answer get(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_TRY(const auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(request, vacation_properties));
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto stored, read(view));
  json::array list;
  std::vector<std::string> missing;
  const auto ids = request.ids.value_or(std::vector<std::string>{std::string(singleton)});
  for (const auto& id : ids) {
    if (id == singleton) list.push_back(only_wanted(request, vacation_json(stored.record)));
    else missing.push_back(id);
  }
  return get_answer(call, state_of_type(view, store::DataType::vacation), std::move(list), missing);
}

std::unexpected<SetError> refuse(std::string why, std::string_view property) { return std::unexpected(invalid_properties(std::move(why), {std::string(property)})); }

std::expected<std::optional<std::string>, SetError> read_text(std::string_view name, const json::value& value, std::size_t most) {
  if (value.is_null()) return std::optional<std::string>();
  if (!value.is_string() || value.get_string().size() > most) return refuse(std::string(name) + " is a string of at most " + std::to_string(most) + " octets, or null", name);
  std::string text(value.get_string());
  if (text.contains('\0') || (name == "subject" && printable(text, most) != text)) return refuse(std::string(name) + " has control characters", name);
  return std::optional(std::move(text));
}

std::expected<std::optional<WallTime>, SetError> read_time(std::string_view name, const json::value& value) {
  if (value.is_null()) return std::optional<WallTime>();
  const auto time = value.is_string() ? parse_utc_date(value.get_string()) : std::nullopt;
  if (!time) return refuse(std::string(name) + " is a UTCDate or null", name);
  return std::optional(*time);
}

std::expected<void, SetError> read_property(VacationRecord& out, std::string_view name, const json::value& value) {
  const auto keep = [](auto& to, auto read) -> std::expected<void, SetError> {
    if (!read) return std::unexpected(std::move(read.error()));
    to = std::move(*read);
    return {};
  };
  if (name == "fromDate") return keep(out.from, read_time(name, value));
  if (name == "toDate") return keep(out.to, read_time(name, value));
  if (name == "subject") return keep(out.subject, read_text(name, value, longest_subject));
  if (name == "textBody") return keep(out.text, read_text(name, value, longest_body));
  if (name == "htmlBody") return keep(out.html, read_text(name, value, longest_body));
  if (name == "isEnabled") {
    if (!value.is_bool()) return refuse("isEnabled is true or false", name);
    out.enabled = value.get_bool();
    return {};
  }
  if (name == "id" && value.is_string() && value.get_string() == singleton) return {};
  return refuse("\"" + printable(name, 100) + "\" cannot be set", name);
}

std::expected<VacationRecord, SetError> changed(VacationRecord record, const json::object& patch) {
  const auto patches = read_patches(patch);
  if (!patches) return std::unexpected(patches.error());
  for (const auto& one : *patches) {
    if (one.key) return std::unexpected(SetError{"invalidPatch", "nothing below " + printable(one.property, 100) + " can be set", {}, {}});
    if (auto good = read_property(record, one.property, one.value); !good) return std::unexpected(std::move(good.error()));
  }
  if (record.from && record.to && *record.to <= *record.from) return refuse("toDate has to come after fromDate", "toDate");
  return record;
}

class Setting {
 public:
  Setting(Call& call, SetRequest request) : call_(call), request_(std::move(request)), commits_(call.services.store.view(call.account()), store::DataType::vacation) {}

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(request_.if_in_state, before, store::DataType::vacation); !good) co_return std::unexpected(good.error());
    for (const auto& [key, object] : request_.create) out_.not_created[key] = only_one();
    for (const auto& [id, patch] : request_.update) {
      if (std::ranges::find(request_.destroy, id) != request_.destroy.end()) out_.not_updated[id] = to_json(SetError{"willDestroy", "it is destroyed in the same call", {}, {}});
      else if (id != singleton) out_.not_updated[id] = to_json(SetError{"notFound", "there is no such VacationResponse", {}, {}});
      else co_await update(patch);
    }
    for (const auto& id : request_.destroy) out_.not_destroyed[id] = id == singleton ? only_one() : to_json(SetError{"notFound", "there is no such VacationResponse", {}, {}});
    auto answer = out_.tell(call_, {}, {});
    commits_.tell(answer, call_.services.store.view(call_.account()));
    co_return answer;
  }

 private:
  // rfc:8621#8.2, rfc:8620#5.3
  static json::object only_one() { return to_json(SetError{"singleton", "there is always exactly one VacationResponse", {}, {}}); }

  Task<void> update(const json::object& patch) {
    const auto stored = read(call_.services.store.view(call_.account()));
    auto record = stored ? changed(stored->record, patch) : std::unexpected(set_error(stored.error()));
    if (!record) {
      out_.not_updated[singleton] = to_json(record.error());
      co_return;
    }
    store::ObjectWrite one{store::DataType::vacation, stored->id, encode(*record)};
    std::vector<store::ObjectWrite> writes;
    writes.push_back(std::move(one));
    auto done = co_await call_.services.store.write_objects(call_.account(), std::move(writes));
    if (!done) {
      out_.not_updated[singleton] = to_json(set_error(done.error()));
      co_return;
    }
    commits_.add(done->modseq);
    out_.updated[singleton] = nullptr;
  }

  Call& call_;
  SetRequest request_;
  OwnCommits commits_;
  SetAnswer out_;
};

}  // namespace

Task<Answer> vacation_get(Call& call, json::object arguments) { co_return get(call, std::move(arguments)); }

Task<Answer> vacation_set(Call& call, json::object arguments) {
  auto request = read_only_set(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  Setting setting(call, std::move(*request));
  co_return co_await setting.run();
}

}  // namespace posthorn::jmap
