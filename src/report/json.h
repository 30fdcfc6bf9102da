// report/json.h - reports as JSON: what `posthorn report --json` prints and the store keeps. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "report/aggregate.h"
#include "report/failure.h"

namespace posthorn::report {

boost::json::object to_json(const Row& row);
boost::json::object to_json(const Published& published);
boost::json::object to_json(const Aggregate& aggregate);
boost::json::object to_json(const Failure& failure);
// Errors: corrupt.
Result<Row> row_from_json(const boost::json::value& value);
Result<Published> published_from_json(const boost::json::value& value);
Result<Aggregate> aggregate_from_json(const boost::json::value& value);

}  // namespace posthorn::report
