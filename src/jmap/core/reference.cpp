#include "jmap/core/reference.h"

#include <boost/json/array.hpp>
#include <charconv>

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t step_limit = 32;

Result<std::vector<std::string>> steps_of(std::string_view path) {
  std::vector<std::string> out;
  if (path.empty()) return out;
  if (path.front() != '/') return fail(Errc::not_found, "a path begins with /");
  std::string step;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    if (i == path.size() || path[i] == '/') {
      out.push_back(std::move(step));
      step.clear();
      if (out.size() > step_limit) return fail(Errc::not_found, "the path is too long");
    } else if (path[i] == '~') {
      // rfc:6901#4
      if (i + 1 == path.size() || (path[i + 1] != '0' && path[i + 1] != '1')) return fail(Errc::not_found, "~ is not followed by 0 or 1");
      step += path[++i] == '0' ? '~' : '/';
    } else {
      step += path[i];
    }
  }
  return out;
}

const json::value* child(const json::value& parent, const std::string& step) {
  if (const auto* object = parent.if_object()) return object->if_contains(step);
  const auto* array = parent.if_array();
  if (array == nullptr || step.empty() || (step.size() > 1 && step.front() == '0')) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size() || index >= array->size()) return nullptr;
  return &(*array)[index];
}

Status spend(std::uint64_t& items, std::size_t count) {
  if (count > items) return fail(Errc::not_found, "the references of this request stand for too many items");
  items -= count;
  return {};
}

}  // namespace

Result<json::value> follow_path(const json::value& root, std::string_view path, std::uint64_t& items) {
  TRY_ASSIGN(const auto steps, steps_of(path));
  std::vector<const json::value*> now{&root};
  bool many = false;
  for (const auto& step : steps) {
    std::vector<const json::value*> next;
    for (const auto* one : now) {
      if (step == "*" && one->is_array()) {
        many = true;
        TRY(spend(items, one->get_array().size()));
        for (const auto& item : one->get_array()) next.push_back(&item);
      } else {
        const auto* found = child(*one, step);
        if (found == nullptr) return fail(Errc::not_found, "there is no " + step + " there");
        next.push_back(found);
      }
    }
    now = std::move(next);
  }
  if (!many) {
    TRY(spend(items, now.front()->is_array() ? now.front()->get_array().size() : 1));
    return *now.front();
  }
  // rfc:8620#3.7 "If the result of applying the rest of the pointer tokens to each item was itself an array, the contents are added".
  json::array out;
  for (const auto* one : now) {
    if (!one->is_array()) {
      out.push_back(*one);
      continue;
    }
    TRY(spend(items, one->get_array().size()));
    for (const auto& item : one->get_array()) out.push_back(item);
  }
  return json::value(std::move(out));
}

Status resolve_references(json::object& arguments, const std::vector<Answered>& before, std::uint64_t& items) {
  std::vector<std::string> marked;
  for (const auto& entry : arguments)
    if (entry.key().starts_with('#')) marked.emplace_back(entry.key());
  for (const auto& key : marked) {
    const auto name = key.substr(1);
    if (arguments.contains(name)) return fail(Errc::invalid, name + " is given both outright and by reference");
    const auto reference = arguments.at(key);
    arguments.erase(key);
    const auto* object = reference.if_object();
    const auto text = [object](const char* part) -> const json::string* {
      const auto* value = object == nullptr ? nullptr : object->if_contains(part);
      return value == nullptr ? nullptr : value->if_string();
    };
    const auto* result_of = text("resultOf");
    const auto* method = text("name");
    const auto* path = text("path");
    if (result_of == nullptr || method == nullptr || path == nullptr) return fail(Errc::not_found, key + " is no reference: it needs resultOf, name and path");
    const Answered* found = nullptr;
    for (const auto& one : before)
      if (found == nullptr && one.tag == std::string_view(*result_of)) found = &one;
    if (found == nullptr || found->name != std::string_view(*method)) return fail(Errc::not_found, "no answer of " + std::string(*method) + " has the tag " + std::string(*result_of));
    auto value = follow_path(json::value(found->answer), std::string_view(*path), items);
    if (!value) return fail(value.error());
    arguments[name] = std::move(*value);
  }
  return {};
}

}  // namespace posthorn::jmap
