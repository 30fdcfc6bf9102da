// The one file in which Boost.JSON's code is compiled: Debian ships no libboost_json.
#include <boost/json/src.hpp>
