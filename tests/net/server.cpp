#include "net/server.h"

#include "base/text.h"

namespace posthorn::net::test {
namespace {

std::string info_of(const Stream& stream) {
  if (!stream.tls()) return "in clear\r\n";
  const auto& tls = *stream.tls();
  return tls.version + " sni=" + tls.server_name + " exporter=" + std::to_string(tls.exporter.size()) + "\r\n";
}

std::string answer_to(const std::string& line, Stream& stream) {
  if (line == "INFO") return info_of(stream);
  if (line == "EXPORTER") return (stream.tls() ? hex(stream.tls()->exporter) : "none") + "\r\n";
  if (line == "PEER") return stream.peer().address + "\r\n";
  if (line.starts_with("BIG ")) return std::string(std::stoul(line.substr(4)), 'x') + "\r\n";
  if (line == "THROW") throw std::runtime_error("a bug in the session");
  if (line == "QUIT") return "221 bye\r\n";
  return "echo " + line + "\r\n";
}

}  // namespace

Task<void> line_session(std::unique_ptr<Stream> stream, Duration idle_limit) {
  LineReader reader(*stream);
  stream->deadline(idle_limit);
  if (auto sent = co_await stream->write("220 ready\r\n"); !sent) co_return;
  while (true) {
    stream->deadline(idle_limit);
    auto line = co_await reader.line(512);
    if (!line && line.error().code == Errc::timeout) {
      stream->deadline(idle_limit);
      co_await stream->write("421 too slow\r\n");
    }
    if (!line) co_return;
    if (*line == "STARTTLS") {
      if (!reader.empty() || !stream->offers_tls()) co_return;
      if (auto sent = co_await stream->write("220 go\r\n"); !sent) co_return;
      if (auto secured = co_await stream->start_tls_server(); !secured) co_return;
      continue;
    }
    const auto answer = answer_to(*line, *stream);
    auto sent = co_await stream->write(answer);
    if (!sent || *line == "QUIT") co_return;
  }
}

}  // namespace posthorn::net::test
