// Which addresses are out on the internet: attacks.md F4's ways to write our own networks.
#include "net/public_address.h"

#include <gtest/gtest.h>

namespace posthorn::net {
namespace {

TEST(PublicAddress, tells_who_is_out_on_the_internet) {
  struct Case {
    const char* text;
    Reach want;
  };
  constexpr Case cases[] = {
      {"192.88.1.1", Reach::outside}, {"8.8.8.8", Reach::outside}, {"100.63.255.255", Reach::outside}, {"100.128.0.0", Reach::outside}, {"172.15.0.1", Reach::outside}, {"172.32.0.1", Reach::outside},
      {"2606:4700::1", Reach::outside}, {"2001:4860:4860::8888", Reach::outside}, {"::ffff:8.8.8.8", Reach::outside},
      {"127.0.0.1", Reach::inside}, {"127.255.255.255", Reach::inside}, {"10.0.0.1", Reach::inside}, {"100.64.0.1", Reach::inside}, {"172.16.0.1", Reach::inside}, {"172.31.255.255", Reach::inside},
      {"192.168.1.1", Reach::inside}, {"192.0.0.8", Reach::inside}, {"192.0.2.1", Reach::inside}, {"198.18.0.1", Reach::inside}, {"198.19.255.255", Reach::inside}, {"198.51.100.1", Reach::inside},
      {"203.0.113.1", Reach::inside}, {"192.88.99.1", Reach::inside},
      {"::1", Reach::inside}, {"::ffff:7f00:1", Reach::inside}, {"::ffff:10.1.2.3", Reach::inside}, {"::127.0.0.1", Reach::inside}, {"64:ff9b::7f00:1", Reach::inside}, {"64:ff9b:1::1", Reach::inside},
      {"100::1", Reach::inside}, {"fc00::1", Reach::inside}, {"fd12::1", Reach::inside}, {"fec0::1", Reach::inside}, {"2001::1", Reach::inside}, {"2001:db8::1", Reach::inside}, {"2002:7f00:1::", Reach::inside},
      {"3fff::1", Reach::inside}, {"4000::1", Reach::inside},
      {"0.0.0.0", Reach::never}, {"0.1.2.3", Reach::never}, {"169.254.169.254", Reach::never}, {"::ffff:169.254.169.254", Reach::never}, {"224.0.0.1", Reach::never}, {"240.0.0.1", Reach::never},
      {"255.255.255.255", Reach::never}, {"::", Reach::never}, {"fe80::1", Reach::never}, {"ff02::1", Reach::never},
  };
  for (const auto& one : cases) {
    const auto address = plain_address(one.text);
    ASSERT_TRUE(address) << one.text;
    EXPECT_EQ(reach_of(*address), one.want) << one.text;
    boost::system::error_code error;
    EXPECT_EQ(reach_of(boost::asio::ip::make_address(one.text, error)), one.want) << one.text << ", not made plain";
  }
  for (const char* none : {"", "localhost", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "::1%lo0x"}) {
    const auto address = plain_address(none);
    if (address) {
      EXPECT_NE(reach_of(*address), Reach::outside) << none;
    }
  }
}

}  // namespace
}  // namespace posthorn::net
