// Cards, patches of them and search texts as a client may send them: nothing crashes, a refusal says what is wrong, and a card that was taken
// can be searched and sorted whatever it holds.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jmap/contacts/card_query.h"
#include "jmap/contacts/deep_patch.h"
#include "jmap/contacts/shape.h"

namespace {

using namespace posthorn;

void need_reason(const jmap::SetError& error) {
  if (error.type.empty() || error.description.empty()) std::abort();
}

void use(const boost::json::object& card) {
  jmap::CardQuery query;
  query.sort = {{"name/full", {}, true}, {"name/given", {}, false}, {"created", {}, true}};
  auto filter = jmap::ConditionTree::parse(boost::json::parse(R"({"text":"a 'b c'","email":"x"})"), [](const boost::json::object&) { return Status(); });
  if (!filter) std::abort();
  query.filter = std::move(*filter);
  jmap::Card one;
  one.id = ObjectId{1};
  one.json = card;
  const std::vector<jmap::Card> cards{one};
  if (jmap::run(query, cards).size() > 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (jmap::search_terms(text).size() > 20) std::abort();
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return 0;
  // Also cards that would be refused: what is stored may be older than what is checked.
  use(value.get_object());
  const auto good = jmap::check_card(value.get_object());
  if (!good) need_reason(good.error());
  boost::json::object patched = value.get_object();
  if (const auto* patch = patched.if_contains("patch"); patch != nullptr && patch->is_object()) {
    const auto copy = patch->get_object();
    if (const auto done = jmap::apply_deep_patch(patched, copy); !done) need_reason(done.error());
  }
  return 0;
}
