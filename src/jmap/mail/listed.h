// jmap/mail/listed.h - what methods share whose objects are few and read all at once: identities, submissions, mailboxes, quotas, address books
// and cards. Called on a worker, with what was read.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "jmap/mail/condition_tree.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {

// A method that a worker runs, because an account may have thousands of what it reads.
Task<Answer> later(Call& call, boost::json::object arguments, Answer (*run)(Call&, Arguments));

// RFC 8620 5.1. `find(all, id)` is where in `all` the one of that id stands, or its end; `tell` makes JSON of one.
template <class T, class Find, class Tell>
boost::json::object get_listed(const Call& call, const GetRequest& request, const std::vector<T>& all, Find find, Tell tell, std::string state) {
  boost::json::array list;
  std::vector<std::string> missing;
  if (!request.ids) {
    for (const auto& one : all) list.push_back(only_wanted(request, tell(one)));
    return get_answer(call, std::move(state), std::move(list), missing);
  }
  for (const auto& id : *request.ids) {
    const auto found = find(all, id);
    if (found == all.end()) missing.push_back(id);
    else list.push_back(only_wanted(request, tell(*found)));
  }
  return get_answer(call, std::move(state), std::move(list), missing);
}

// What happened to the objects of a type since a state.
Expected<store::Delta<ObjectId>> delta_of(const store::View& view, store::DataType type, std::string_view since, std::size_t most);

// The filter of a /query (RFC 8620 5.5): unsupportedFilter, invalidArguments. No filter: one that everything matches.
Expected<ConditionTree> read_conditions(Arguments& arguments, const std::function<Status(const boost::json::object&)>& check);

// RFC 8620 5.6. `results`: the ids that are found now, in their order; what changed is removed, and added where it is found.
struct ChangedIds {
  boost::json::array created, updated, destroyed;
};
Answer query_changes_answer(const Call& call, const QueryChangesRequest& asked, ChangedIds changed, const std::vector<std::string>& results, std::string state);

}  // namespace posthorn::jmap
