// Beast is compiled here, once (BOOST_BEAST_SEPARATE_COMPILATION): its parsers of HTTP and WebSocket.
#include <boost/beast/src.hpp>
