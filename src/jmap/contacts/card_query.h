// jmap/contacts/card_query.h - which cards a filter finds and how they are sorted (RFC 9610 section 3.3). Pure.
// Security: filters come from clients: bounded by mail/condition_tree.h, texts split into at most 20 terms.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jmap/contacts/model.h"
#include "jmap/mail/listed.h"

namespace posthorn::jmap {

struct CardQuery {
  ConditionTree filter;
  std::vector<Comparator> sort;
};
Expected<CardQuery> read_card_query(Arguments& arguments);

// Ids in order.
std::vector<std::string> run(const CardQuery& query, const std::vector<Card>& cards);

// The terms of a search text: words, and what stands between quotes; folded.
std::vector<std::string> search_terms(std::string_view text);
// A name to show and sort by: "full", or the components together.
std::string full_name(const boost::json::object& card);

}  // namespace posthorn::jmap
