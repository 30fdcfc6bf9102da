#include "dns/rdata.h"

#include <gtest/gtest.h>

#include "dns/records.h"

namespace posthorn::dns {
namespace {

struct Case {
  Type type;
  std::string rdata;  // hex
  std::string want;   // "invalid": refused
};

TEST(DnsRdata, ReadsTheRecordsOfMail) {
  const std::string label63 = "3f" + hex(std::string(63, 'a'));
  const Case cases[] = {
      {Type::a, "c0000201", "A 192.0.2.1"},
      {Type::a, "c00002", "invalid"},
      {Type::a, "c000020101", "invalid"},
      {Type::aaaa, "20010db8000000000000000000000001", "AAAA 2001:db8::1"},
      {Type::aaaa, "20010db8", "invalid"},
      {Type::mx,
       "000a"
       "026d78"
       "04626c7565"
       "0474657374"
       "00",
       "MX 10 mx.blue.test"},
      {Type::mx,
       "ffff"
       "024d58"
       "0454455354"
       "00",
       "MX 65535 mx.test"},           // lower case
      {Type::mx, "000000", "MX 0 "},  // rfc:7505
      {Type::mx, "0000", "invalid"},
      {Type::mx, "00", "invalid"},
      {Type::mx,
       "000a"
       "026d78"
       "00"
       "00",
       "invalid"},  // octets after the name
      {Type::mx,
       "000a"
       "026d78",
       "invalid"},  // no end of the name
      {Type::mx,
       "000a"
       "c00c",
       "invalid"},  // a pointer
      {Type::mx,
       "000a"
       "0461",
       "invalid"},  // label cut off
      {Type::mx,
       "000a"
       "03612e62"
       "00",
       "MX 10 a\\046b"},  // a dot within a label is no separator
      {Type::mx,
       "000a"
       "0300ff5c"
       "00",
       "MX 10 \\000\\255\\092"},
      {Type::cname,
       "0161"
       "00",
       "NAME a"},
      {Type::ns, label63 + label63 + label63 + "3d" + hex(std::string(61, 'b')) + "00",
       "NAME " + std::string(63, 'a') + "." + std::string(63, 'a') + "." + std::string(63, 'a') + "." + std::string(61, 'b')},
      {Type::ns, label63 + label63 + label63 + label63 + "00", "invalid"},  // 257 octets
      {Type::ptr, "", "invalid"},
      {Type::txt, "05" + hex("v=spf") + "02" + hex("1 ") + "00" + "04" + hex("-all"), "TXT v=spf1 -all"},
      {Type::txt, "00", "TXT "},
      {Type::txt, "", "invalid"},
      {Type::txt, "0561", "invalid"},
      {Type::tlsa, "030101abcd", "TLSA 311 abcd"},
      {Type::tlsa, "030101", "invalid"},
      {Type::tlsa, "03", "invalid"},
      {Type::soa, "00ff", "OTHER 00ff"},
  };
  for (const auto& c : cases) {
    auto record = parse_rdata(c.type, unhex(c.rdata).value());
    EXPECT_EQ(record ? test::show(*record) : "invalid", c.want) << c.rdata;
  }
}

TEST(DnsRdata, RefusesEveryRecordThatIsCutShort) {
  const Case cases[] = {{Type::a, "c0000201", ""},
                        {Type::mx, "000a026d7804626c756500", ""},
                        {Type::cname, "04626c756500", ""},
                        {Type::txt, "05762d737066", ""}};
  for (const auto& c : cases) {
    const auto whole = unhex(c.rdata).value();
    EXPECT_TRUE(parse_rdata(c.type, whole));
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_rdata(c.type, whole.substr(0, n))) << c.rdata << " " << n;
  }
}

}  // namespace
}  // namespace posthorn::dns
