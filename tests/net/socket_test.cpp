// Streams and TLS over real loopback sockets, in clear and in TLS.
#include <gtest/gtest.h>

#include <fstream>

#include "base/virtual_clock.h"
#include "net/pipe_stream.h"
#include "net/raw_client.h"
#include "net/socket.h"

namespace posthorn::net {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using test::Socket;

TEST_F(Socket, EchoesInClear) {
  auto server = test::serve(running, nullptr);
  RawClient client(server.at);
  EXPECT_EQ(client.receive(), "220 ready\r\n");
  client.send("hel");
  client.send("lo\r\nPEER\r\n");
  EXPECT_EQ(client.receive(), "echo hello\r\n");
  EXPECT_EQ(client.receive(), "127.0.0.1\r\n");
  client.send("QUIT\r\n");
  EXPECT_EQ(client.receive(), "221 bye\r\n");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

TEST_F(Socket, EchoesInImplicitTls) {
  auto server = test::serve(running, tls.get(), implicit());
  RawClient client(server.at);
  ASSERT_TRUE(client.start_tls({.server_name = "MX.Blue.Test"}));
  EXPECT_EQ(client.receive(), "220 ready\r\n");
  client.send("INFO\r\n");
  EXPECT_EQ(client.receive(), "TLSv1.3 sni=mx.blue.test exporter=32\r\n");
  client.send("QUIT\r\n");
  EXPECT_EQ(client.receive(), "221 bye\r\n");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN) << "close_notify is sent";
}

TEST_F(Socket, CarriesLargeAnswersToASlowReader) {
  for (const bool secure : {false, true}) {
    auto server = test::serve(running, tls.get(), secure ? implicit() : ListenOptions{});
    RawClient client(server.at);
    if (secure) {
      ASSERT_TRUE(client.start_tls());
    }
    client.receive();
    client.send("BIG 20000000\r\n");
    std::this_thread::sleep_for(200ms);
    std::string got;
    std::string chunk(65536, '\0');
    while (got.size() < 20000002) {
      const auto count = secure ? SSL_read(client.ssl(), chunk.data(), static_cast<int>(chunk.size()))
                                : static_cast<int>(::recv(client.fd(), chunk.data(), chunk.size(), 0));
      if (count <= 0) break;
      got.append(chunk, 0, static_cast<std::size_t>(count));
    }
    EXPECT_EQ(got.size(), 20000002u);
    EXPECT_TRUE(got.ends_with("x\r\n"));
  }
}

TEST_F(Socket, StartTlsUpgradesTheConnection) {
  auto server = test::serve(running, tls.get());
  RawClient client(server.at);
  client.receive();
  client.send("INFO\r\nSTARTTLS\r\n");
  EXPECT_EQ(client.receive(), "in clear\r\n");
  EXPECT_EQ(client.receive(), "220 go\r\n");
  ASSERT_TRUE(client.start_tls());
  client.send("INFO\r\n");
  EXPECT_EQ(client.receive(), "TLSv1.3 sni= exporter=32\r\n");
}

// attacks.md B1
TEST_F(Socket, StartTlsWithInjectedBytesEndsTheConnection) {
  auto server = test::serve(running, tls.get());
  RawClient together(server.at);
  together.receive();
  together.send("STARTTLS\r\nNOOP\r\n");
  EXPECT_EQ(together.receive(), "");
  RawClient later(server.at);  // sent apart, the bytes meet the handshake instead
  later.receive();
  later.send("STARTTLS\r\n");
  EXPECT_EQ(later.receive(), "220 go\r\n");
  later.send("NOOP\r\n");
  EXPECT_EQ(later.receive().find("echo"), std::string::npos);
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

// attacks.md A4
TEST_F(Socket, BytesInClearAfterTlsEndedAreNeverRead) {
  auto server = test::serve(running, tls.get());
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.at);
    client.receive();
    client.send("STARTTLS\r\n");
    client.receive();
    ASSERT_TRUE(client.start_tls());
    client.send("INFO\r\n");
    client.receive();
    SSL_shutdown(client.ssl());
    ::send(client.fd(), "PEER\r\n", 6, MSG_NOSIGNAL);
    std::string after(100, '\0');
    const auto count = ::recv(client.fd(), after.data(), after.size(), 0);
    if (count > 0) {
      // Only TLS records (close_notify) may come.
      EXPECT_EQ(after[0], 0x17);
    }
    EXPECT_EQ(after.find("127.0.0.1"), std::string::npos);
  }
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

TEST_F(Socket, DeadlineEndsASilentPeer) {
  for (const bool secure : {false, true}) {
    auto server = test::serve(running, tls.get(), secure ? implicit() : ListenOptions{}, 200ms);
    RawClient client(server.at);
    if (secure) {
      ASSERT_TRUE(client.start_tls());
    }
    EXPECT_EQ(client.receive(), "220 ready\r\n");
    client.send("half a li");
    EXPECT_EQ(client.receive(), "421 too slow\r\n");
    EXPECT_TRUE(client.ended());
  }
}

TEST_F(Socket, DeadlineEndsAPeerThatDoesNotRead) {
  auto server = test::serve(running, nullptr, {}, 300ms);
  RawClient client(server.at);
  client.receive();
  client.send("BIG 50000000\r\n");
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

TEST_F(Socket, HalfClosedPeerStillGetsItsAnswers) {
  auto server = test::serve(running, nullptr);
  RawClient client(server.at);
  client.receive();
  client.send("one\r\ntwo\r\n");
  client.finish_writing();
  EXPECT_EQ(client.receive(), "echo one\r\n");
  EXPECT_EQ(client.receive(), "echo two\r\n");
  EXPECT_TRUE(client.ended());
}

TEST_F(Socket, SilentTlsHandshakeIsNotASession) {
  auto server = test::serve(running, tls.get(), implicit());
  RawClient client(server.at);
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.receive("nothing");
  EXPECT_TRUE(test::soon([&] { return running.log.text().contains("net.tls_failed"); }));
  EXPECT_TRUE(test::soon([&] { return server.listener->sessions() == 0; }));
}

TEST_F(Socket, ExceptionsOfSessionsAreLoggedAndHarmNobodyElse) {
  auto server = test::serve(running, nullptr);
  RawClient good(server.at), bad(server.at);
  good.receive();
  bad.receive();
  bad.send("THROW\r\n");
  EXPECT_TRUE(bad.ended());
  EXPECT_TRUE(test::soon([&] { return running.log.text().contains("a bug in the session"); }));
  good.send("still here\r\n");
  EXPECT_EQ(good.receive(), "echo still here\r\n");
}

TEST_F(Socket, Tls11IsRefused) {
  auto server = test::serve(running, tls.get(), implicit());
  RawClient old(server.at);
  EXPECT_FALSE(old.start_tls({.highest_version = TLS1_1_VERSION}));
  RawClient enough(server.at);
  EXPECT_TRUE(enough.start_tls({.highest_version = TLS1_2_VERSION}));
  EXPECT_STREQ(SSL_get_version(enough.ssl()), "TLSv1.2");
  EXPECT_EQ(enough.receive(), "220 ready\r\n");
  enough.send("INFO\r\n");
  EXPECT_EQ(enough.receive(), "TLSv1.2 sni= exporter=32\r\n");
}

// rfc:9266#4.1 both ends derive the same bytes.
TEST_F(Socket, ExporterIsThatOfThePeer) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto server = test::serve(running, tls.get(), implicit());
    RawClient client(server.at);
    ASSERT_TRUE(client.start_tls({.highest_version = version}));
    client.receive();
    client.send("EXPORTER\r\n");
    unsigned char key[32];
    const unsigned char none = 0;
    SSL_export_keying_material(client.ssl(), key, 32, "EXPORTER-Channel-Binding", 24, &none, 0, 1);
    std::string expected;
    for (const auto byte : key) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", byte);
      expected += digits;
    }
    EXPECT_EQ(client.receive(), expected + "\r\n");
  }
}

TEST_F(Socket, NeitherTicketsNorRenegotiation) {
  auto server = test::serve(running, tls.get(), implicit());
  RawClient client(server.at);
  ASSERT_TRUE(client.start_tls({.highest_version = TLS1_2_VERSION}));
  client.receive();
  EXPECT_FALSE(SSL_SESSION_has_ticket(SSL_get_session(client.ssl())));
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(Socket, CertificateFollowsTheServerName) {
  auto server = test::serve(running, tls.get(), implicit());
  const std::pair<std::string, std::string> cases[] = {
      {"mx.blue.test", "first"}, {"mx.green.test", "second"}, {"MX.GREEN.TEST", "second"},
      {"a.wild.test", "first"},  {"unknown.test", "first"},   {"", "first"},
      {"a\\..\\b", "first"},     {"../../etc", "first"},
  };
  for (const auto& [name, want] : cases) {
    RawClient client(server.at);
    ASSERT_TRUE(client.start_tls({.server_name = name})) << name;
    EXPECT_EQ(client.certificate_name(), want) << name;
  }
  // attacks.md B9: what is no host name is not kept either.
  RawClient odd(server.at);
  ASSERT_TRUE(odd.start_tls({.server_name = "a\\b c"}));
  odd.receive();
  odd.send("INFO\r\n");
  EXPECT_EQ(odd.receive(), "TLSv1.3 sni= exporter=32\r\n");
}

TEST_F(Socket, ReloadServesTheNewCertificateAndDropsNobody) {
  auto server = test::serve(running, tls.get(), implicit());
  RawClient before(server.at);
  ASSERT_TRUE(before.start_tls());
  before.receive();
  folder.write("first", test::issue({.common_name = "renewed", .alternative_names = "DNS:mx.blue.test"}, &authority));
  ASSERT_TRUE(tls->reload());
  RawClient after(server.at);
  ASSERT_TRUE(after.start_tls());
  EXPECT_EQ(after.certificate_name(), "renewed");
  before.send("alive\r\n");
  EXPECT_EQ(before.receive(), "echo alive\r\n");
}

TEST_F(Socket, ReloadRefusesABadPairAndKeepsTheOld) {
  auto server = test::serve(running, tls.get(), implicit());
  const auto stranger = test::issue({.common_name = "stranger", .alternative_names = "DNS:mx.blue.test"}, &authority);
  const auto wrong_key = folder.write("stranger", stranger);
  std::filesystem::copy_file(wrong_key.key, first.key, std::filesystem::copy_options::overwrite_existing);
  auto reloaded = tls->reload();
  ASSERT_FALSE(reloaded);
  EXPECT_NE(reloaded.error().what.find("does not belong"), std::string::npos) << reloaded.error().text();
  folder.write("first", test::issue({.common_name = "old", .alternative_names = "DNS:a", .from_seconds = -99, .to_seconds = -9},
                                    &authority));
  EXPECT_NE(tls->reload().error().what.find("expired"), std::string::npos);
  folder.write("first", test::issue({.common_name = "early", .alternative_names = "DNS:a", .from_seconds = 999}, &authority));
  EXPECT_NE(tls->reload().error().what.find("not valid yet"), std::string::npos);
  std::filesystem::remove(first.certificate);
  EXPECT_EQ(tls->reload().error().code, Errc::not_found);
  RawClient client(server.at);
  ASSERT_TRUE(client.start_tls());
  EXPECT_EQ(client.certificate_name(), "first");
}

TEST(TlsContextFiles, SaysWhatIsWrongWithThem) {
  test::Folder folder;
  const auto good = folder.write("good", test::issue({.common_name = "good", .alternative_names = "DNS:a.test"}));
  std::ofstream(folder / "garbage") << "garbage";
  std::ofstream(folder / "broken") << std::ifstream(good.certificate).rdbuf()
                                   << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const struct {
    CertificateFiles files;
    Errc code;
  } cases[] = {
      {{folder / "missing", good.key}, Errc::not_found}, {{folder / "", good.key}, Errc::invalid},
      {{folder / "garbage", good.key}, Errc::invalid},   {{good.certificate, folder / "garbage"}, Errc::invalid},
      {{folder / "broken", good.key}, Errc::invalid},
  };
  for (const auto& c : cases) {
    auto loaded = TlsContext::load({c.files});
    ASSERT_FALSE(loaded) << c.files.certificate;
    EXPECT_EQ(loaded.error().code, c.code) << loaded.error().text();
  }
  EXPECT_FALSE(TlsContext::load({}));
  EXPECT_TRUE(TlsContext::load({good}));
}

TEST_F(Socket, AlpnOfAnotherProtocolIsRefused) {
  auto loaded = TlsContext::load({first}, {.alpn = {"imap"}});
  ASSERT_TRUE(loaded);
  auto server = test::serve(running, loaded->get(), implicit());
  RawClient right(server.at), wrong(server.at), silent(server.at);
  EXPECT_TRUE(right.start_tls({.alpn = std::string("\x02h2\x04imap")}));
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(right.ssl(), &chosen, &length);
  EXPECT_EQ(std::string(chosen, chosen + length), "imap");
  EXPECT_FALSE(wrong.start_tls({.alpn = std::string("\x02h2")}));
  EXPECT_TRUE(silent.start_tls());
}

// attacks.md B7
TEST_F(Socket, AnUnknownNameIsRefusedWhereTheTermsSaySo) {
  auto loaded = TlsContext::load({first}, {.unknown_name = UnknownName::refused});
  ASSERT_TRUE(loaded);
  auto server = test::serve(running, loaded->get(), implicit());
  RawClient unknown(server.at), address(server.at), silent(server.at);
  EXPECT_FALSE(unknown.start_tls({.server_name = "somebody-else.test"}));
  EXPECT_TRUE(address.start_tls({.server_name = "192.0.2.1"}));
  EXPECT_TRUE(silent.start_tls());
}

}  // namespace
}  // namespace posthorn::net
